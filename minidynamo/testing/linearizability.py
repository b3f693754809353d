"""A checker of histories: is there one order of all operations that explains every response?

The order must agree with time: an operation that had been answered before another one began comes before it. For
operations on one item that is linearizability; for transactions over many it is strict serialisability.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Value = TypeVar("Value", bound=Hashable)
State = Mapping[str, Value]
# What an operation does: the state after it, and what it answers.
Step = Callable[[State[Value]], tuple[State[Value], object]]


@dataclass(frozen=True)
class Operation(Generic[Value]):
    """What one thread did.

    Attributes:
        start, end: when it was begun and when it was answered.
        step: what it does to a state.
        response: what came back.
        name: for people.
        is_uncertain: whether it is unknown if it was done: then it may be left out, and its response says nothing.
    """

    start: float
    end: float
    step: Step[Value]
    response: object
    name: str = ""
    is_uncertain: bool = False


def find_order(history: Sequence[Operation[Value]], initial: State[Value]) -> list[Operation[Value]] | None:
    """An order that explains all responses, None where there is none.

    Depth first: of the operations that are left, any may be next that began before the first of them was answered. What
    has been tried without success, as the operations that were done and the state then, is not tried again. The order
    ends with the last operation that is certain.
    """
    operations = sorted(history, key=lambda each: each.start)
    certain = sum(1 << number for number, each in enumerate(operations) if not each.is_uncertain)
    tried: set[tuple[int, Hashable]] = set()
    order: list[int] = []
    done = 0
    states = [initial]
    choices = [_next_choices(operations, done)]
    while done & certain != certain:
        if not choices[-1]:
            choices.pop()
            if not order:
                return None
            done ^= 1 << order.pop()
            states.pop()
            continue
        number = choices[-1].pop()
        state, response = operations[number].step(states[-1])
        mark = (done | 1 << number, tuple(sorted(state.items())))
        if mark in tried or (response != operations[number].response and not operations[number].is_uncertain):
            continue
        tried.add(mark)
        order.append(number)
        done |= 1 << number
        states.append(state)
        choices.append(_next_choices(operations, done))
    return [operations[number] for number in order]


def _next_choices(operations: Sequence[Operation[Value]], done: int) -> list[int]:
    """The operations that may be next, the one answered first at the end, so that it is tried first."""
    first = ((done + 1) & ~done).bit_length() - 1  # The lowest that is not done.
    open_ones: list[int] = []
    earliest_end: float | None = None
    for number in range(first, len(operations)):
        if done >> number & 1:
            continue
        if earliest_end is not None and operations[number].start > earliest_end:
            break
        open_ones.append(number)
        end = operations[number].end
        earliest_end = end if earliest_end is None else min(earliest_end, end)
    assert earliest_end is not None or not open_ones
    found = [number for number in open_ones if earliest_end is not None and operations[number].start <= earliest_end]
    return sorted(found, key=lambda number: -operations[number].end)
