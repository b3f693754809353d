"""The journal of a move: what is noted is there again, and a file of anything else is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from minidynamo.moving.journal import FollowProgress, Journal, SegmentProgress, Verdict
from minidynamo.moving.move_error import MoveError


def opened(path: Path, **changed: str) -> Journal:
    return Journal(path, **{"source": "a.db", "target": "b.db", **changed})


def filled(path: Path) -> Journal:
    """A journal with something in every member."""
    journal = opened(path)
    table = journal.table("Things")
    table.segments["0/1"] = SegmentProgress({"id": {"B": "AAE="}}, 7, False, ["key", 7])
    table.copied_at, table.put_count, table.present_count, table.refused_count = 5.0, 4, 2, 1
    table.refused.append([{"id": {"S": "x"}}, "too long"])
    table.follow = FollowProgress("arn", "@5", {"shard": "17"}, ["done"], 3, 2.0, 1.0, True)
    table.verdict = Verdict(9.0, 7, 2, 1)
    journal.note(is_urgent=True)
    return journal


def test_what_was_noted_is_there_again(tmp_path: Path) -> None:
    path = tmp_path / "move.json"
    assert opened(path).tables == {}
    assert opened(path).tables == {}, "looking makes no file"
    assert not path.exists()
    assert filled(path).tables == opened(path).tables


def test_a_table_begins_where_nothing_is_known(tmp_path: Path) -> None:
    """And anew where it is to be forgotten."""
    journal = filled(tmp_path / "move.json")
    assert journal.table("Things").put_count == 4
    assert journal.begin_again("Things").put_count == 0
    assert journal.table("Things").segments == {}
    assert journal.table("Others").began_at > 0


def test_it_is_written_seldom_unless_that_is_urgent(tmp_path: Path) -> None:
    path = tmp_path / "move.json"
    journal = opened(path)
    journal.note(is_urgent=True)
    journal.table("Things").put_count = 1
    journal.note()
    assert "Things" not in path.read_text()
    journal.note(is_urgent=True)
    assert opened(path).table("Things").put_count == 1


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"source": "c.db"}, "is the journal of a move with source a.db: give --journal another file"),
        ({"target": "c.db"}, "is the journal of a move with target b.db: give --journal another file"),
        ({"fingerprint": "f"}, "is the journal of a move by other rules or another secret: give --journal another"),
    ],
)
def test_the_journal_of_another_move_is_refused(tmp_path: Path, changed: dict[str, str], text: str) -> None:
    path = tmp_path / "move.json"
    filled(path)
    with pytest.raises(MoveError) as raised:
        opened(path, **changed)
    assert str(raised.value).startswith(f"{path} {text}")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "\x00",
        '{"format": 2, "source": "a.db", "target": "b.db", "anonymizer": "", "tables": {}}',
        '{"format": 1, "source": "a.db", "target": "b.db", "anonymizer": ""}',
        '{"format": 1, "source": "a.db", "target": "b.db", "anonymizer": "", "tables": {"Things": 1}}',
        '{"format": 1, "source": "a.db", "target": "b.db", "anonymizer": "", "tables": {"Things": {"x": 1}}}',
        '{"format": 1, "source": "a.db", "target": "b.db", "anonymizer": "", "tables": []}',
    ],
)
def test_what_is_no_journal_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "move.json"
    path.write_text(text)
    with pytest.raises(MoveError, match=r"is no journal of a move: give --journal another file"):
        opened(path)
    assert path.read_text() == text


def test_a_damaged_byte_is_noticed_or_harmless(tmp_path: Path) -> None:
    """Cut off anywhere, it is no journal."""
    path = tmp_path / "move.json"
    filled(path)
    whole = path.read_text()
    for length in range(0, len(whole), 37):
        path.write_text(whole[:length])
        with pytest.raises(MoveError, match="is no journal"):
            opened(path)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "move.json"
    path.write_bytes(b"\xff\xfe\x80")
    with pytest.raises(MoveError, match="is no journal of a move"):
        opened(path)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    journal = opened(tmp_path / "nowhere" / "move.json")
    with pytest.raises(MoveError, match=r"move.json cannot be written: No such file or directory"):
        journal.note(is_urgent=True)


def test_a_folder_is_no_journal(tmp_path: Path) -> None:
    with pytest.raises(MoveError, match="cannot be read: Is a directory"):
        opened(tmp_path)


def test_a_write_that_was_cut_short_leaves_the_one_before(tmp_path: Path) -> None:
    """The new file is written beside the old one."""
    path = tmp_path / "move.json"
    filled(path)
    path.with_name("move.json.new").write_text('{"format": 1, "sour')
    assert opened(path).table("Things").put_count == 4
    opened(path).note(is_urgent=True)
    assert json.loads(path.read_text())["tables"]["Things"]["put_count"] == 4


def test_what_another_process_notes_meanwhile_stays(tmp_path: Path) -> None:
    """Whoever follows goes on while somebody else verifies."""
    path = tmp_path / "move.json"
    following, verifying = filled(path), opened(path)
    verifying.table("Things").verdict = Verdict(20.0, 7, 0)
    follow = following.table("Things").follow
    assert follow is not None
    follow.change_count = 4
    verifying.note(is_urgent=True)
    following.note(is_urgent=True)
    read = opened(path).table("Things")
    assert read.verdict == Verdict(20.0, 7, 0)
    assert read.follow is not None
    assert read.follow.change_count == 4
