"""Building the package: with the core where a compiler is there, complete without it where not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]
COMPILERS = [shutil.which(name) for name in ("cc", "gcc", "clang")]


def built_wheel(tree: Path, target: Path, **environment: str) -> tuple[str, list[str]]:
    """The name of a wheel of a tree, and the files of its compiled core."""
    options = ["-q", "--no-deps", "--no-build-isolation", "-w", str(target), str(tree)]
    command = [sys.executable, "-m", "pip", "wheel", *options]
    result = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    (wheel,) = target.glob("*.whl")
    return wheel.name, [name for name in ZipFile(wheel).namelist() if "/_core." in name]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources, so that what is built here leaves no trace there."""
    copy = tmp_path_factory.mktemp("sources") / "minidynamo"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".[a-z]*", "_core.*", "__pycache__"))
    shutil.copy(ROOT / ".gitignore", copy)
    return copy


@pytest.mark.installs
@pytest.mark.skipif(not any(COMPILERS), reason="needs a C compiler")
def test_a_wheel_holds_the_core(tree: Path, tmp_path: Path) -> None:
    """And serves every later Python of its platform."""
    name, core = built_wheel(tree, tmp_path)
    assert "-cp311-abi3-" in name
    assert len(core) == 1
    assert not list((tree / "minidynamo" / "compiled").glob("_core.*"))


@pytest.mark.installs
@pytest.mark.parametrize("environment", [{"MINIDYNAMO_PURE": "1"}, {"CC": "false", "LDSHARED": "false"}])
def test_a_wheel_without_it(tree: Path, tmp_path: Path, environment: dict[str, str]) -> None:
    """Where it is not wanted, or no compiler works: no failure, and a wheel for every platform."""
    name, core = built_wheel(tree, tmp_path, **environment)
    assert name.endswith("-py3-none-any.whl")
    assert core == []
