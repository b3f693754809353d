"""What an agent has asked for that cannot be, said in one line with what to do instead."""

from __future__ import annotations


class ToolError(Exception):
    """A call that a tool does not carry out; the text says why, and what to do, in one line."""
