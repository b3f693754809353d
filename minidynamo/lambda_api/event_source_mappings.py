"""Event source mappings: made, shown, changed and ended as AWS Lambda's API does.

Source: AWS Lambda API reference, CreateEventSourceMapping and its companions; recorded answers, which also give the
order of checks.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from minidynamo.errors import ResourceNotFound
from minidynamo.lambda_api.faults import Fault, invalid, not_there
from minidynamo.lambda_api.function_names import FunctionName
from minidynamo.lambda_api.owner import FunctionOwner
from minidynamo.lambdas.filter_patterns import compiled_filters
from minidynamo.lambdas.function import LATEST
from minidynamo.lambdas.mapping import EventSourceMapping
from minidynamo.lambdas.settings import MappingSettings
from minidynamo.values.api_types import JsonObject

_PAGE_MAX = 100
_NO_START = (
    "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: "
    "Member must not be null."
)
# The members of a request that are settings of a mapping, by their own names.
_SETTINGS = (
    "Enabled", "BatchSize", "FilterCriteria", "MaximumBatchingWindowInSeconds", "ParallelizationFactor",
    "DestinationConfig", "MaximumRecordAgeInSeconds", "BisectBatchOnFunctionError", "MaximumRetryAttempts",
    "TumblingWindowInSeconds", "FunctionResponseTypes",
)  # fmt: skip
_NUMBERS = (
    "BatchSize", "MaximumBatchingWindowInSeconds", "ParallelizationFactor", "MaximumRetryAttempts",
    "MaximumRecordAgeInSeconds", "BisectBatchOnFunctionError", "TumblingWindowInSeconds",
)  # fmt: skip


@dataclass
class MappingNotes:
    """What requests have said of mappings that these do not know.

    Attributes:
        named: the functions as they were named, by the UUIDs of mappings.
        tags: their tags.
        making: held while one is made.
    """

    named: dict[str, FunctionName] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    making: threading.Lock = field(default_factory=threading.Lock)


class EventSourceMappings:
    """The mappings of a database, by their UUIDs.

    Parameters:
        owner: the database.
        notes: what earlier requests have said of them.
    """

    def __init__(self, owner: FunctionOwner, notes: MappingNotes) -> None:
        self._owner = owner
        self._notes = notes

    def create(self, members: JsonObject) -> JsonObject:
        """Makes a mapping, which begins at once."""
        source = members.get("EventSourceArn")
        if source is None or ":dynamodb:" not in source or "/stream/" not in source:
            raise invalid("Unrecognized event source.")
        if "StartingPosition" not in members:
            raise invalid(_NO_START)
        if members["StartingPosition"] == "AT_TIMESTAMP":
            raise invalid(f"Unsupported starting position for arn type: {source}")
        destination = _checked_destination(members)
        name = self._existing(members["FunctionName"])
        table = self._table_of(source)
        settings = _settings(members, MappingSettings(StartingPosition=members["StartingPosition"]))
        with self._notes.making:
            self._refuse_twin(source, table, name)
            self._check_destination(destination)
            given = {each: getattr(settings, each) for each in ("StartingPosition", *_SETTINGS)}
            mapping = self._owner.functions.map_stream(table, name.invoked, given)
        assert mapping.stream_arn == source, f"a mapping of {source} reads {mapping.stream_arn}"
        self._notes.named[mapping.uuid] = name
        self._notes.tags[mapping.uuid] = dict(members.get("Tags", {}))
        mapping.status.begin("Creating", self._owner.delays.creating)
        return self._shown(mapping, "Creating")

    def get(self, members: JsonObject) -> JsonObject:
        """Shows a mapping."""
        return self._shown(self._find(members["UUID"]))

    def list(self, members: JsonObject) -> JsonObject:
        """Shows mappings, a page at a time: of a stream, of a function, or all."""
        source, wanted = members.get("EventSourceArn"), members.get("FunctionName")
        name = None if wanted is None else FunctionName.of(wanted, self._owner.scope).name
        found = [
            each
            for each in self._owner.functions.live_mappings()
            if (source is None or each.stream_arn == source) and (name is None or self._name_of(each).name == name)
        ]
        start = next((i + 1 for i, each in enumerate(found) if each.uuid == members.get("Marker")), 0)
        page = found[start : start + min(members.get("MaxItems", _PAGE_MAX), _PAGE_MAX)]
        reply: JsonObject = {"EventSourceMappings": [self._shown(each) for each in page]}
        if page and page[-1] is not found[-1]:
            reply["NextMarker"] = page[-1].uuid
        return reply

    def update(self, members: JsonObject) -> JsonObject:
        """Changes the settings that are named, and the function; others stay, and so does how far it has come."""
        mapping = self._find(members["UUID"])
        self._refuse_passing(mapping, "update")
        destination = _checked_destination(members)
        name = self._existing(members["FunctionName"]) if "FunctionName" in members else self._name_of(mapping)
        settings = _settings(members, mapping.settings)
        self._check_destination(destination)
        before = mapping.settings.Enabled
        passing = "Updating" if settings.Enabled == before else "Enabling" if settings.Enabled else "Disabling"
        assert settings.StartingPosition == mapping.settings.StartingPosition, f"{mapping} would begin elsewhere"
        with self._notes.making:
            self._refuse_twin(mapping.stream_arn, mapping.table_name, name, but=mapping)
            mapping.configure(settings, name.invoked)
        self._notes.named[mapping.uuid] = name
        mapping.status.begin(passing, self._owner.delays.updating)
        return self._shown(mapping, passing)

    def delete(self, members: JsonObject) -> JsonObject:
        """Ends a mapping; the function and the stream stay."""
        mapping = self._find(members["UUID"])
        self._refuse_passing(mapping, "delete")
        mapping.status.begin("Deleting", 0.0)
        reply = self._shown(mapping, "Deleting")
        mapping.delete()
        self._notes.named.pop(mapping.uuid, None)
        self._notes.tags.pop(mapping.uuid, None)
        return reply

    def arn_of(self, uuid: str) -> str:
        """The ARN of a mapping."""
        scope = self._owner.scope
        return f"arn:aws:lambda:{scope.region}:{scope.account_id}:event-source-mapping:{uuid}"

    def tags_of(self, arn: str) -> dict[str, str]:
        """The tags of what an ARN names."""
        uuid = arn.rpartition(":")[2]
        if arn != self.arn_of(uuid):
            raise Fault("ResourceNotFoundException", f"Resource not found: {arn}")
        return self._notes.tags.setdefault(self._find(uuid).uuid, {})

    def _find(self, uuid: str) -> EventSourceMapping:
        for mapping in self._owner.functions.live_mappings():
            if mapping.uuid == uuid:
                return mapping
        raise not_there()

    def _existing(self, text: str) -> FunctionName:
        try:
            name = FunctionName.of(text, self._owner.scope)
        except Fault:
            raise invalid("Function does not exist") from None
        if not self._owner.functions.has(name.invoked):
            raise invalid("Function does not exist")
        return name

    def _table_of(self, stream_arn: str) -> str:
        """The table whose stream, which is on, has an ARN."""
        scope, name = self._owner.scope, stream_arn.partition(":table/")[2].partition("/stream/")[0]
        with self._owner.lock:
            try:
                state = self._owner.catalog.described_table(name).state
            except ResourceNotFound:
                state = None
        label = None if state is None or not state.has_stream else state.stream_label
        if label is None or scope.stream_arn(name, label) != stream_arn:
            raise invalid(f"Stream not found: {stream_arn}")
        return name

    def _refuse_twin(
        self, stream_arn: str, table: str, name: FunctionName, but: EventSourceMapping | None = None
    ) -> None:
        wanted = name.invoked.removesuffix(f":{LATEST}")
        for each in self._owner.functions.live_mappings():
            is_same = each.table_name == table and each.function_name.removesuffix(f":{LATEST}") == wanted
            if is_same and each is not but:
                raise Fault(
                    "ResourceConflictException",
                    f'The event source arn (" {stream_arn} ") and function (" {name.name} ") provided mapping already '
                    f"exists. Please update or delete the existing mapping with UUID {each.uuid}",
                )

    @staticmethod
    def _refuse_passing(mapping: EventSourceMapping, verb: str) -> None:
        if mapping.status.is_passing:
            raise Fault("ResourceInUseException", f"Cannot {verb} the event source mapping because it is in use.")

    def _check_destination(self, destination: str | None) -> None:
        if destination is None:
            return
        try:
            self._owner.functions.check_mapping({"DestinationConfig": {"OnFailure": {"Destination": destination}}})
        except (ValueError, ResourceNotFound) as error:
            text = f"minidynamo hands records of failures over to functions and tables of its own: {error}"
            raise invalid(text) from None

    def _name_of(self, mapping: EventSourceMapping) -> FunctionName:
        named = self._notes.named.get(mapping.uuid)
        if named is not None:
            return named
        name, _, qualifier = mapping.function_name.partition(":")
        return FunctionName(name, qualifier or None, is_arn=False)

    def _shown(self, mapping: EventSourceMapping, passing: str | None = None) -> JsonObject:
        settings, failure = mapping.settings, mapping.settings.failure_destination
        shown: JsonObject = {
            "UUID": mapping.uuid,
            "EventSourceMappingArn": self.arn_of(mapping.uuid),
            "EventSourceArn": mapping.stream_arn,
            "FunctionArn": self._name_of(mapping).mapped_arn(self._owner.scope),
            "StartingPosition": settings.StartingPosition,
            **{name: getattr(settings, name) for name in _NUMBERS},
            "DestinationConfig": {"OnFailure": {"Destination": failure} if isinstance(failure, str) else {}},
            "FunctionResponseTypes": list(settings.FunctionResponseTypes),
            "LastModified": mapping.status.changed_at,
            "LastProcessingResult": mapping.last_processing_result,
            "State": passing or mapping.status.shown(mapping.state),
            "StateTransitionReason": mapping.status.reason,
        }
        if isinstance(settings.FilterCriteria, Mapping) and settings.FilterCriteria.get("Filters"):
            shown["FilterCriteria"] = settings.FilterCriteria
        return shown


def _settings(members: JsonObject, before: MappingSettings) -> MappingSettings:
    """Settings in which those that a request names have taken the place of others."""
    given = {each: members[each] for each in _SETTINGS if each in members}
    if "FilterCriteria" in given and not given["FilterCriteria"].get("Filters"):
        given["FilterCriteria"] = None
    try:
        compiled_filters(given.get("FilterCriteria"))
    except ValueError:
        raise invalid("Invalid filter pattern definition.") from None
    try:
        return replace(before, **given)
    except (TypeError, ValueError) as error:
        raise invalid(str(error)) from None


def _checked_destination(members: JsonObject) -> str | None:
    """Where records of failures are to go; None for nowhere."""
    config = members.get("DestinationConfig") or {}
    if config.get("OnSuccess"):
        raise invalid("Unsupported DestinationConfig parameter for given event source mapping type.")
    destination: str | None = (config.get("OnFailure") or {}).get("Destination")
    return destination
