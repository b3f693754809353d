"""Literals of a statement: parse trees to values, or to templates where parameters stand in them.

Source: DynamoDB Developer Guide, "PartiQL data types"; observed responses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from minidynamo.errors import ValidationError
from minidynamo.partiql.places import place_of, text_of
from minidynamo.partiql.templates import Constant, ListTemplate, MapTemplate, Parameter, Template
from minidynamo.values.attribute_value import checked_value
from minidynamo.values.numbers import canonical_number

if TYPE_CHECKING:
    from minidynamo.partiql.places import Node

LITERALS = frozenset(
    {"string", "number", "signed", "boolean", "null", "missing", "list", "map", "bag", "moment", "ion"}
)

_UNKNOWN = "Unsupported data type: UNKNOWN"
_NO_BAG = "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags"


def check_numbers(tree: Node) -> None:
    """Raises what is wrong with the first number literal of a statement that cannot be stored."""
    for node, place in _placed(tree, "root"):
        if node.data in ("number", "signed") and (text := number_text(node)) is not None:
            try:
                canonical_number(text)
            except ValidationError as error:
                raise ValidationError(f"{error.text_2025} under {place}") from None


def number_text(node: Node) -> str | None:
    """The text of a number with its sign; None for what is none."""
    sign = ""
    while node.data == "signed":
        operator, inner = node.children
        sign = "" if (sign == "-") is (operator == "-") else "-"
        assert not isinstance(inner, str), "a sign stands before a word"
        node = inner
    return sign + str(node.children[0]).rstrip(".") if node.data == "number" else None


def _placed(tree: Node, place: str) -> Iterator[tuple[Node, str]]:
    """The nodes of a tree in the order written, each with where it stands in the literal around it."""
    pending = [(tree, place)]
    while pending:
        node, place = pending.pop()
        yield node, place
        if node.data == "signed" and number_text(node) is not None:
            continue
        children = [child for child in node.children if not isinstance(child, str)]
        pending += reversed([(child, _place_in(node, index, child, place)) for index, child in enumerate(children)])


def _place_in(node: Node, index: int, child: Node, place: str) -> str:
    if node.data in ("list", "bag"):
        return f"{place}[{index}]"
    if node.data == "map":
        return place
    if node.data == "member":
        key = node.children[0]
        return f"{place}.{text_of(key)}" if index == 1 and not isinstance(key, str) and key.data == "string" else place
    return "root"


@dataclass
class LiteralReader:
    """Reads the literals of one statement, counting its parameters in the order written.

    Attributes:
        parameters: the place of each `?` in the text, to its number.
    """

    parameters: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, tree: Node) -> LiteralReader:
        """The reader of a statement."""
        tokens = (node.children[0] for node in tree.find_data("parameter"))
        places = sorted(token.start_pos or 0 for token in tokens if isinstance(token, str))
        return cls({place: number for number, place in enumerate(places)})

    def template(self, node: Node) -> Template:
        """The value of a literal or a parameter; raises ValidationError for what is neither."""
        read = _READERS.get(node.data)
        if read is None:
            raise ValidationError(_unsupported(node))
        return read(self, node)

    def parameter(self, node: Node) -> Parameter:
        """The parameter that a `?` stands for."""
        token = node.children[0]
        assert isinstance(token, str), "a parameter is no token"
        return Parameter(self.parameters[token.start_pos or 0])

    def list(self, node: Node) -> Template:
        """A list, of parameters too."""
        members = tuple(self.template(child) for child in node.children if not isinstance(child, str))
        if all(isinstance(each, Constant) for each in members):
            return Constant({"L": [each.value for each in members if isinstance(each, Constant)]})
        return ListTemplate(members)

    def map(self, node: Node) -> Template:
        """A map, whose keys are string literals."""
        members = [self._member(child) for child in node.children if not isinstance(child, str)]
        if all(isinstance(each, Constant) for _, each in members):
            return Constant({"M": {name: each.value for name, each in members if isinstance(each, Constant)}})
        return MapTemplate(tuple(dict(members).items()))

    def _member(self, node: Node) -> tuple[str, Template]:
        key, value = node.children
        if isinstance(key, str) or isinstance(value, str) or key.data != "string":
            raise ValidationError(_UNKNOWN)
        return text_of(key), self.template(value)

    def bag(self, node: Node, names_place: bool = True) -> Constant:
        """A set of numbers or of strings."""
        members = [child for child in node.children if not isinstance(child, str)]
        if not members:
            raise ValidationError(f"Empty bags are not supported{place_of(node) if names_place else ''}")
        for kind, read in (("NS", number_text), ("SS", _string_text)):
            texts = [read(each) for each in members]
            if None not in texts:
                return Constant(checked_value({kind: texts})[0])
        raise ValidationError(_NO_BAG)


def _string_text(node: Node) -> str | None:
    return text_of(node) if node.data == "string" else None


def _signed(node: Node) -> Constant:
    text = number_text(node)
    if text is None:
        raise ValidationError(_UNKNOWN)
    return Constant({"N": canonical_number(text)})


def _unsupported(node: Node) -> str:
    if node.data == "call":
        return f"Unsupported data type: {str(node.children[0]).lower()} under key root{place_of(node.children[0])}"
    return _UNKNOWN


_READERS: dict[str, Callable[[LiteralReader, Node], Template]] = {
    "string": lambda reader, node: Constant({"S": text_of(node)}),
    "number": lambda reader, node: _signed(node),
    "signed": lambda reader, node: _signed(node),
    "boolean": lambda reader, node: Constant({"BOOL": str(node.children[0]).lower() == "true"}),
    "null": lambda reader, node: Constant({"NULL": True}),
    "parameter": LiteralReader.parameter,
    "list": LiteralReader.list,
    "map": LiteralReader.map,
    "bag": LiteralReader.bag,
}
