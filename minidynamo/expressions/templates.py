"""Templates of what requests ask for: what those share that differ in the values of their expressions alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from minidynamo.expressions import syntax
from minidynamo.expressions.attributes import attributes_of, literals_of
from minidynamo.expressions.bound import Bound, Filter
from minidynamo.expressions.evaluation import Maker, Values, compile_condition, condition_maker, filled
from minidynamo.expressions.key_condition import KeyClause, key_clauses
from minidynamo.expressions.projection import compile_projection
from minidynamo.expressions.resolution import is_reversed
from minidynamo.expressions.syntax import DocumentPath, Hole, Literal
from minidynamo.expressions.update import BoundUpdate, UpdateProgram
from minidynamo.values.attribute_value import Item


class BoundTemplate:
    """What resolved expressions ask for; where they have holes, of the values that fill them."""

    def __init__(self) -> None:
        self._condition: Maker | None = None
        self._keep: Maker | None = None
        self._filter_attributes: tuple[str, ...] = ()
        self._update: UpdateProgram | None = None
        self._clauses: tuple[KeyClause, ...] | None = None
        self._projection_paths: tuple[DocumentPath, ...] | None = None
        self._project: Callable[[Item], Item] | None = None
        self._nested: tuple[str, ...] = ()
        self._ranges: tuple[tuple[str, str], ...] = ()

    def add(
        self,
        parameter: str,
        tree: syntax.Condition | syntax.ResolvedUpdate | syntax.ResolvedProjection,
        nested: tuple[str, ...],
    ) -> None:
        """Adds an expression.

        Parameters:
            parameter: the request member that carries it.
            tree: the expression, resolved.
            nested: the attributes that its paths reach into.

        Raises:
            ValidationError: a key condition has a form that none may have.
        """
        self._nested += nested
        if isinstance(tree, syntax.Update):
            self._update = UpdateProgram(tree)
            return
        if isinstance(tree, syntax.Projection):
            self._projection_paths, self._project = tree.paths, compile_projection(tree.paths)
            return
        self._ranges += tuple(_ranges(tree))
        if parameter == "KeyConditionExpression":
            self._clauses = key_clauses(tree)
        elif parameter == "ConditionExpression":
            self._condition = _fixed_or_made(tree)
        else:
            self._keep, self._filter_attributes = _fixed_or_made(tree), tuple(attributes_of(tree))

    def takes(self, values: Values) -> bool:
        """Whether values may fill the holes: no range of two of them stands the wrong way round."""
        return not self._ranges or not any(is_reversed(values[low], values[high]) for low, high in self._ranges)

    def fill(self, bound: Bound, values: Values) -> None:
        """Adds to what a request asks for, with values in the holes."""
        if self._condition is not None:
            bound.condition = self._condition(values)
        if self._keep is not None:
            bound.filter = Filter(self._keep(values), self._filter_attributes)
        if self._update is not None:
            bound.update = BoundUpdate(self._update, values)
        if self._clauses is not None:
            bound.key_clauses = tuple([_filled_clause(clause, values) for clause in self._clauses])
        if self._project is not None:
            bound.projection_paths, bound.project = self._projection_paths, self._project
        bound.nested_attributes += self._nested


def filter_of(tree: syntax.Condition) -> Filter:
    """The filter of a resolved condition without holes."""
    return Filter(compile_condition(tree), tuple(attributes_of(tree)))


def _filled_clause(clause: KeyClause, values: Values) -> KeyClause:
    operands = tuple([filled(each, values) for each in clause.operands])
    return KeyClause(clause.attribute, clause.operator, operands)


def _fixed_or_made(tree: syntax.Condition) -> Maker:
    """What makes the predicate of a condition, which is always the same where it has no holes."""
    if any(isinstance(each, Hole) for each in literals_of(tree)):
        return condition_maker(tree)
    predicate = compile_condition(tree)
    return lambda values: predicate


def _ranges(node: syntax.Condition) -> Iterator[tuple[str, str]]:
    """The holes of ranges both of whose bounds are some, by their names."""
    if isinstance(node, syntax.Between) and isinstance(node.low, Hole) and isinstance(node.high, Hole):
        yield node.low.name, node.high.name
    elif isinstance(node, syntax.And | syntax.Or):
        for part in node.parts:
            yield from _ranges(part)
    elif isinstance(node, syntax.Not):
        yield from _ranges(node.part)


def holes(types: tuple[tuple[str, str], ...]) -> dict[str, Literal]:
    """Holes for values of which their types are known, by their names."""
    return {name: Hole({kind: None}, 0, name) for name, kind in types}
