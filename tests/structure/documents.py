"""What the documents hold that can be run: their Python, what it prints, their commands and links."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "spec" / "guide"
PAGES = sorted(GUIDE.glob("*.md"))


def blocks_in(text: str, language: str = "python") -> list[str]:
    """The fenced blocks of a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def blocks_of(document: Path, language: str = "python") -> list[str]:
    """Those of a document."""
    return blocks_in(document.read_text("utf-8"), language)


def run_blocks(document: Path) -> dict[str, Any]:
    """Executes all Python blocks, one after the other, in one namespace, which is returned."""
    namespace: dict[str, Any] = {"__name__": "__document__"}
    for block in blocks_of(document):
        exec(compile(block, document.name, "exec"), namespace)
    return namespace


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
