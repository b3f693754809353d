"""A function: its handlers by version, its aliases, and what an invocation of it is and comes to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from minidynamo.execution.configuration import Configuration
from minidynamo.execution.context import Context
from minidynamo.execution.packaged_handler import PackagedHandler
from minidynamo.lambdas.passing_status import PassingStatus
from minidynamo.values.api_types import JsonObject, JsonValue

Handler = Callable[[JsonObject, Context], JsonValue]

LATEST = "$LATEST"


@dataclass
class Metrics:
    """What has happened to a function or mapping so far."""

    invocations: int = 0
    errors: int = 0
    throttles: int = 0
    records: int = 0
    iterator_age_millis: int = 0


@dataclass
class LambdaFunction:
    """A registered function.

    Attributes:
        name: its name.
        timeout_seconds: after which an invocation counts as failed.
        reserved_concurrency: how many invocations there may be at once, None for any number.
        versions: handlers by version, "$LATEST" among them.
        aliases: versions by alias.
        weights: by alias, the other versions that get a part of its invocations, with that part.
        descriptions: of versions and aliases, by these.
        published: how many versions there have been.
        modified: when code or settings were changed last, epoch seconds, by version.
        timeouts: those that versions were published with, by version.
        provisioned: how many execution environments are kept ready, by version or alias.
        revisions: by version or alias, a number that no other change of any function has had.
        shown: settings that change nothing here and are shown as they were sent, by version.
        statuses: what versions pass through that were made or changed, by version.
    """

    name: str
    timeout_seconds: float
    reserved_concurrency: int | None
    versions: dict[str, Handler]
    aliases: dict[str, str] = field(default_factory=dict)
    weights: dict[str, dict[str, float]] = field(default_factory=dict)
    descriptions: dict[str, str] = field(default_factory=dict)
    published: int = 0
    modified: dict[str, float] = field(default_factory=dict)
    metrics: Metrics = field(default_factory=Metrics)
    active: int = 0
    timeouts: dict[str, float] = field(default_factory=dict)
    provisioned: dict[str, int] = field(default_factory=dict)
    revisions: dict[str, int] = field(default_factory=dict)
    shown: dict[str, JsonObject] = field(default_factory=dict)
    statuses: dict[str, PassingStatus] = field(default_factory=dict)

    def timeout_of(self, version: str) -> float:
        """After how many seconds an invocation of a version counts as failed."""
        return self.timeouts.get(version, self.timeout_seconds)

    def packaged(self, version: str = LATEST) -> PackagedHandler | None:
        """The handler of a version whose code is a package; None where it is a callable."""
        handler = self.versions[version]
        return handler if isinstance(handler, PackagedHandler) else None

    def keep_as(self, version: str) -> None:
        """Keeps the present `$LATEST` as a version, with its settings."""
        assert version not in self.versions, f"{self} has a version {version} already"
        packaged = self.packaged()
        self.timeouts[version] = self.timeout_seconds
        self.modified[version] = self.modified[LATEST]
        self.shown[version] = self.shown.get(LATEST, {})
        if LATEST in self.descriptions:
            self.descriptions[version] = self.descriptions[LATEST]
        self.versions[version] = self.versions[LATEST] if packaged is None else packaged.version(version)

    @property
    def latest_version(self) -> str | None:
        """The version that was published last, where nothing has changed since then; None where it has."""
        version = str(self.published)
        if version not in self.versions or self.timeouts[version] != self.timeout_seconds:
            return None
        if self.shown.get(version, {}) != self.shown.get(LATEST, {}):
            return None
        own, other = self.packaged(), self.packaged(version)
        if own is None or other is None:
            return version if self.versions[version] is self.versions[LATEST] else None
        return version if own.is_like(other) else None

    def provisioned_of(self, version: str) -> int:
        """How many environments of a version are kept ready, for itself and for aliases that stand for it."""
        return sum(number for name, number in self.provisioned.items() if self.aliases.get(name, name) == version)

    @property
    def cold_starts(self) -> int:
        """How many execution environments have begun because invocations needed them."""
        return sum(each.environments.cold_starts for each in self._packaged_versions())

    @property
    def environments(self) -> int:
        """How many execution environments there are."""
        return sum(each.environments.count for each in self._packaged_versions())

    def remove_version(self, version: str) -> None:
        """Forgets a published version."""
        assert version != LATEST, "$LATEST goes with its function"
        packaged = self.packaged(version)
        del self.versions[version]
        self.forget(version)
        if packaged is not None:
            packaged.end()

    def forget(self, qualifier: str) -> None:
        """Forgets what is noted of a version or an alias that is gone."""
        assert qualifier not in {**self.versions, **self.aliases}, f"{qualifier} of {self} is there"
        for numbers in (self.timeouts, self.modified, self.provisioned, self.revisions):
            numbers.pop(qualifier, None)
        for notes in (self.descriptions, self.shown, self.statuses, self.weights):
            notes.pop(qualifier, None)

    def end_environments(self) -> None:
        """Ends its execution environments; later invocations begin new ones."""
        for each in self._packaged_versions():
            each.end()

    def resume_environments(self) -> None:
        """Keeps execution environments again, after they were ended."""
        for each in self._packaged_versions():
            each.environments.resume()

    def begin_as_child(self) -> None:
        """Begins anew in a child process, where nothing runs."""
        self.active = 0
        for each in self._packaged_versions():
            each.begin_as_child()

    def _packaged_versions(self) -> list[PackagedHandler]:
        return [each for each in self.versions.values() if isinstance(each, PackagedHandler)]

    def __repr__(self) -> str:
        return f"<LambdaFunction {self.name}: {', '.join([*self.versions, *self.aliases])}>"


@dataclass(frozen=True)
class Outcome:
    """How an invocation ended.

    Attributes:
        request_id: of the invocation.
        version: the version that ran.
        value: what the handler returned, or the error payload where it failed.
        is_error: whether it failed.
        error: what the handler has raised, or what stands for it.
        is_excused: whether a simulated fault in it may be the cause of that.
    """

    request_id: str
    version: str
    value: JsonValue
    is_error: bool
    error: BaseException | None = None
    is_excused: bool = False


def configuration_of(handler: Handler) -> Configuration:
    """The settings of a handler; of a callable, those by default with its name."""
    if isinstance(handler, PackagedHandler):
        return handler.configuration
    name = getattr(handler, "__qualname__", type(handler).__qualname__)
    text = f"{getattr(handler, '__module__', '')}.{name}".replace(".<locals>", "").replace("<lambda>", "handler")
    return Configuration(text)


class Invocation(NamedTuple):
    """A call of a handler to be made.

    Attributes:
        function, version: which code.
        event: what it is called with.
        qualifier: the version or alias that it was called by, "" for none.
    """

    function: LambdaFunction
    version: str
    event: JsonValue
    qualifier: str = ""

    def skipped(self) -> Outcome:
        """The outcome of a handler that was not called and has nothing to say."""
        return Outcome("", self.version, None, False)
