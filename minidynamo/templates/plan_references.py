"""What the expressions of a Terraform configuration refer to, through the variables and outputs of its modules.

Source: Terraform's JSON output format, "Configuration Representation".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from minidynamo.templates.parts import Part

_MODULE = r"module\.[^.\[]+(?:\[[^\]]*\])?"
_ADDRESS = re.compile(rf"((?:{_MODULE}\.)*)((?:data\.)?[^.\[]+\.[^.\[]+)((?:\[.*\])?)", re.DOTALL)
_REFERENCE = re.compile(r"((?:data\.)?aws_[^.\[]+\.[^.\[]+)(\[[^\]]*\])?\.([^.\[]+)", re.DOTALL)
_OUTPUT = re.compile(rf"({_MODULE})\.([^.\[]+)", re.DOTALL)
_VARIABLE = re.compile(r"var\.([^.\[]+)")
_INDEX = re.compile(r"\[[^\]]*\]")
_LAST_MODULE = re.compile(rf"{_MODULE}\.$")


@dataclass(frozen=True)
class Reference:
    """An attribute of a resource, as an expression refers to it.

    Attributes:
        module: the address of the resource's module, "" for the root, and otherwise with a dot behind it.
        declaration: such as aws_iam_role.checkout, or data.aws_iam_policy_document.checkout.
        index: in brackets; empty where the resource has none, or the expression none.
        attribute: such as arn.
    """

    module: str
    declaration: str
    index: str
    attribute: str


class PlanReferences:
    """The references of a plan's configuration.

    Parameters:
        plan: the whole plan.
    """

    def __init__(self, plan: Part) -> None:
        self._expressions: dict[str, Part] = {}  # Of resources and of calls of modules, by address without indexes.
        self._outputs: dict[str, Part] = {}
        self._read(plan.section("configuration").section("root_module"), "")

    def expressions(self, address: str) -> Part:
        """The expressions of a resource, by its address; none where there is no configuration."""
        return self._expressions.get(_INDEX.sub("", address), Part({}, address))

    def referred(self, address: str, expression: object) -> list[Reference]:
        """The attributes that an expression in a resource refers to, in its order."""
        return list(self._referred(split_address(address)[0], expression, set()))

    def _referred(self, module: str, expression: object, seen: set[tuple[str, str]]) -> Iterator[Reference]:
        for name in names_referred(expression):
            found = _REFERENCE.match(name)
            if found is not None:
                yield Reference(module, found[1], found[2] or "", found[3])
                continue
            output, variable = _OUTPUT.fullmatch(name), _VARIABLE.fullmatch(name)
            if (output is None and variable is None) or (module, name) in seen:
                continue
            seen.add((module, name))
            if output is not None:
                inner = f"{module}{output[1]}."
                declared = self._outputs.get(_INDEX.sub("", inner), Part({}, inner)).section(output[2])
                yield from self._referred(inner, declared.get("expression"), seen)
            elif variable is not None and module:
                outer = _LAST_MODULE.sub("", module)
                call = self._expressions.get(_INDEX.sub("", module), Part({}, module))
                yield from self._referred(outer, call.get(variable[1]), seen)

    def _read(self, module: Part, address: str) -> None:
        self._outputs[address] = module.section("outputs")
        for resource in module.parts("resources"):
            self._expressions[f"{address}{resource.get('address')}"] = resource.section("expressions")
        for name, call in module.section("module_calls").each("module"):
            inner = f"{address}module.{name}."
            self._expressions[inner] = call.section("expressions")
            self._read(call.section("module"), inner)


def split_address(address: str) -> tuple[str, str, str]:
    """The address of a resource in pieces: its module's, its own in there, and its index."""
    match = _ADDRESS.fullmatch(address)
    pieces = (match[1], match[2], match[3]) if match is not None else ("", address, "")
    assert "".join(pieces) == address, f"{address} has other pieces than {pieces}"
    return pieces


def names_referred(expression: object) -> list[str]:
    """What an expression refers to: of each reference, the attribute and then the resource itself."""
    names = expression.get("references") if isinstance(expression, dict) else None
    return [each for each in names if isinstance(each, str)] if isinstance(names, list) else []
