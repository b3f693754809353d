"""Paginators as boto3 has them: the pages of a call, resumable by a token.

Source: boto3 documentation, "Paginators".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import TypedDict

from minidynamo.arguments import Rule, check_arguments, of, require
from minidynamo.requests.operations import API
from minidynamo.values.api_types import JsonValue, RequestDraft, Response
from minidynamo.values.json_form import base64_text, binaries_decoded, binary_of

_PAGES = {row.method: row.pages for row in API.values() if row.pages is not None}


# botocore makes numbers of texts as well, such as those of a query.
_COUNT = Rule(
    "a whole number", of(int, str), lambda value: str(value).strip().lstrip("-").isdecimal(), may_be_none=True
)
_RULES = {"MaxItems": _COUNT, "PageSize": _COUNT, "StartingToken": Rule("a resume_token", of(str), may_be_none=True)}


def require_pages(name: object) -> None:
    """Raises ValueError for the name of a method that has no pages."""
    if name not in _PAGES:
        raise ValueError(f"{name} has no pages; these have: {', '.join(_PAGES)}")


class PaginationConfig(TypedDict, total=False):
    """How pages are made: so many results in all, so many per call, from a `resume_token` on."""

    MaxItems: int | str | None
    PageSize: int | str | None
    StartingToken: str | None


class Paginator:
    """Pages through one method of a client.

    Parameters:
        method: the client's method.
        name: its name; ValueError if it has no pages.
    """

    def __init__(self, method: Callable[..., Response], name: str) -> None:
        require_pages(name)
        self._method = method
        self._name = name
        self._pages = _PAGES[name]

    def __repr__(self) -> str:
        return f"<Paginator of {self._name}>"

    @staticmethod
    def knows(name: str) -> bool:
        """Whether a method has pages."""
        return name in _PAGES

    def paginate(self, PaginationConfig: PaginationConfig | None = None, **parameters: object) -> PageIterator:
        """The pages of a call.

        Parameters:
            PaginationConfig: MaxItems (results in all), PageSize (per call), StartingToken (a `resume_token`).
            parameters: those of the method.
        """
        config = PaginationConfig or {}
        require(isinstance(config, Mapping), "PaginationConfig", "a dict, such as {'MaxItems': 10}", config)
        check_arguments(_RULES, **{name: value for name, value in config.items() if name in _RULES})
        return PageIterator(self._method, self._name, parameters, config)


class PageIterator:
    """Iterates over the pages of a call; `resume_token` tells where MaxItems ended it."""

    def __init__(
        self,
        method: Callable[..., Response],
        name: str,
        parameters: RequestDraft,
        config: PaginationConfig,
    ) -> None:
        self._method, self._name = method, name
        self._pages = pages = _PAGES[name]
        self._parameters = dict(parameters)
        max_items, page_size = config.get("MaxItems"), config.get("PageSize")
        self._max_items = None if max_items is None else int(max_items)
        if page_size is not None and pages.limit is not None:
            self._parameters[pages.limit] = int(page_size)
        self._starting_token = config.get("StartingToken")
        self.resume_token: str | None = None

    def __repr__(self) -> str:
        return f"<PageIterator of {self._name}>"

    def __iter__(self) -> Iterator[Response]:
        pages, parameters = self._pages, dict(self._parameters)
        skipped, left = 0, self._max_items
        if self._starting_token is not None:
            position, skipped = _read_token(self._starting_token)
            if position is not None:
                parameters[pages.input_token] = position
        while True:
            response = self._method(**parameters)
            found = response.get(pages.results[0], [])
            found = found[skipped:]
            if left is not None and len(found) > left:
                self.resume_token = _token(parameters.get(pages.input_token), skipped + left)
                yield {**response, pages.results[0]: found[:left]}
                return
            yield {**response, pages.results[0]: found} if pages.results[0] in response else response
            skipped = 0
            left = None if left is None else left - len(found)
            position = response.get(pages.output_token)
            if position is None:
                return
            if left == 0:
                self.resume_token = _token(position, 0)
                return
            parameters[pages.input_token] = position

    def build_full_result(self) -> Response:
        """All pages as one answer: lists joined, counts added, NextToken where MaxItems ended it."""
        result: Response = {}
        for page in self:
            for name in self._pages.results:
                if name in page:
                    result[name] = result[name] + page[name] if name in result else page[name]
        if self.resume_token is not None:
            result["NextToken"] = self.resume_token
        return result


def _token(position: JsonValue, skipped: int) -> str:
    return base64_text(json.dumps([position, skipped], default=base64_text).encode())


def _read_token(token: str) -> tuple[JsonValue, int]:
    try:
        position, skipped = json.loads(binary_of(token))
    except ValueError:
        raise ValueError("StartingToken must be a resume_token of an earlier page iterator") from None
    return binaries_decoded(position), skipped
