"""ddtrace changes much of the process that it is imported into, and gets one of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.boto.tracing_tools import OWN_PROCESS


@pytest.mark.long
def test_all_cases_hold_for_ddtrace() -> None:
    """Those of `test_instrumented.py`."""
    pytest.importorskip("ddtrace", reason="ddtrace is not installed")
    environment = {
        **os.environ,
        OWN_PROCESS: "1",
        "DD_INSTRUMENTATION_TELEMETRY_ENABLED": "false",
        "DD_REMOTE_CONFIGURATION_ENABLED": "false",
        "DD_TRACE_STARTUP_LOGS": "false",
    }
    cases = Path(__file__).with_name("test_instrumented.py")
    root = cases.parents[2]
    command = [sys.executable, "-m", "pytest", str(cases), "-k", "ddtrace", "-p", "no:cacheprovider", "-p", "no:xdist"]
    done = subprocess.run(command, env=environment, cwd=root, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "skipped" not in done.stdout
