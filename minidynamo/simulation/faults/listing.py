"""How a history is shown: a call a line, aligned, and below each fault why it is legal and where to read about it."""

from __future__ import annotations

from collections.abc import Sequence

from minidynamo.simulation.faults.calls import Call
from minidynamo.simulation.faults.chance import Detail
from minidynamo.simulation.faults.kinds import KINDS

# Of longer histories, calls without a fault are only counted.
_WHOLE_MAX = 40
_KEY_MAX = 28
_DIM, _RED, _YELLOW, _BOLD, _END = "\x1b[2m", "\x1b[31m", "\x1b[33m", "\x1b[1m", "\x1b[0m"


def listed(origin: str, calls: Sequence[Call], colour: bool = False) -> str:
    """A history as text.

    Parameters:
        origin: what makes it again.
        calls: the calls.
        colour: whether it is for a terminal that shows colours.
    """
    faulty = [call for call in calls if call.choices]
    head = f"{_counted(len(calls))}, {len(faulty)} with a fault: {origin}"
    shown = calls if len(calls) <= _WHOLE_MAX else faulty
    columns = [_columns(call) for call in shown]
    widths = [max(map(len, column)) for column in zip(*columns, strict=True)]
    lines, previous = [_painted(head, _BOLD, colour)], calls[0].number - 1 if calls else 0
    for call, cells in zip(shown, columns, strict=True):
        lines += _gap(call.number - previous - 1)
        lines += _lines(call, cells, widths, colour)
        previous = call.number
    return "\n".join([*lines, *(_gap(calls[-1].number - previous) if calls else ())])


def _columns(call: Call) -> list[str]:
    key = call.key if len(call.key) <= _KEY_MAX else call.key[: _KEY_MAX - 1] + "…"
    return [str(call.number), call.operation, call.on, key, call.outcome or "not ended"]


def _gap(count: int) -> list[str]:
    return [f"   … {_counted(count)} without a fault"] if count > 0 else []


def _counted(count: int) -> str:
    return f"{count} call" if count == 1 else f"{count} calls"


def _lines(call: Call, cells: list[str], widths: list[int], colour: bool) -> list[str]:
    number, *rest = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    place, outcome = "  ".join([cells[0].rjust(len(number)), *rest[:-1]]), rest[-1]
    if not call.choices:
        return [_painted(f"  {place}  {outcome}".rstrip(), _DIM, colour)]
    happened = ", ".join(_happened(kind, detail) for kind, detail in call.choices.items())
    shown = outcome if call.outcome == "ok" else _painted(outcome, _RED, colour)
    indent = " " * (len(number) + 4)
    reasons = [f"{indent}{KINDS[kind].why}: {KINDS[kind].page}" for kind in call.choices]
    return [
        f"  {place}  {shown}  {_painted(happened, _YELLOW, colour)}",
        *(_painted(reason, _DIM, colour) for reason in reasons),
    ]


def _happened(kind: str, detail: Detail) -> str:
    shown = ", ".join(f"{name}: {_shown(value)}" for name, value in detail.items())
    return f"{kind} ({shown})" if shown else kind


def _shown(value: object) -> str:
    if isinstance(value, list):
        return " ".join("/".join(map(str, each)) if isinstance(each, list) else str(each) for each in value)
    return str(value) or "none"


def _painted(text: str, code: str, colour: bool) -> str:
    return f"{code}{text}{_END}" if colour else text
