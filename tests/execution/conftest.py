"""Folders with the code of functions, and a database that runs them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import minidynamo
from minidynamo import Database, ManualClock

Write = Callable[..., Path]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def database(clock: ManualClock) -> Iterator[Database]:
    with minidynamo.connect(clock=clock, region="eu-west-1") as database:
        yield database


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes the files of a function, named by keyword arguments whose `__` is a slash; gives its folder."""

    def write(folder: str = "function", **files: str) -> Path:
        for name, text in files.items():
            path = tmp_path / folder / f"{name.replace('__', '/')}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path / folder

    return write


@pytest.fixture(autouse=True)
def temporary(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Temporary folders of a test's own, which other tests at the same time do not fill."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("temporary")))
