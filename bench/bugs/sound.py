"""An application without a bug: what a run takes that passes."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from bench.bugs.base import BuggyApplication

_NAMES = st.sampled_from("abc")


class Sound(BuggyApplication):
    """Puts, reads consistently and deletes; each may fail and none is wrong."""

    title = "none, and all examples pass"
    least = (0, 0)

    @rule(name=_NAMES, kind=st.sampled_from("xy"))
    def add(self, name: str, kind: str) -> None:
        if self.attempt(lambda: (self.put(name, kind=kind),)) is not None:
            assert (self.really(name) or {})["kind"] == kind

    @rule(name=_NAMES)
    def read(self, name: str) -> None:
        table = self.resource.Table("Things")
        page = self.attempt(lambda: table.get_item(Key={"id": name}, ConsistentRead=True))
        assert page is None or page.get("Item") == self.really(name)

    @rule(name=_NAMES)
    def remove(self, name: str) -> None:
        if self.attempt(lambda: (self.resource.Table("Things").delete_item(Key={"id": name}),)) is not None:
            assert self.really(name) is None
