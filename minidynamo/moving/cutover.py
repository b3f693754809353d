"""Whether it is safe to change over now: everything has been copied, followed and verified, and nothing is written."""

from __future__ import annotations

import time
from contextlib import closing
from typing import Literal, NamedTuple

from minidynamo.moving.facts import TableFacts
from minidynamo.moving.features import differing, forgotten, inactive
from minidynamo.moving.journal import FollowProgress, TableProgress
from minidynamo.moving.move import COPY_AGAIN, Move

Grade = Literal["yes", "look", "no"]

# A verification that is older says little of what is there now.
_FRESH_SECONDS = 24 * 3600.0
_GAP = "changes are missing that were too old when they were read: verify --repair --delete-extra, then verify"


class Answer(NamedTuple):
    """The answer to one question about one table.

    Attributes:
        grade: "yes"; "look" at something before; "no", it is not safe.
        text: why.
    """

    grade: Grade
    text: str


def cutover_answers(move: Move, name: str) -> list[Answer]:
    """What speaks for and against changing over to a table at the target now.

    Raises:
        DynamoError, MoveError: the source or the target cannot be looked at.
    """
    if move.target.database is None:
        return [Answer("no", "nothing can change over to an export: minidynamo verify compares it")]
    facts, there = move.facts(move.source, name), move.facts(move.target, name)
    if there is None:
        return [Answer("no", "it is not at the target: minidynamo copy makes and fills it")]
    progress = move.journal.tables.get(name)
    if progress is None or not progress.copied_at:
        return [Answer("no", "it has not been copied, or not to its end: minidynamo copy goes on")]
    answers = [_copied(progress), *_written_since(move, facts, progress), _verified(progress)]
    answers += [Answer("no", f"{each}: wait until it is ACTIVE") for each in inactive(there)]
    if facts is not None:
        answers += [
            Answer("no" if each.is_grave else "look", f"{each.what} {each.remedy}") for each in differing(facts, there)
        ]
        answers += [Answer("look", f"{each.what}: {each.remedy}") for each in forgotten(move.source.opened(), facts)]
    return answers


def _copied(progress: TableProgress) -> Answer:
    if progress.refused_count:
        return Answer("no", f"{progress.refused_count:,} items were refused by the target")
    return Answer("yes", f"{progress.put_count:,} items copied, {progress.present_count:,} were there already")


def _written_since(move: Move, facts: TableFacts | None, progress: TableProgress) -> list[Answer]:
    """Whether changes have been made that are not at the target."""
    if facts is None:
        return [Answer("look", "the source is an export: changes since then are not in it")]
    if progress.follow is None:
        return [Answer("look", "it had no stream when it was copied: nobody knows what has changed since")]
    if progress.follow.stream_arn != facts.stream_arn:
        return [Answer("no", f"its stream was turned off after copying began: {COPY_AGAIN}")]
    if progress.follow.has_gap:
        return [Answer("no", _GAP)]
    with closing(move.follower(facts)) as follower:
        count, newest = follower.waiting()
    if progress.follow.has_gap:
        return [Answer("no", _GAP)]
    if count:
        made = f"the newest {_ago(newest)}" if newest else "of unknown age"
        return [Answer("no", f"{count:,} changes are not at the target yet, {made}: stop writing, and follow")]
    return [_quiet(progress.follow)]


def _quiet(follow: FollowProgress) -> Answer:
    if not follow.newest:
        return Answer("yes", "nothing has changed since the copy began")
    return Answer("yes", f"{follow.change_count:,} changes followed, none is waiting; the newest {_ago(follow.newest)}")


def _verified(progress: TableProgress) -> Answer:
    verdict, follow = progress.verdict, progress.follow
    if verdict is None:
        return Answer("no", "it has not been verified: minidynamo verify")
    left = verdict.difference_count - verdict.repaired_count
    if left:
        return Answer("no", f"{left:,} items differ: minidynamo verify --repair")
    if verdict.repaired_count:
        return Answer("no", f"{verdict.repaired_count:,} items were repaired: verify once more")
    if verdict.at < progress.copied_at or time.time() - verdict.at > _FRESH_SECONDS:
        return Answer("no", f"it was verified {_ago(verdict.at)}: verify once more")
    if follow is not None and follow.newest > verdict.at:
        return Answer("look", f"it has changed since it was verified {_ago(verdict.at)}")
    return Answer("yes", f"{verdict.item_count:,} items are the same at both, verified {_ago(verdict.at)}")


def _ago(moment: float) -> str:
    seconds = max(0.0, time.time() - moment)
    for name, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:,.0f} {name} ago"
    return f"{seconds:,.0f} seconds ago"
