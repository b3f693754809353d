"""What requests have said of the functions of a database that these do not know themselves."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from minidynamo.execution.package import Package
from minidynamo.lambda_api.event_source_mappings import MappingNotes
from minidynamo.values.api_types import JsonObject


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
        settings: members that are shown as they were sent, by the names of functions.
        tags: tags of functions, by their names.
        policies: statements by their ids, by name and qualifier ("" for none).
        urls: function URLs, by name and qualifier.
        layers: versions of layers, by ARN.
        layers_of: ARNs of the layers of functions, by their names.
        lock: held while a function is made or changed.
    """

    mappings: MappingNotes = field(default_factory=MappingNotes)
    settings: dict[str, JsonObject] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    policies: dict[tuple[str, str], dict[str, JsonObject]] = field(default_factory=dict)
    urls: dict[tuple[str, str], JsonObject] = field(default_factory=dict)
    layers: dict[str, LayerVersion] = field(default_factory=dict)
    layers_of: dict[str, list[str]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def forget(self, name: str) -> None:
        """Forgets a function."""
        for notes in (self.settings, self.tags, self.layers_of):
            notes.pop(name, None)
        for keyed in (self.policies, self.urls):
            for key in [each for each in keyed if each[0] == name]:
                del keyed[key]
