"""The table of faults that a run has met: kinds by operations, as lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from minidynamo.simulation import KINDS

# Of one operation: its calls, how often each kind was met, and the kinds that could have been.
Counts = tuple[int, Mapping[str, int], set[str]]

_NOTHING = "no call of the application reached a simulated database while faults could happen"
_IMPOSSIBLE, _NEVER = "·", "0"


def table_lines(counts: Mapping[str, Counts], width: int) -> Iterator[str]:
    """A row per kind of fault, a column per operation; several tables where one is too wide.

    Parameters:
        counts: by operation.
        width: of the terminal.
    """
    if not counts:
        yield _NOTHING
        return
    kinds = [kind for kind in KINDS if any(kind in possible for _, _, possible in counts.values())]
    lead = max(map(len, kinds))
    rest = list(counts)
    while rest:
        shown = [rest.pop(0)]
        while rest and lead + sum(len(name) + 2 for name in (*shown, rest[0])) <= width:
            shown.append(rest.pop(0))
        yield " " * lead + "".join(f"  {name}" for name in shown)
        yield "calls".ljust(lead) + "".join(f"  {counts[name][0]:>{len(name)}}" for name in shown)
        for kind in kinds:
            if any(kind in counts[name][2] for name in shown):
                yield kind.ljust(lead) + "".join(f"  {_cell(counts[name], kind):>{len(name)}}" for name in shown)
    never = [kind for kind in kinds if not any(faults.get(kind) for _, faults, _ in counts.values())]
    yield f"{_NEVER}: never met though it could be; {_IMPOSSIBLE}: cannot happen there"
    if never:
        yield f"never met anywhere: {', '.join(never)}"


def _cell(counts: Counts, kind: str) -> str:
    _, faults, possible = counts
    return str(faults.get(kind, 0)) if kind in possible else _IMPOSSIBLE


def place_lines(missing: Mapping[tuple[str, str], list[str]]) -> Iterator[str]:
    """The places that lack faults: file and line, operation, kinds."""
    if not missing:
        yield f"  {_NOTHING}"
        return
    places, operations = (max(len(key[part]) for key in missing) for part in (1, 0))
    for operation, place in sorted(missing, key=lambda key: (key[1], key[0])):
        yield f"  {place:{places}}  {operation:{operations}}  {', '.join(missing[operation, place])}"
