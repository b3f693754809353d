"""Tests in documents that find a bug: each must fail, shrunk to the fault that its document names."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings


def check_bugs_are_found(document: Path, namespace: dict[str, Any], count: int) -> None:
    """Runs the tests whose reports a document shows; there must be so many.

    Parameters:
        namespace: what the document's Python has defined.
    """
    reports = re.findall(r"^(test_\w+)\(\n(Faults of this run: .*)$", document.read_text("utf-8"), re.MULTILINE)
    assert len(reports) == count
    for name, faults in reports:
        options = settings(database=None, deadline=None, phases=[Phase.generate, Phase.shrink], max_examples=1_000)
        test = options(namespace[name])
        with pytest.raises(AssertionError) as raised:
            test()
        notes = "\n".join(raised.value.__notes__)
        assert f"{name}(" in notes and faults in notes, notes
