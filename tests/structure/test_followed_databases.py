"""A test fails where a database that it has made is not in order, however it was made, closed or left."""

from __future__ import annotations

import pytest

from tests.followed_databases import HELD_MAX
from tests.structure.imports import ROOT

PROGRAM = f"""
import minidynamo, pytest

def spoil(database):
    '''Says of its system keyspace that it holds one record more.'''
    database.engine.maps("system")[0].item_count += 1

def test_sound():
    minidynamo.connect()

def test_left_open():
    spoil(minidynamo.connect())

def test_closed():
    with minidynamo.connect() as database:
        spoil(database)

def test_simulated_fork():
    spoil(minidynamo.simulate(profile="calm").fork())

def test_one_of_many():
    spoil(minidynamo.connect())
    for _ in range({HELD_MAX}):
        minidynamo.connect()

def test_in_a_file(tmp_path):
    database = minidynamo.connect(tmp_path / "shop.db")
    database.engine._connection.execute("DELETE FROM keyspace_1")

def test_failed_before():
    spoil(minidynamo.connect())
    assert False

@pytest.mark.damaged
def test_damaged_on_purpose():
    spoil(minidynamo.connect())

def test_after_it():
    minidynamo.connect()
"""
SPOILED = ("closed", "failed_before", "in_a_file", "left_open", "one_of_many", "simulated_fork")


def test_what_is_not_in_order_fails_its_test(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """And no other, in a run of its own that has nothing but the fixtures of this project."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makeconftest("from tests.conftest import databases_are_in_order, followed_databases")
    pytester.makepyfile(PROGRAM)
    result = pytester.runpytest_subprocess("-rE", "-W", "ignore")
    result.assert_outcomes(passed=8, failed=1, errors=len(SPOILED))
    reported = [line.partition("::test_")[2].split()[0] for line in result.outlines if line.startswith("ERROR test_")]
    assert sorted(reported) == sorted(SPOILED)
    result.stdout.fnmatch_lines(["*a database of this test is not in order:*"])
