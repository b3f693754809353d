"""Chance: what a seed, a schedule, a variant and a history decide, as values."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minidynamo.simulation import CALM, Profile
from minidynamo.simulation.faults.chance import (
    Detail,
    Draw,
    Fault,
    FaultSchedule,
    ReplayedChance,
    ScheduledChance,
    SeededChance,
    draw_of,
)


def drawn(draw: Draw) -> Detail:
    return {"number": draw.count(0, 99)}


def decided(chance: SeededChance, kind: str = "throttled", calls: int = 200) -> list[Detail | None]:
    return [chance.decide(call, kind, drawn) for call in range(calls)]


def test_a_seed_decides_the_same_in_any_order() -> None:
    profile = Profile(throttled=0.5, conflict=0.5)
    first = decided(SeededChance(1, profile))
    again = SeededChance("1", profile)
    assert decided(again, "conflict") != first
    assert [again.decide(call, "throttled", drawn) for call in reversed(range(200))] == first[::-1]
    assert decided(SeededChance(2, profile)) != first


def test_a_rate_is_how_often() -> None:
    for rate, least, most in ((0.0, 0, 0), (0.1, 70, 130), (0.5, 430, 570), (1.0, 1_000, 1_000)):
        chance = SeededChance(7, Profile(throttled=rate))
        happened = [each for each in decided(chance, calls=1_000) if each is not None]
        assert least <= len(happened) <= most
        assert chance.is_possible(0, "throttled") is (rate > 0)
    assert not SeededChance(7, CALM).is_possible(0, "throttled")


def test_details_are_drawn_from_all_there_are() -> None:
    chance = SeededChance(7, Profile(throttled=1.0))
    details = [chance.decide(call, "throttled", lambda draw: {"of": draw.among("abc")}) for call in range(300)]
    found = Counter(each["of"] for each in details if each is not None)
    assert found.keys() == set("abc")
    assert min(found.values()) > 60


def test_the_worst_is_the_last_unless_it_is_said() -> None:
    worst = SeededChance(7, Profile(throttled=1.0, is_worst=True))
    assert worst.decide(0, "throttled", drawn) == {"number": 99}
    assert worst.decide(0, "throttled", lambda draw: {"of": draw.among("abc", worst=0)}) == {"of": "a"}


def test_what_cannot_happen_after_all_does_not() -> None:
    assert SeededChance(7, Profile(throttled=1.0)).decide(0, "throttled", lambda draw: None) is None


def test_a_schedule_counts_opportunities() -> None:
    chance = ScheduledChance(FaultSchedule([Fault("throttled", at=1, variant=42), Fault("throttled", at=1, variant=7)]))
    assert chance.is_possible(0, "throttled")
    assert not chance.is_possible(0, "conflict")
    assert chance.decide(5, "conflict", drawn) is None
    assert [chance.decide(call, "throttled", drawn) for call in (5, 9, 9)] == [None, {"number": 42}, None]


@given(st.lists(st.integers(1, 20), max_size=6), st.data())
def test_the_digits_of_a_variant_are_what_it_draws(bounds: list[int], data: st.DataObject) -> None:
    digits = [data.draw(st.integers(0, bound - 1)) for bound in bounds]
    variant = 0
    for bound, digit in reversed(list(zip(bounds, digits, strict=True))):
        variant = variant * bound + digit
    draw = draw_of(variant)
    assert [draw.among(range(bound)) for bound in bounds] == digits


def test_variant_0_is_the_simplest() -> None:
    draw = draw_of(0)
    assert (draw.among("abc"), draw.count(3, 9), draw.some("abcd", 2)) == ("a", 3, ["c", "d"])


@given(st.integers(0, 10**6), st.integers(0, 5))
def test_some_are_so_many_in_their_order(variant: int, count: int) -> None:
    chosen = draw_of(variant).some("abcde", count)
    assert len(set(chosen)) == count
    assert chosen == sorted(chosen)


def test_a_history_decides_what_happened() -> None:
    detail = {"number": 1}
    chance = ReplayedChance({3: {"throttled": detail}})
    assert chance.is_possible(3, "throttled")
    assert not chance.is_possible(3, "conflict") and not chance.is_possible(4, "throttled")
    found = chance.decide(3, "throttled", lambda draw: None)
    assert found == detail and found is not detail
    assert chance.decide(4, "throttled", drawn) is None


def test_schedules_are_values() -> None:
    one, two = FaultSchedule([Fault("throttled", at=1)]), FaultSchedule([Fault("throttled", at=1)])
    assert one == two and hash(one) == hash(two)
    assert one != FaultSchedule() and one != "throttled"
    assert sorted([Fault("throttled"), Fault("conflict", 2), Fault("conflict", 1)])[0] == Fault("conflict", 1)


@pytest.mark.parametrize(("at", "variant"), [(-1, 0), (0, -1)])
def test_faults_have_no_negative_numbers(at: int, variant: int) -> None:
    with pytest.raises(ValueError, match="must be at least 0"):
        Fault("throttled", at, variant)
