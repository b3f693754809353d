"""What requests have said of the functions of a database that these do not know themselves."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from minidynamo.execution.package import Package
from minidynamo.lambda_api.event_source_mappings import MappingNotes
from minidynamo.lambdas.passing_status import PassingStatus
from minidynamo.values.api_types import JsonObject


@dataclass
class Provision:
    """Environments that are kept ready, or should be.

    Attributes:
        number: how many.
        status: what it passes through.
        reason: why they are not ready, "" where they are.
    """

    number: int
    status: PassingStatus
    reason: str = ""


@dataclass
class LayerVersion:
    """One version of a layer.

    Attributes:
        package: its content.
        described: what replies show of it.
    """

    package: Package
    described: JsonObject

    @property
    def size(self) -> int:
        """In bytes."""
        return self.package.size


@dataclass
class ApiNotes:
    """What is kept beside functions.

    Attributes:
        mappings: what is kept of event source mappings.
        tags: tags of functions, by their names.
        policies: statements by their ids, by name and qualifier ("" for none).
        urls: function URLs, by name and qualifier.
        layers: versions of layers, by ARN.
        layer_numbers: how many versions of layers there have been, by the ARNs of these.
        provisions: environments kept ready, by name and qualifier.
        lock: held while a function is made or changed.
    """

    mappings: MappingNotes = field(default_factory=MappingNotes)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    policies: dict[tuple[str, str], dict[str, JsonObject]] = field(default_factory=dict)
    urls: dict[tuple[str, str], JsonObject] = field(default_factory=dict)
    layers: dict[str, LayerVersion] = field(default_factory=dict)
    layer_numbers: dict[str, int] = field(default_factory=dict)
    provisions: dict[tuple[str, str], Provision] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def forget(self, name: str, qualifier: str | None = None) -> None:
        """Forgets a function, or one of its versions or aliases."""
        if qualifier is None:
            self.tags.pop(name, None)
        for keyed in (self.policies, self.urls, self.provisions):
            for key in [each for each in keyed if each[0] == name and qualifier in (None, each[1])]:
                keyed.pop(key)
