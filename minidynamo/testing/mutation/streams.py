"""Mutants whose streams are wrong."""

from __future__ import annotations

from minidynamo.testing.mutation.mutant import DELIVERY, Mutant, Records

_READS = frozenset({"GetRecords", DELIVERY})
_OTHER_NAMES = {"INSERT": "MODIFY", "MODIFY": "INSERT"}


def _loses_record(records: Records) -> Records:
    return records[1:]


def _disorders_records(records: Records) -> Records:
    """Turns a batch round if that changes the order of the records of an item."""
    keys = [repr(sorted(record["dynamodb"]["Keys"].items())) for record in records]
    return records[::-1] if len(set(keys)) < len(keys) else records


def _loses_old_image(records: Records) -> Records:
    return [
        {**record, "dynamodb": {name: each for name, each in record["dynamodb"].items() if name != "OldImage"}}
        for record in records
    ]


def _confuses_events(records: Records) -> Records:
    return [{**each, "eventName": _OTHER_NAMES.get(each["eventName"], each["eventName"])} for each in records]


# fmt: off
MUTANTS = (
    Mutant("loses_stream_record", "every change is in the stream",
           "assert that a handler has seen every change", _READS, breaks_records=_loses_record),
    Mutant("disorders_stream", "the changes of an item are in their order in the stream",
           "change one item twice, and assert on what a handler has made of it", _READS,
           breaks_records=_disorders_records),
    Mutant("loses_old_image", "a record has the old image that its view type promises",
           "assert on what a handler makes of the item as it was before", _READS, breaks_records=_loses_old_image),
    Mutant("confuses_events", "a record says whether its item is new",
           "assert on what a handler does for a new item, and for a changed one", _READS,
           breaks_records=_confuses_events),
)
# fmt: on
