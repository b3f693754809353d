"""Parameters of the console's methods: read one by one, with an error in words for a page that sends others."""

from __future__ import annotations

from minidynamo.values.api_types import JsonObject


class Refused(Exception):
    """What the console does not do, and why, in one line.

    Parameters:
        status: of the response.
        text: for people.
        code: the error code of the API, where there is one.
    """

    def __init__(self, status: int, text: str, code: str = "") -> None:
        assert 400 <= status < 600, f"the status {status} refuses nothing"
        super().__init__(text)
        self.status, self.text, self.code = status, text, code


def wrong(text: str) -> Refused:
    """The refusal of a request that says something else than it may."""
    return Refused(400, text)


def text_of(parameters: JsonObject, name: str, default: str | None = None) -> str:
    """A parameter that is a text.

    Raises:
        Refused: it is none, or is missing where there is no default.
    """
    value = parameters.get(name, default)
    if not isinstance(value, str):
        raise wrong(f"{name} must be a text")
    return value


def optional_text(parameters: JsonObject, name: str) -> str | None:
    """A parameter that is a text or is left out; "" counts as left out."""
    return text_of(parameters, name) if parameters.get(name) else None


def number_of(parameters: JsonObject, name: str, default: int, least: int, most: int) -> int:
    """A parameter that is a whole number, brought within its bounds."""
    value = parameters.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool):
        raise wrong(f"{name} must be a whole number")
    return min(max(value, least), most)


def object_of(parameters: JsonObject, name: str) -> JsonObject:
    """A parameter that is an object.

    Raises:
        Refused: it is none, or is missing.
    """
    value = parameters.get(name)
    if not isinstance(value, dict):
        raise wrong(f"{name} must be an object")
    return value
