"""What the documents hold that can be run: their Python, what it prints, their commands and links."""

from __future__ import annotations

import io
import re
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from minidynamo.cli.command_line import main

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "spec" / "guide"
PAGES = sorted(GUIDE.glob("*.md"))


def blocks_in(text: str, language: str = "python") -> list[str]:
    """The fenced blocks of a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def blocks_of(document: Path, language: str = "python") -> list[str]:
    """Those of a document."""
    return blocks_in(document.read_text("utf-8"), language)


# A fenced block, with the name in backticks and the colon before it where it is a file.
_BLOCK = re.compile(r"^(?:`([\w.]+)`:\n\n)?```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)
# The commands that end by themselves and need no network.
_RUNNABLE = re.compile(r"(?:python -m )?minidynamo ((?:load|dump|check|info) .*)")


def run_blocks(document: Path) -> dict[str, Any]:
    """Does what a document says, in its order and in the present folder, as its reader does.

    Python is executed in one namespace, which is returned; files that it shows are written; the commands `load`,
    `dump`, `check` and `info` are run and must succeed.
    """
    namespace: dict[str, Any] = {"__name__": "__document__"}
    for name, language, block in _BLOCK.findall(document.read_text("utf-8")):
        if language == "python":
            exec(compile(block, document.name, "exec"), namespace)
        elif name:
            Path(name).write_text(block, "utf-8")
        elif language == "sh":
            for command in runnable_in(block):
                with redirect_stdout(io.TextIOWrapper(io.BytesIO(), "utf-8")):
                    assert main(command.split()) == 0, f"{document.name}: minidynamo {command}"
    return namespace


_PYTHON_FILE = re.compile(r"^`(\w+\.py)`:\n\n```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def write_files(text: str, folder: Path) -> int:
    """Writes the Python files that a text shows, of those with one name the last; gives how many it shows."""
    found = _PYTHON_FILE.findall(text)
    for name, source in found:
        folder.joinpath(name).write_text(source, "utf-8")
    return len(found)


def runnable_in(text: str) -> list[str]:
    """The arguments of the commands in a text that are run."""
    return [match[1] for match in map(_RUNNABLE.fullmatch, text.splitlines()) if match]


def printed_by(document: Path) -> list[str]:
    """What the document says its Python prints: the comment behind each print()."""
    return re.findall(r"^ *print\(.*\)  # (.*)$", "\n".join(blocks_of(document)), re.MULTILINE)


def commands_of(document: Path) -> list[str]:
    """The lines of its shell blocks that run the command line, and the commands in backticks."""
    text = document.read_text("utf-8")
    lines = [line for block in blocks_of(document, "sh") for line in block.splitlines()]
    inline = re.findall(r"`((?:python -m )?minidynamo [a-z][^`]*)`", text)
    return [line for line in lines if re.match(r"(python -m )?minidynamo ", line)] + inline


def links_of(document: Path) -> list[str]:
    """Where its links lead, those to the web left out."""
    return [link for link in re.findall(r"\]\(([^)]+)\)", document.read_text("utf-8")) if "://" not in link]
