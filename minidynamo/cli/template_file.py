"""The tables of a file that is named on the command line."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from minidynamo.templates.schema import TableTemplates


def tables_in(path: Path, parameters: Mapping[str, str] | None = None) -> TableTemplates:
    """The tables that a file declares; what is left out of them is told on standard error, a line per table.

    Raises:
        TemplateError: as `schema_from`.
    """
    from minidynamo.templates.schema import schema_from
    from minidynamo.templates.table_definition import TemplateWarning

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", TemplateWarning)
        tables = schema_from(path, parameters)
    for each in caught:
        print(f"minidynamo: {each.message}", file=sys.stderr)
    return tables
