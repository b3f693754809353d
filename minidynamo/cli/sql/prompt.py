"""The shell: reads statements from a terminal until there are no more."""

from __future__ import annotations

import os
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.lexers import PygmentsLexer
from pygments.lexers.sql import SqlLexer

from minidynamo.cli.sql.completion import StatementCompleter
from minidynamo.cli.sql.session import Session, SessionEnd, is_complete, leaves


def run_shell(session: Session, prompt: PromptSession[str] | None = None) -> None:
    """Reads and carries out statements; ends at \\q or the end of the input. Ctrl-C drops what is typed.

    Parameters:
        session: carries them out.
        prompt: reads them; by default from the terminal.
    """
    prompt = new_prompt(session) if prompt is None else prompt
    while True:
        try:
            text = prompt.prompt()
        except KeyboardInterrupt:
            continue
        except EOFError:
            return
        if leaves(text):
            return
        try:
            session.run_text(text)
        except SessionEnd:
            return
        except KeyboardInterrupt:
            session.errors.print("interrupted")


def new_prompt(session: Session, keeps_history: bool = True) -> PromptSession[str]:
    """What reads statements of a session: over several lines, with completion, colours and a history.

    Parameters:
        session: the session.
        keeps_history: whether statements of earlier sessions are there, and of this one will be.
    """
    return PromptSession(
        "sql> ",
        multiline=True,
        prompt_continuation=lambda width, line, wrapped: "...  ".rjust(width),
        completer=StatementCompleter(session.names),
        complete_while_typing=True,
        lexer=PygmentsLexer(SqlLexer),
        history=_history() if keeps_history else InMemoryHistory(),
        key_bindings=_key_bindings(),
    )


def _key_bindings() -> KeyBindings:
    """Enter carries out what is complete, and begins a new line in what is not."""
    bindings = KeyBindings()

    @bindings.add("enter")
    def enter(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if is_complete(buffer.text):
            buffer.validate_and_handle()
        else:
            buffer.insert_text("\n")

    return bindings


def _history() -> History:
    """The statements of earlier sessions, where there is a place to keep them."""
    home = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    path = home / "minidynamo" / "sql_history"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(path))
