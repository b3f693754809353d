"""A mock around functions, coroutines, generators and test classes."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncIterator, Callable, Generator
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from minidynamo.arguments import require

if TYPE_CHECKING:
    from unittest import TestCase


class Switch(Protocol):
    """What is switched on and off around what is decorated."""

    def start(self) -> object: ...

    def stop(self) -> None: ...

    def __enter__(self) -> object: ...

    def __exit__(self, *exception: object) -> None: ...


NewSwitch = Callable[[], Switch]
# Gives the switch for one call, from its positional arguments.
SwitchOf = Callable[..., Switch]


Decorated = TypeVar("Decorated", bound=Callable[..., object])


def decorated(target: Decorated, new_switch: NewSwitch) -> Decorated:
    """The target, run with a switch of its own each time; classes are changed in place."""
    if inspect.isclass(target):
        import unittest  # Slow to import, and only needed for classes.

        if issubclass(target, unittest.TestCase):
            _decorate_test_case(target, new_switch)
        else:
            _decorate_class(target, new_switch)
        return target
    require(callable(target), "a mock", "a function or a class to decorate", target)
    function: Any = _within(target, lambda *ignored: new_switch())
    return function  # type: ignore[no-any-return]


def _within(function: Callable[..., Any], switch_of: SwitchOf) -> Callable[..., Any]:
    """A function that runs within a switch, whatever kind of function it is."""
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def run_coroutine(*arguments: object, **options: object) -> object:
            with switch_of(*arguments):
                return await function(*arguments, **options)

        return run_coroutine
    if inspect.isasyncgenfunction(function):

        @functools.wraps(function)
        async def run_asynchronous_generator(*arguments: object, **options: object) -> AsyncIterator[object]:
            with switch_of(*arguments):
                async for each in function(*arguments, **options):
                    yield each

        return run_asynchronous_generator
    if inspect.isgeneratorfunction(function):

        @functools.wraps(function)
        def run_generator(*arguments: object, **options: object) -> Generator[object, Any, object]:
            with switch_of(*arguments):
                return (yield from function(*arguments, **options))

        return run_generator

    @functools.wraps(function)
    def run(*arguments: object, **options: object) -> object:
        with switch_of(*arguments):
            return function(*arguments, **options)

    return run


def _decorate_test_case(case: type[TestCase], new_switch: NewSwitch) -> None:
    """On from before setUp until after the cleanups; for the whole class where it prepares something in setUpClass."""
    import unittest

    if case.setUpClass.__func__ is not unittest.TestCase.setUpClass.__func__:  # type: ignore[attr-defined]
        prepare_class = case.setUpClass.__func__  # type: ignore[attr-defined]

        def set_up_class(cls: type[TestCase]) -> None:
            switch = new_switch()
            switch.start()
            cls.addClassCleanup(switch.stop)
            prepare_class(cls)

        case.setUpClass = classmethod(functools.wraps(prepare_class)(set_up_class))  # type: ignore[assignment]
        return
    prepare = case.setUp

    @functools.wraps(prepare)
    def set_up(self: TestCase) -> None:
        switch = new_switch()
        switch.start()
        self.addCleanup(switch.stop)
        prepare(self)

    case.setUp = set_up  # type: ignore[method-assign]


def _decorate_class(plain: type, new_switch: NewSwitch) -> None:
    """Tests of a class share the switch of their set-up and tear-down; methods of other classes have one each."""

    def switch_of(self: object = None, *ignored: object) -> Switch:
        shared: Switch | None = getattr(self, _SHARED, None)
        return new_switch() if shared is None else shared

    is_test_class = any(name.startswith("test") for name in dir(plain))
    if is_test_class:
        _share_switch(plain, new_switch)
    for name, method in list(vars(plain).items()):
        is_wrapped = name.startswith("test") if is_test_class else not name.startswith("_")
        if inspect.isfunction(method) and is_wrapped:
            setattr(plain, name, _within(method, switch_of))


_SHARED = "_minidynamo_switch"


def _share_switch(plain: type, new_switch: NewSwitch) -> None:
    set_up, tear_down = getattr(plain, "setup_method", None), getattr(plain, "teardown_method", None)

    def setup_method(self: object, method: object = None) -> None:
        switch = new_switch()
        switch.start()
        setattr(self, _SHARED, switch)
        try:
            _call_with_method(set_up, self, method)
        except BaseException:
            switch.stop()
            raise

    def teardown_method(self: object, method: object = None) -> None:
        try:
            _call_with_method(tear_down, self, method)
        finally:
            vars(self).pop(_SHARED).stop()

    for function in (setup_method, teardown_method):
        setattr(plain, function.__name__, function)


def _call_with_method(function: Callable[..., object] | None, self: object, method: object) -> None:
    """Calls a set-up that may or may not take the test method, as pytest does."""
    if function is not None:
        function(self, *([method] if len(inspect.signature(function).parameters) > 1 else []))
