"""A mock around functions, coroutines, generators and test classes."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, Protocol


class Switch(Protocol):
    """What is switched on and off around what is decorated."""

    def start(self) -> Any: ...

    def stop(self) -> None: ...

    def __enter__(self) -> Any: ...

    def __exit__(self, *exception: object) -> None: ...


NewSwitch = Callable[[], Switch]
# Gives the switch for one call, from its positional arguments.
SwitchOf = Callable[..., Switch]


def decorated(target: Any, new_switch: NewSwitch) -> Any:
    """The target, run with a switch of its own each time; classes are changed in place."""
    if inspect.isclass(target):
        import unittest  # Slow to import, and only needed for classes.

        if issubclass(target, unittest.TestCase):
            return _decorated_test_case(target, new_switch)
        return _decorated_class(target, new_switch)
    return _within(target, lambda *ignored: new_switch())


def _within(function: Any, switch_of: SwitchOf) -> Any:
    """A function that runs within a switch, whatever kind of function it is."""
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def run_coroutine(*arguments: Any, **options: Any) -> Any:
            with switch_of(*arguments):
                return await function(*arguments, **options)

        return run_coroutine
    if inspect.isasyncgenfunction(function):

        @functools.wraps(function)
        async def run_asynchronous_generator(*arguments: Any, **options: Any) -> Any:
            with switch_of(*arguments):
                async for each in function(*arguments, **options):
                    yield each

        return run_asynchronous_generator
    if inspect.isgeneratorfunction(function):

        @functools.wraps(function)
        def run_generator(*arguments: Any, **options: Any) -> Any:
            with switch_of(*arguments):
                return (yield from function(*arguments, **options))

        return run_generator

    @functools.wraps(function)
    def run(*arguments: Any, **options: Any) -> Any:
        with switch_of(*arguments):
            return function(*arguments, **options)

    return run


def _decorated_test_case(case: Any, new_switch: NewSwitch) -> Any:
    """On from before setUp until after the cleanups; for the whole class where it prepares something in setUpClass."""
    import unittest

    if case.setUpClass.__func__ is not unittest.TestCase.setUpClass.__func__:  # type: ignore[attr-defined]
        prepare_class = case.setUpClass.__func__

        def set_up_class(cls: Any) -> None:
            switch = new_switch()
            switch.start()
            cls.addClassCleanup(switch.stop)
            prepare_class(cls)

        case.setUpClass = classmethod(functools.wraps(prepare_class)(set_up_class))
        return case
    prepare = case.setUp

    @functools.wraps(prepare)
    def set_up(self: Any) -> None:
        switch = new_switch()
        switch.start()
        self.addCleanup(switch.stop)
        prepare(self)

    case.setUp = set_up
    return case


def _decorated_class(plain: Any, new_switch: NewSwitch) -> Any:
    """Tests of a class share the switch of their set-up and tear-down; methods of other classes have one each."""

    def switch_of(self: Any = None, *ignored: Any) -> Switch:
        shared: Switch | None = getattr(self, _SHARED, None)
        return new_switch() if shared is None else shared

    is_test_class = any(name.startswith("test") for name in dir(plain))
    if is_test_class:
        _share_switch(plain, new_switch)
    for name, method in list(vars(plain).items()):
        is_wrapped = name.startswith("test") if is_test_class else not name.startswith("_")
        if inspect.isfunction(method) and is_wrapped:
            setattr(plain, name, _within(method, switch_of))
    return plain


_SHARED = "_minidynamo_switch"


def _share_switch(plain: Any, new_switch: NewSwitch) -> None:
    set_up, tear_down = getattr(plain, "setup_method", None), getattr(plain, "teardown_method", None)

    def setup_method(self: Any, method: Any = None) -> None:
        switch = new_switch()
        switch.start()
        setattr(self, _SHARED, switch)
        try:
            _call_with_method(set_up, self, method)
        except BaseException:
            switch.stop()
            raise

    def teardown_method(self: Any, method: Any = None) -> None:
        try:
            _call_with_method(tear_down, self, method)
        finally:
            vars(self).pop(_SHARED).stop()

    plain.setup_method, plain.teardown_method = setup_method, teardown_method


def _call_with_method(function: Any, self: Any, method: Any) -> None:
    """Calls a set-up that may or may not take the test method, as pytest does."""
    if function is not None:
        function(self, *([method] if len(inspect.signature(function).parameters) > 1 else []))
