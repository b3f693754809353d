"""Where a replacement goes in a class or module whose attribute somebody else has wrapped, and where it is later.

Tools that watch botocore (OpenTelemetry, the X-Ray SDK, Datadog) wrap its methods by wrapt, or by a copy of it. What
such a wrapper calls is its `__wrapped__`, which may be set: a replacement goes there, innermost, so that they see each
call before us. They may come and go in any order then:

    found              class -> wrapper -> botocore's own
    replaced           class -> wrapper -> replacement -> botocore's own
    wrapped meanwhile  class -> wrapper -> wrapper -> replacement -> botocore's own
    unwrapped          class -> replacement -> botocore's own

So a replacement is looked for anew wherever it has got to. Any other wrapper (a plain function) keeps what it calls for
itself: it is the innermost that we can reach.
"""

from __future__ import annotations

import inspect
from types import FunctionType
from typing import NamedTuple

# As deep as wrappers are followed: far above what tools lay around each other.
_DEPTH_MAX = 64
# The class of wrapt, and of the copies of it that tools carry.
_WRAPPER = "FunctionWrapper"


class Slot(NamedTuple):
    """Where something is kept: an attribute of a class or module, or what a wrapper calls."""

    owner: object
    name: str

    def value(self) -> object | None:
        """What it holds, as it is kept; None where there is no such attribute."""
        if calls_its_wrapped(self.owner):
            wrapped: object = getattr(self.owner, self.name)
            return wrapped
        found: object = inspect.getattr_static(self.owner, self.name, None)
        return found

    def fill(self, value: object) -> None:
        """Puts something there."""
        assert value is not None, f"nothing is put in the place of {self.name}"
        setattr(self.owner, self.name, value)


def innermost(owner: object, name: str) -> Slot:
    """The slot inside all wrappers of an attribute; that of the attribute itself where nothing wraps it."""
    slot = Slot(owner, name)
    for _ in range(_DEPTH_MAX):
        value = slot.value()
        if not calls_its_wrapped(value):
            return slot
        slot = Slot(value, "__wrapped__")
    return slot


def calls_its_wrapped(value: object) -> bool:
    """Whether something is a wrapper that calls whatever its `__wrapped__` is at the time."""
    return any(each.__name__ == _WRAPPER for each in type(value).__mro__) and hasattr(value, "__wrapped__")


def is_botocores_own(method: object) -> bool:
    """Whether a method is as botocore or aiobotocore made it, decorated by themselves at most."""
    if not isinstance(method, FunctionType):
        return False
    module = str(method.__globals__.get("__name__", ""))  # Not __module__, which decorators copy.
    return module.split(".")[0] in ("botocore", "aiobotocore")
