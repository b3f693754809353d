"""Templates in YAML, with the short forms of intrinsic functions such as `!Ref`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from minidynamo.interfaces.templates.table_definition import TemplateError

_WITHOUT_PREFIX = ("Ref", "Condition")


def read_yaml(text: str, path: Path) -> Any:
    """The document of a YAML text.

    Raises:
        TemplateError: it is no YAML, or PyYAML is not installed.
    """
    try:
        import yaml
    except ImportError:
        raise TemplateError(f"to read YAML such as {path}, install PyYAML: pip install 'minidynamo[cli]'") from None

    class TemplateLoader(yaml.SafeLoader):
        """Reads short forms as the long ones."""

    def long_form(loader: Any, suffix: str, node: Any) -> Any:
        if isinstance(node, yaml.ScalarNode):
            value: Any = loader.construct_scalar(node)
        elif isinstance(node, yaml.SequenceNode):
            value = loader.construct_sequence(node, deep=True)
        else:
            value = loader.construct_mapping(node, deep=True)
        if suffix == "GetAtt" and isinstance(value, str):
            value = value.split(".")
        return {suffix if suffix in _WITHOUT_PREFIX else f"Fn::{suffix}": value}

    TemplateLoader.add_multi_constructor("!", long_form)
    try:
        return yaml.load(text, TemplateLoader)
    except yaml.YAMLError as error:
        raise TemplateError(f"{path} is no valid YAML: {error}") from None
