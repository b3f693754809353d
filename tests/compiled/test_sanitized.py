"""The compiled core under sanitizers: built with them, fed with what is drawn, in a process of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import minidynamo.compiled
from minidynamo.compiled.build_hook import built_core

ROOT = Path(__file__).parents[2]
FLAGS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer", "-g")
VALUES = 5_000

# The core is put in the place of the one that is installed, before anything imports that.
RUN = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("minidynamo.compiled._core", sys.argv[1])
sys.modules[spec.name] = module = importlib.util.module_from_spec(spec)
from tests.compiled import agreement
from minidynamo.compiled import _core
assert _core is module
agreement.main(int(sys.argv[2]), seed=int(sys.argv[3]))
"""


@pytest.mark.long
@pytest.mark.skipif(shutil.which("gcc") is None or sys.platform != "linux", reason="needs gcc's sanitizers")
def test_no_byte_is_read_out_of_bounds(tmp_path: Path) -> None:
    core = built_core(Path(minidynamo.compiled.__file__).parent, tmp_path, FLAGS)
    found = [subprocess.check_output(["gcc", f"-print-file-name={name}"], text=True) for name in ("libasan.so",)]
    environment = {
        **os.environ,
        "MINIDYNAMO_PURE": "0",
        "LD_PRELOAD": found[0].strip(),
        "ASAN_OPTIONS": "detect_leaks=0",  # The interpreter keeps much until it ends; test_nothing_leaks looks at ours.
        "PYTHONMALLOC": "malloc",  # So that every object has bounds of its own.
    }
    command = [sys.executable, "-c", RUN, str(core), str(VALUES), "1"]
    result = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-4000:]
    assert "agree" in result.stdout
