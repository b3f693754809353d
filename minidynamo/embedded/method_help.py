"""What `help` and completion show of the client's methods."""

from __future__ import annotations

from inspect import Parameter, Signature

from minidynamo.requests.operations import Operation


def help_of(row: Operation) -> str:
    """The docstring of an operation's method."""
    required, optional = _members(row)
    texts = [f"Calls {row.name}."]
    for title, names in (("Required", required), ("Optional", optional)):
        if names:
            texts.append(f"{title}: {', '.join(names)}.")
    return "\n\n".join(texts)


def signature_of(row: Operation) -> Signature:
    """Parameters by keyword alone, those first that are required. That they are there, the service sees to."""
    required, optional = _members(row)
    parameters = [Parameter("self", Parameter.POSITIONAL_OR_KEYWORD)]
    parameters += [Parameter(name, Parameter.KEYWORD_ONLY) for name in required]
    parameters += [Parameter(name, Parameter.KEYWORD_ONLY, default=None) for name in optional]
    return Signature(parameters)


def _members(row: Operation) -> tuple[list[str], list[str]]:
    shape = row.request
    return [each for each in shape.members if each in shape.required], [
        each for each in shape.members if each not in shape.required
    ]
