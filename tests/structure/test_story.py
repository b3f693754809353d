"""The story of the guide happens as it is told: files in their order, what fails, and what is shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.structure.documents import GUIDE, blocks_in, write_files

STORY = (GUIDE / "story.md").read_text("utf-8")
BEFORE, AFTER = STORY.split("## The fix\n")


def run(pytester: pytest.Pytester, *options: str) -> pytest.RunResult:
    return pytester.runpytest_subprocess("-p", "no:cacheprovider", *options)


def test_every_block_is_a_file(tmp_path: Path) -> None:
    assert write_files(STORY, tmp_path) == len(blocks_in(STORY))


def test_the_bug_is_found_as_it_is_shown(pytester: pytest.Pytester) -> None:
    write_files(BEFORE, pytester.path)
    (option,) = re.findall(r"`pytest (--hypothesis-profile=[\w-]+)`", BEFORE)
    result = run(pytester, option)
    result.assert_outcomes(passed=1, failed=2)
    (shown,) = blocks_in(BEFORE, "console")
    result.stdout.fnmatch_lines([re.sub(r"([][*?])", r"[\1]", line) for line in shown.splitlines()])


@pytest.mark.long
def test_the_fix_mends_it(pytester: pytest.Pytester) -> None:
    write_files(STORY, pytester.path)
    run(pytester, "--hypothesis-profile=minidynamo-ci").assert_outcomes(passed=4)
    (table,) = blocks_in(AFTER, "console")
    (options,) = re.findall(r"`pytest (-qs test_\w+.py)`", AFTER)
    assert table in run(pytester, *options.split()).stdout.str() + "\n"
