"""What every page needs: which databases there are, and what can be done with them."""

from __future__ import annotations

from minidynamo.console.console import Console, Method
from minidynamo.console.subject import Subject
from minidynamo.values.api_types import JsonObject


def about(console: Console, parameters: JsonObject) -> JsonObject:
    """The databases of the console, and what the one can do that is looked at."""
    subject = console.subject(parameters)
    return {
        "database": subject.name,
        "databases": list(console.subjects),
        "place": _place_of(subject),
        "region": subject.database.scope.region,
        "account": subject.database.scope.account_id,
        "is_read_only": console.is_read_only,
        "now": subject.database.clock.now(),
        "can": _abilities(subject),
    }


def _place_of(subject: Subject) -> str:
    context = subject.context
    return subject.database.url if context is None else str(context.engine.place)


def _abilities(subject: Subject) -> JsonObject:
    is_local = subject.context is not None
    return {
        "see_partitions": is_local,
        "see_changes": is_local,
        "explain": callable(subject.find("explain")),
        "misbehave": subject.find("faults") is not None and callable(subject.find("history")),
        "snapshot": is_local,
        "fork": is_local,
        "move_clock": callable(getattr(subject.database.clock, "advance", None)),
    }


METHODS = (Method("about", about),)
