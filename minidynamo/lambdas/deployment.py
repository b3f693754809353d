"""What a function is made of whose code is a folder or a zip file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TypedDict

from minidynamo.arguments import Rule, between, check_arguments, of
from minidynamo.clock import Clock
from minidynamo.execution.configuration import RUNTIME, Configuration, Isolation
from minidynamo.execution.environment import Code, Lend
from minidynamo.execution.package import Package, folder_package, zip_package
from minidynamo.execution.packaged_handler import PackagedHandler
from minidynamo.lambdas.function import LATEST
from minidynamo.limits import FUNCTION_LAYERS_MAX
from minidynamo.schema.arns import ArnScope

Source = str | Path | bytes | Package
# What processes reach the database by, for a function of a name: variables that boto3 reads.
Reach = Callable[[str], Mapping[str, str]]
# What a function sees while it runs in a thread: such as what answers boto3 there.
Lending = Callable[[str], Lend]
_SIGNED_WITH = {"AWS_ACCESS_KEY_ID": "minidynamo", "AWS_SECRET_ACCESS_KEY": "minidynamo"}


class DeploymentSettings(TypedDict, total=False):
    """Settings of a function that is deployed; see `Functions.deploy`."""

    MemorySize: int
    Environment: Mapping[str, str] | None
    Layers: Iterable[str | Path]
    isolation: Isolation | None
    Runtime: str
    Role: str
    Description: str
    cold_start_seconds: float


def _are_texts(value: object) -> bool:
    return isinstance(value, Mapping) and all(isinstance(each, str) for pair in value.items() for each in pair)


_RULES = {
    "code": Rule("a folder, the bytes of a zip file, or a Package", of(str, Path, bytes, Package)),
    "Handler": Rule("a module and a function in it, such as 'app.handler'", of(str)),
    "MemorySize": Rule("a number of MB", of(int)),
    "Environment": Rule("variables by name, such as {'TABLE': 'orders'}", of(Mapping), _are_texts, may_be_none=True),
    "Layers": Rule("folders of layers", lambda value: isinstance(value, list | tuple)),
    "isolation": Rule("'thread' or 'process'", of(str)),
    "Runtime": Rule("the name of a runtime, such as 'python3.11'", of(str)),
    "Role": Rule("the ARN of a role", of(str)),
    "Description": Rule("text", of(str)),
    "cold_start_seconds": Rule("a number of seconds", of(int, float), between(0)),
}


class Deployment:
    """Makes the handlers of functions that are deployed.

    Parameters:
        clock, scope: of the database.
        new_id: gives identifiers.

    Attributes:
        reach: gives the variables by which a function's processes reach the database; none unless that is set.
        lending: gives what a function sees while it runs in a thread; nothing in particular unless that is set.
    """

    def __init__(self, clock: Clock, scope: ArnScope, new_id: Callable[[], str]) -> None:
        self._clock = clock
        self._scope = scope
        self._new_id = new_id
        self.reach: Reach = lambda name: {}
        self.lending: Lending = lambda name: nullcontext

    def handler(
        self,
        name: str,
        code: Source,
        Handler: str,
        MemorySize: int = 128,
        Environment: Mapping[str, str] | None = None,
        Layers: Iterable[str | Path] = (),
        isolation: Isolation | None = None,
        Runtime: str = RUNTIME,
        Role: str = "",
        Description: str = "",
        cold_start_seconds: float = 0.0,
    ) -> PackagedHandler:
        """The handler of a function; see `Functions.deploy`.

        Raises:
            ValueError: a setting out of range, or code that cannot be used.
            TypeError: a setting of a wrong type.
        """
        isolation = isolation or "thread"
        layers = list(Layers)
        given: dict[str, object] = {
            "MemorySize": MemorySize,
            "Environment": Environment,
            "Layers": layers,
            "Runtime": Runtime,
        }
        given |= {"isolation": isolation, "Role": Role, "Description": Description, "code": code, "Handler": Handler}
        check_arguments(_RULES, cold_start_seconds=cold_start_seconds, **given)
        if len(layers) > FUNCTION_LAYERS_MAX:
            raise ValueError(f"a function has at most {FUNCTION_LAYERS_MAX} layers, not {len(layers)}")
        configuration = Configuration(
            Handler, Runtime, Role, Description, MemorySize, dict(Environment or {}), isolation, cold_start_seconds
        )
        return self.configured(name, package_of(code, layers), configuration)

    def configured(self, name: str, package: Package, configuration: Configuration) -> PackagedHandler:
        """The handler of a function with code and settings that have been looked at."""
        code = Code(
            name, LATEST, package, configuration, lambda: self._variables(name, configuration), self._lend(name)
        )
        return PackagedHandler(code, self._clock, self._new_id)

    def _lend(self, name: str) -> Lend:
        def lend() -> AbstractContextManager[object]:  # As it is said by then, not now.
            return self.lending(name)()

        return lend

    def _variables(self, name: str, configuration: Configuration) -> dict[str, str]:
        region = self._scope.region
        place = {"AWS_REGION": region, "AWS_DEFAULT_REGION": region, **_SIGNED_WITH}
        return {**place, **self.reach(name)} if configuration.isolation == "process" else place


def package_of(code: Source, layers: Iterable[str | Path] = ()) -> Package:
    """The package of a folder, of a zip file, or of itself.

    Raises:
        PackageError: it cannot be used.
    """
    assert isinstance(code, str | Path | bytes | Package), f"{code!r} is no code"
    if isinstance(code, Package):
        return code.with_layers([Path(each).absolute() for each in layers]) if layers else code
    return zip_package(code, layers) if isinstance(code, bytes) else folder_package(code, layers)
