"""Resolution: placeholders replaced by names and values, and the checks that need them.

Takes a parsed tree and the maps of a request; gives the same tree over `DocumentPath` and `Literal`. Conditions are
checked one by one in the order written: placeholders, operand count, distinct operands, operand types.
Source: DynamoDB Developer Guide, "Using expressions"; observed responses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from minidynamo.expressions import syntax
from minidynamo.expressions.functions import ATTRIBUTE_TYPES, FUNCTIONS, SCALARS, SETS, TYPE_WORDS
from minidynamo.expressions.parser import invalid
from minidynamo.expressions.syntax import Condition, DocumentPath, Literal, Operand, ParsedPath
from minidynamo.values.attribute_value import AttributeValue
from minidynamo.values.json_form import base64_text

_ORDERING = frozenset({"<", "<=", ">", ">="})
_NUMBER_ONLY = frozenset({"N"})
_ADD_TYPES = SETS | _NUMBER_ONLY


class Resolver:
    """Resolves the expressions of one request.

    Parameters:
        parameter: the request member that carries the expression, for the error texts.
        names: ExpressionAttributeNames.
        values: ExpressionAttributeValues, checked and normal.
    """

    def __init__(self, parameter: str, names: Mapping[str, str], values: Mapping[str, Literal]) -> None:
        self._parameter = parameter
        self._names = names
        self._values = values

    # Conditions.

    def condition(self, node: Condition) -> Condition:
        """The resolved tree of a condition, filter or key condition."""
        if isinstance(node, syntax.And):
            return syntax.And(tuple(map(self.condition, node.parts)))
        if isinstance(node, syntax.Or):
            return syntax.Or(tuple(map(self.condition, node.parts)))
        if isinstance(node, syntax.Not):
            return syntax.Not(self.condition(node.part))
        if isinstance(node, syntax.Comparison):
            return self._comparison(node)
        if isinstance(node, syntax.Between):
            return self._between(node)
        if isinstance(node, syntax.In):
            operand = self._operand(node.operand)
            choices = tuple(map(self._operand, node.choices))
            self._require_distinct("IN", operand, choices)
            return syntax.In(operand, choices)
        return self._function(node)

    def _comparison(self, node: syntax.Comparison) -> syntax.Comparison:
        left, right = self._operand(node.left), self._operand(node.right)
        self._require_distinct(node.operator, left, (right,))
        if node.operator in _ORDERING:
            self._require_types(node.operator, (left, right), (SCALARS, SCALARS))
        return syntax.Comparison(node.operator, left, right)

    def _between(self, node: syntax.Between) -> syntax.Between:
        operand, low, high = map(self._operand, (node.operand, node.low, node.high))
        self._require_distinct("BETWEEN", operand, (low, high))
        self._require_types("BETWEEN", (operand, low, high), (SCALARS,) * 3)
        if isinstance(low, Literal) and isinstance(high, Literal):
            bounds = (
                f"lower bound operand: AttributeValue: {printed_value(low.value)}, "
                f"upper bound operand: AttributeValue: {printed_value(high.value)}"
            )
            if low.type != high.type:
                text = "The BETWEEN operator requires same data type for lower and upper bounds; "
                raise invalid(self._parameter, text + bounds)
            if not isinstance(low, syntax.Hole) and is_reversed(low, high):
                text = "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
                raise invalid(self._parameter, text + bounds)
        return syntax.Between(operand, low, high)

    # Operands.

    def _operand(self, node: Operand) -> Operand:
        if isinstance(node, DocumentPath):
            return node
        if isinstance(node, syntax.ValuePlaceholder):
            return self._literal(node)
        if isinstance(node, syntax.Path):
            return self.path(node)
        if isinstance(node, syntax.Arithmetic):
            return self._arithmetic(node)
        return self._function(node) if isinstance(node, syntax.Function) else node

    def path(self, node: ParsedPath) -> DocumentPath:
        """The path with its `#placeholders` replaced."""
        if isinstance(node, DocumentPath):
            return node
        return DocumentPath(tuple(self._name(each) if isinstance(each, str) else each for each in node.elements))

    def _name(self, element: str) -> str:
        if element[0] != "#":
            return element
        name = self._names.get(element)
        if name is None:
            text = "An expression attribute name used in the document path is not defined; attribute name: "
            raise invalid(self._parameter, text + element)
        return name

    def _literal(self, node: syntax.ValuePlaceholder) -> Literal:
        literal = self._values.get(node.name)
        if literal is None:
            text = "An expression attribute value used in expression is not defined; attribute value: "
            raise invalid(self._parameter, text + node.name)
        return literal

    def _arithmetic(self, node: syntax.Arithmetic) -> syntax.Arithmetic:
        left, right = self._operand(node.left), self._operand(node.right)
        self._require_types(node.operator, (left, right), (_NUMBER_ONLY, _NUMBER_ONLY))
        return syntax.Arithmetic(node.operator, left, right)

    def _function(self, node: syntax.Function) -> syntax.Function:
        arguments = tuple(map(self._operand, node.arguments))
        rule = FUNCTIONS[node.name]
        if len(arguments) != rule.arity:
            text = "Incorrect number of operands for operator or function; operator or function: "
            raise invalid(self._parameter, f"{text}{node.name}, number of operands: {len(arguments)}")
        if rule.needs_path and not isinstance(arguments[0], DocumentPath):
            text = "Operator or function requires a document path; operator or function: "
            raise invalid(self._parameter, text + node.name)
        if rule.distinct:
            self._require_distinct(node.name, arguments[0], arguments[1:])
        self._require_types(node.name, arguments, rule.types)
        if node.name == "attribute_type":
            self._require_type_name(arguments[1])
        return syntax.Function(node.name, arguments)

    def _require_type_name(self, operand: Operand) -> None:
        if not isinstance(operand, Literal):
            text = "Incorrect operand type for operator or function; operator or function: attribute_type, "
            raise invalid(self._parameter, text + "operand type: {NS,SS,L,BS,N,M,B,BOOL,NULL,S}")
        if operand.value["S"] not in ATTRIBUTE_TYPES:
            known = ",".join(ATTRIBUTE_TYPES)
            text = f"Invalid attribute type name found; type: {operand.value['S']}, valid types: {{{known}}}"
            raise invalid(self._parameter, text)

    def _require_distinct(self, operator: str, first: Operand, others: Sequence[Operand]) -> None:
        if isinstance(first, DocumentPath) and first in others:
            text = (
                "The first operand must be distinct from the remaining operands for this operator or function; "
                f"operator: {operator}, first operand: {first}"
            )
            raise invalid(self._parameter, text)

    def _require_types(
        self, operator: str, operands: Sequence[Operand], allowed: Sequence[frozenset[str] | None]
    ) -> None:
        for operand, types in zip(operands, allowed, strict=False):
            operand_type = certain_type(operand)
            if types is not None and operand_type is not None and operand_type not in types:
                text = "Incorrect operand type for operator or function; operator or function: "
                raise invalid(self._parameter, f"{text}{operator}, operand type: {operand_type}")

    # Updates and projections.

    def projection(self, node: syntax.ParsedProjection) -> syntax.ResolvedProjection:
        """The resolved projection; its paths must not overlap."""
        paths = tuple(map(self.path, node.paths))
        self._require_separate(paths)
        return syntax.Projection(paths)

    def update(self, node: syntax.ParsedUpdate) -> syntax.ResolvedUpdate:
        """The resolved update, checked in the service's order: names, values, overlaps, ADD and DELETE, functions."""
        paths = [self.path(action.path) for action in node.actions]
        self._require_defined(node)
        self._require_separate(paths)
        for action in node.actions:
            if isinstance(action, syntax.AddAction | syntax.DeleteAction):
                self._require_update_type(action)
        actions = tuple(map(self._action, node.actions, paths))
        return syntax.Update(actions, node.sections)

    def _action(self, action: syntax.ParsedAction, path: DocumentPath) -> syntax.ResolvedAction:
        if isinstance(action, syntax.SetAction):
            return syntax.SetAction(path, self._operand(action.value))
        if isinstance(action, syntax.RemoveAction):
            return syntax.RemoveAction(path)
        literal = self._literal(action.value)
        if isinstance(action, syntax.AddAction):
            return syntax.AddAction(path, literal)
        return syntax.DeleteAction(path, literal)

    def _require_defined(self, update: syntax.ParsedUpdate) -> None:
        """Every name of the expression is reported before any value."""
        operands = [action.value for action in update.actions if not isinstance(action, syntax.RemoveAction)]
        leaves = [leaf for operand in operands for leaf in _leaves(operand)]
        for leaf in leaves:
            if isinstance(leaf, syntax.Path):
                self.path(leaf)
        for leaf in leaves:
            if isinstance(leaf, syntax.ValuePlaceholder):
                self._literal(leaf)

    def _require_update_type(
        self,
        action: syntax.AddAction[ParsedPath, syntax.ValuePlaceholder]
        | syntax.DeleteAction[ParsedPath, syntax.ValuePlaceholder],
    ) -> None:
        operator = "ADD" if isinstance(action, syntax.AddAction) else "DELETE"
        operand_type = self._literal(action.value).type
        if operand_type not in (_ADD_TYPES if operator == "ADD" else SETS):
            text = (
                f"Incorrect operand type for operator or function; operator: {operator}, "
                f"operand type: {TYPE_WORDS[operand_type]}, typeSet: ALLOWED_FOR_{operator}_OPERAND"
            )
            raise invalid(self._parameter, text)

    def _require_separate(self, paths: Sequence[DocumentPath]) -> None:
        """No path may be another or lie inside it, nor may two disagree on whether something is a list or a map."""
        for relation in (_overlap, _conflict):
            for index, later in enumerate(paths):
                for earlier in reversed(paths[:index]):
                    if relation(earlier.elements, later.elements):
                        raise invalid(
                            self._parameter,
                            f"Two document paths {relation.__name__[1:]} with each other; must remove or "
                            f"rewrite one of these paths; path one: {earlier}, path two: {later}",
                        )


def certain_type(operand: Operand) -> str | None:
    """The type of an operand where it is certain before an item is seen."""
    if isinstance(operand, Literal):
        return operand.type
    return FUNCTIONS[operand.name].result if isinstance(operand, syntax.Function) else None


def is_reversed(low: Literal, high: Literal) -> bool:
    """Whether the bounds of a range of one orderable type stand the wrong way round."""
    low_payload, high_payload = low.value[low.type], high.value[high.type]
    if low.type == "N":
        return Decimal(low_payload) > Decimal(high_payload)
    return bool(low_payload > high_payload)


def printed_value(value: AttributeValue) -> str:
    """A value as the service prints it: `{N:5}`."""
    ((tag, payload),) = value.items()
    text = base64_text(payload) if isinstance(payload, bytes) else payload
    return f"{{{tag}:{text}}}"


def _leaves(operand: Operand) -> list[Operand]:
    if isinstance(operand, syntax.Function):
        return [leaf for argument in operand.arguments for leaf in _leaves(argument)]
    if isinstance(operand, syntax.Arithmetic):
        return [*_leaves(operand.left), *_leaves(operand.right)]
    return [operand]


def _overlap(one: tuple[str | int, ...], two: tuple[str | int, ...]) -> bool:
    shorter = min(len(one), len(two))
    return one[:shorter] == two[:shorter]


def _conflict(one: tuple[str | int, ...], two: tuple[str | int, ...]) -> bool:
    for left, right in zip(one, two, strict=False):
        if left != right:
            return isinstance(left, int) is not isinstance(right, int)
    return False
