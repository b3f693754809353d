"""The choices of one simulated database: asks chance, heeds aims and switches, and keeps the history."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise

from minidynamo.errors import DynamoError
from minidynamo.requests.operations import API, ITEM
from minidynamo.requests.subjects import items_of, tables_of
from minidynamo.simulation.faults.aims import Aim
from minidynamo.simulation.faults.calls import Call
from minidynamo.simulation.faults.chance import (
    Chance,
    Detail,
    Draw,
    FaultSchedule,
    ReplayedChance,
    SeededChance,
    draw_of,
)
from minidynamo.simulation.faults.followed import FollowedSchedule
from minidynamo.simulation.faults.history import History, HistoryError
from minidynamo.simulation.faults.kinds import KINDS, REJECTIONS
from minidynamo.simulation.faults.profiles import Profile, profile_arguments
from minidynamo.simulation.faults.rules import Faults
from minidynamo.simulation.faults.watchers import IsGlobal, tell
from minidynamo.values.api_types import Request

_KEY_TEXT_MAX = 80


class FaultInjector:
    """Chooses what happens in each call, and remembers it.

    Parameters:
        profile: rates and bounds.
        seed: what choices are drawn from.
        schedule: what happens instead of what the rates say.
        replay: what happens again instead of any of that.
        keep_calls: how many calls the history keeps, None for all.
        chance: what decides instead of the seed.
    """

    def __init__(
        self,
        profile: Profile,
        seed: int | str,
        schedule: FaultSchedule | None = None,
        replay: History | None = None,
        keep_calls: int | None = None,
        chance: Chance | None = None,
    ) -> None:
        self._keep_calls, self._count = keep_calls, 0
        self.profile, self.seed, self.schedule, self.replay = profile, seed, schedule, replay
        self.faults = Faults()
        self.history = _history_of(profile, seed, schedule, replay)
        self.is_global: IsGlobal = _unknown
        self.call = Call(0, "")
        self._request: Request = {}
        self._aims: dict[str, Aim] = {}  # Those that have been met in this call, by kind.
        self._refused_in_a_row = 0
        self._expected = {} if replay is None else {each.number: each for each in replay.calls}
        self._is_drawn = schedule is None and replay is None
        self._given_chance = chance
        self._chance = self._new_chance()
        if chance is not None:
            self.history.follow(chance.told)

    def __repr__(self) -> str:
        if self._given_chance is not None and not self.history.calls:
            return f"simulated(..., {profile_arguments(self.profile)})"  # Before its faults have been drawn.
        origin = self.history.origin
        return origin if self.replay is None else f"simulate(replay=<{len(self.replay)} calls of {origin}>)"

    def _new_chance(self) -> Chance:
        if self.replay is not None:
            return ReplayedChance({call.number: call.choices for call in self.replay.calls})
        if self.schedule is not None:
            return FollowedSchedule(self.schedule)
        return SeededChance(self.seed, self.profile) if self._given_chance is None else self._given_chance

    def forked(self, seed: int | str) -> FaultInjector:
        """The choices of a fork."""
        chance = None if self._given_chance is None else self._given_chance.forked()
        forked = FaultInjector(self.profile, seed, self.schedule, self.replay, self._keep_calls, chance)
        if self.followed is not None and self.schedule is not None:
            forked._chance = FollowedSchedule(self.schedule, original=self.followed)
        return forked

    @property
    def followed(self) -> FollowedSchedule | None:
        """The schedule that decides; None where something else does."""
        return self._chance if isinstance(self._chance, FollowedSchedule) else None

    def begin(self, operation: str, request: Request) -> Call:
        """Begins a call.

        Raises:
            HistoryError: the history that is replayed has another one here.
        """
        number = self._count = self._count + 1
        call = Call(number, operation, ",".join(tables_of(request)), _key_text(operation, request))
        expected = self._expected.get(number)
        if expected is not None and (expected.operation, expected.on) != (call.operation, call.on):
            raise HistoryError(
                f"call {number} was {expected.operation} {expected.on} in the history and is now "
                f"{call.operation} {call.on}: a history can only be replayed by the program that made it"
            )
        calls = self.history.calls
        assert not calls or calls[-1].number < number, f"call {number} begins after call {calls[-1].number}"
        calls.append(call)
        if self._keep_calls is not None and len(self.history.calls) > 2 * self._keep_calls:
            del self.history.calls[: -self._keep_calls]
        self.call, self._request = call, request
        self._chance.begin(operation, request)
        self._aims.clear()
        self.faults.watch(call, request)
        return call

    def end(self, call: Call, outcome: str) -> None:
        """Ends a call: what the caller got."""
        assert call is self.call, f"call {call.number} ends within call {self.call.number}"
        call.outcome = outcome
        if self.replay is not None or not self.faults.is_quiet:
            tell(call, self._request, self.is_global)
        is_refused = any(kind in REJECTIONS or "nothing" in detail for kind, detail in call.choices.items())
        self._refused_in_a_row = self._refused_in_a_row + 1 if is_refused else 0

    def check(self) -> None:
        """Asserts that the history has the latest calls in their order, and in them kinds that there are."""
        numbers = [each.number for each in self.history.calls]
        for one, two in pairwise([0, *numbers, self._count + 1]):
            assert one < two, f"the history has call {two} behind call {one}, of {self._count}"
        for call in self.history.calls:
            unknown = sorted(call.choices.keys() - KINDS.keys())
            assert not unknown, f"call {call.number} has the unknown choices {unknown}"
            is_over = call is not self.call or bool(call.outcome)
            assert is_over, f"call {call.number}, {call.operation}, has not ended"
        row = self._refused_in_a_row
        assert 0 <= row <= self._count, f"{row} calls in a row were refused, of {self._count}"

    @property
    def is_seeded(self) -> bool:
        """Whether a seed decides, and no schedule, history or chance of another's."""
        return self._is_drawn and self._given_chance is None

    @property
    def may_refuse(self) -> bool:
        """Whether this call may achieve nothing. What was asked for by name always may.

        Neither are the opportunities bounded here of faults that Hypothesis draws: a schedule has to find the same.
        """
        return not self.is_seeded or self._is_within_bound

    @property
    def _is_within_bound(self) -> bool:
        """Whether so few calls in a row have failed that this one may fail, too."""
        return not self._is_drawn or self._refused_in_a_row < self.profile.refusals_in_a_row_max

    def is_possible(self, kind: str) -> bool:
        """Whether a kind may happen in this call at all, so that it is worth finding out whether it could."""
        if self.replay is None and self.faults.is_off(kind):
            return False
        return self._chance.is_possible(self.call.number, kind) or self.faults.has_aims(kind)

    def choose(self, kind: str, make: Callable[[Draw], Detail | None] | None = None) -> Detail | None:
        """What happens where something could: its details, None for nothing.

        Parameters:
            kind: what could happen.
            make: makes its details from a draw, or None where it cannot happen after all. Without it there are none.
        """
        assert not self.call.outcome, (
            f"{kind} is chosen in call {self.call.number}, which has ended: {self.call.outcome}"
        )
        make = _without_details if make is None else make
        detail = self._asked(kind, make)
        if detail is not None:
            self.call.choices[kind] = detail
        return detail

    def undo(self, kind: str) -> None:
        """Takes a choice of this call back, which has had no effect."""
        if self.call.choices.pop(kind, None) is None:
            return
        aim = self._aims.pop(kind, None)
        if aim is None:
            self._chance.undo(kind)
        else:  # Nothing else has chosen it.
            aim.take_back()

    @contextmanager
    def undone(self, kind: str) -> Iterator[None]:
        """Takes a choice of this call back if the call fails here, so that it has had no effect."""
        try:
            yield
        except DynamoError:
            self.undo(kind)
            raise

    def _asked(self, kind: str, make: Callable[[Draw], Detail | None]) -> Detail | None:
        if self.replay is None and self.faults.is_off(kind):
            return None
        aim = self.faults.aimed(kind, self.call.operation, self._request)
        if self.replay is not None:
            detail = self._chance.decide(self.call.number, kind, make)
        else:
            detail = None if aim is None else make(draw_of(aim.variant))
        if aim is not None and detail is not None:
            aim.count()
            self._aims[kind] = aim
        if detail is not None or self.replay is not None:
            return detail
        if kind in REJECTIONS and not self._is_within_bound:
            self._chance.skip(kind)
            return None
        return self._chance.decide(self.call.number, kind, make)

    def happens_at(self, kind: str) -> bool:
        """Whether a kind may happen with the operation of this call."""
        return self.call.operation in KINDS[kind].operations


def _history_of(profile: Profile, seed: int | str, schedule: FaultSchedule | None, replay: History | None) -> History:
    """A new history, which has the origin of the one that it replays."""
    if replay is not None:
        return History(replay.profile, replay.seed, replay.schedule)
    return History(profile, str(seed), "" if schedule is None else repr(schedule))


def _unknown(request: Request) -> None:
    """What is known of the indexes of requests before there is a database."""


def _without_details(draw: Draw) -> Detail:
    return {}


def _key_text(operation: str, request: Request) -> str:
    """What a call is about, for people: its key, or how many items it names."""
    items = items_of(request)
    if items and API[operation].subject == ITEM:
        text = ", ".join(f"{name}={_value_text(value)}" for name, value in items[0].items())
        return text if len(text) <= _KEY_TEXT_MAX else text[: _KEY_TEXT_MAX - 1] + "…"
    if items:
        return f"{len(items)} items"
    index = request.get("IndexName") if isinstance(request, Mapping) else None
    return f"index {index}" if isinstance(index, str) else ""


def _value_text(value: object) -> str:
    payload = next(iter(value.values()), "") if isinstance(value, dict) else value
    return payload.hex() if isinstance(payload, bytes) else str(payload)
