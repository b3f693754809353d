"""A statement with its parameters: every value known, every operand checked, nothing yet looked up.

Source: DynamoDB API reference, ExecuteStatement; order of checks as observed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from minidynamo.errors import ValidationError
from minidynamo.expressions.attributes import attributes_of
from minidynamo.expressions.conjunctions import conjuncts, equality
from minidynamo.expressions.resolution import Resolver
from minidynamo.expressions.syntax import Condition, Literal, ResolvedUpdate
from minidynamo.partiql.changes import is_set
from minidynamo.partiql.parser import parse
from minidynamo.partiql.syntax import Exists, Insert, Parsed, Select, Source, Statement, Update
from minidynamo.partiql.templates import Parameter, filled
from minidynamo.values.api_types import AttributeValue, Item
from minidynamo.values.attribute_value import checked_value


@dataclass(slots=True)
class BoundStatement:
    """A statement and what its parameters make of it.

    Attributes:
        statement: the tree.
        where: its condition, resolved.
        update: what UPDATE does, resolved.
        item: what INSERT puts.
        nested_attributes: the attributes that its paths reach into.
    """

    statement: Statement
    where: Condition | None = None
    update: ResolvedUpdate | None = None
    item: Item | None = None
    nested_attributes: tuple[str, ...] = ()

    @property
    def is_write(self) -> bool:
        """Whether it is no SELECT."""
        return not isinstance(self.statement, Select)

    @property
    def selects_paths(self) -> bool:
        """Whether it selects some paths, and not everything."""
        select = self._select
        return select is not None and bool(select.selected)

    @property
    def source(self) -> Source:
        """The table or index that it names."""
        return self.statement.select.source if isinstance(self.statement, Exists) else self.statement.source

    @property
    def _select(self) -> Select | None:
        statement = self.statement.select if isinstance(self.statement, Exists) else self.statement
        return statement if isinstance(statement, Select) else None

    @property
    def equalities(self) -> Item:
        """The attributes that must have a value given, which may be those of a key; of two values the first."""
        found: Item = {}
        for name, literal in filter(None, map(equality, conjuncts(self.where))):
            found.setdefault(name, literal.value)
        return found

    @property
    def attributes(self) -> list[str]:
        """The top-level attributes that it mentions."""
        select = self._select
        selected, order = ((), ()) if select is None else (select.selected, select.order)
        mentioned = attributes_of((selected, self.where, self.update))
        return list(dict.fromkeys([*(self.item or ()), *mentioned, *(key.attribute for key in order)]))


def bind(text: str, parameters: Sequence[AttributeValue] | None = None) -> BoundStatement:
    """Parses a statement and fills its parameters in.

    Raises:
        ValidationError: the first fault in the service's order: syntax, numbers, parameters, what is not supported.
    """
    return bound_statement(parse(text), parameter_literals(parameters))


def parameter_literals(parameters: Sequence[AttributeValue] | None) -> list[Literal]:
    """The parameters of a statement, checked; raises ValidationError for the first that the service refuses."""
    return [Literal(*checked_value(each)) for each in parameters or ()]


def bound_statement(parsed: Parsed, literals: Sequence[Literal]) -> BoundStatement:
    """A parsed statement with its parameters.

    Raises:
        ValidationError: there are too few, or the service refuses the statement.
    """
    check_parameter_count(parsed, literals)
    if parsed.fault is not None:
        raise ValidationError(parsed.fault.message, parsed.fault.text_2025)
    assert parsed.statement is not None, "there is neither a tree nor a fault of a statement"
    bound = _bound(parsed, parsed.statement, Resolver("", {}, _values(parsed, literals)), literals)
    if bound.source.fault is not None:
        raise ValidationError(bound.source.fault)
    return bound


def check_parameter_count(parsed: Parsed, literals: Sequence[Literal]) -> None:
    """Refuses too few parameters; what is too many does no harm."""
    if len(literals) < parsed.parameter_count:
        raise ValidationError("Number of parameters in request and statement don't match.")


def _values(parsed: Parsed, literals: Sequence[Literal]) -> dict[str, Literal]:
    values = dict(parsed.constants)
    for name, template in parsed.templates.items():
        if isinstance(template, Parameter):
            values[name] = literals[template.index]
        else:
            values[name] = Literal(*checked_value(filled(template, [literal.value for literal in literals])))
    for name, fault in parsed.set_faults.items():
        if not is_set(values[name].value):
            raise ValidationError(fault)
    return values


def _bound(parsed: Parsed, statement: Statement, resolver: Resolver, literals: Sequence[Literal]) -> BoundStatement:
    if isinstance(statement, Insert):
        item = filled(statement.item, [literal.value for literal in literals])
        return BoundStatement(statement, item=item["M"], nested_attributes=parsed.nested_attributes)
    source = statement.select if isinstance(statement, Exists) else statement
    where = None if source.where is None else resolver.condition(source.where)
    update = resolver.update(source.update) if isinstance(source, Update) else None
    return BoundStatement(statement, where, update, nested_attributes=parsed.nested_attributes)
