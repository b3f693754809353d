"""The policies of a principal as a file declares them."""

from __future__ import annotations

from collections.abc import Iterable

from minidynamo.values.api_types import JsonObject


class DeclaredPolicies(list[JsonObject]):
    """Identity policies, and the boundary that goes with them.

    `Database.as_principal` takes both from it.

    Parameters:
        policies: documents.
        boundary: the document of the permissions boundary; None for none.
    """

    def __init__(self, policies: Iterable[JsonObject] = (), boundary: JsonObject | None = None) -> None:
        super().__init__(policies)
        assert boundary is None or "Statement" in boundary, "a boundary is a policy document"
        self.boundary = boundary
