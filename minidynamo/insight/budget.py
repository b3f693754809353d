"""Budgets: asserts that a ledger is within one, and says what was dear where it is not."""

from __future__ import annotations

from collections.abc import Mapping

from minidynamo.insight.entry import Entry
from minidynamo.insight.noted import Noted

_SHOWN = 3


def require_within(ledger: Noted, bounds: Mapping[str, float | None]) -> None:
    """Asserts that each sum is at most its bound; None for none.

    Parameters:
        ledger: what was spent.
        bounds: by "read units", "write units", "units" and "calls".

    Raises:
        AssertionError: it is more; the text names the three dearest places.
        TypeError: a bound is no number.
    """
    read, written = ledger.read_units, ledger.write_units
    spent = {"read units": read, "write units": written, "units": read + written, "calls": ledger.calls}
    broken = []
    for name, bound in bounds.items():
        if bound is None:
            continue
        if isinstance(bound, bool) or not isinstance(bound, int | float) or not bound >= 0:
            raise TypeError(f"max_{name.replace(' ', '_')} takes a number of at least 0, and was given {bound!r}")
        if spent[name] > bound:
            broken.append(f"{spent[name]:g} {name}, at most {bound:g} allowed")
    if broken:
        raise AssertionError("; ".join([*broken, *_dearest(ledger)]))


def _dearest(ledger: Noted) -> list[str]:
    places = [_shown(each) for each in ledger.entries[:_SHOWN]]
    return [f"the dearest: {', '.join(places)}"] if places else []


def _shown(entry: Entry) -> str:
    what = f"{entry.operation} {entry.table}{f'/{entry.index}' if entry.index else ''}".rstrip()
    where = f" at {entry.place}" if entry.place else ""
    return f"{what}{where} ({entry.units:g} units, {entry.calls} call{'' if entry.calls == 1 else 's'})"
