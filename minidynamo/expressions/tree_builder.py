"""The syntax tree, built from the parse tree bottom up; errors and placeholders are noted on the way.

No recursion follows the nesting of the text, so that none can exhaust the stack. Faults are ranked, since the service
reports them in an order of its own. Source: DynamoDB Developer Guide, "Using expressions"; observed responses.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from minidynamo.expressions import syntax
from minidynamo.expressions.functions import FUNCTIONS
from minidynamo.expressions.reserved_words import is_reserved
from minidynamo.expressions.syntax import Condition, Operand, ParsedPath, ValuePlaceholder
from minidynamo.limits import (
    DOCUMENT_PATH_ELEMENTS_MAX,
    EXPRESSION_IN_OPERANDS_MAX,
    EXPRESSION_OPERATORS_MAX,
    LIST_INDEX_MAX,
)
from minidynamo.values.numbers import integer_of

if TYPE_CHECKING:
    from lark import Token, Tree

# The order in which the service reports errors of one expression.
_LIMITS, _PARENTHESES, _UNKNOWN_FUNCTION, _MISUSED_FUNCTION, _RESERVED, _SECTION, _OPERAND = range(7)
_CONDITION_ORDER = (_LIMITS, _PARENTHESES, _UNKNOWN_FUNCTION, _MISUSED_FUNCTION, _RESERVED, _OPERAND)
_UPDATE_ORDER = (_LIMITS, _PARENTHESES, _RESERVED, _UNKNOWN_FUNCTION, _MISUSED_FUNCTION, _SECTION, _OPERAND)


_Inner = TypeVar("_Inner", bound=Condition | Operand, covariant=True)


@dataclass(frozen=True)
class _Group(Generic[_Inner]):
    """Something in parentheses, kept only until it is known whether they are redundant."""

    inner: _Inner | _Group[_Inner]


# What may stand in parentheses: a part of a condition, an operand.
_Part = Condition | _Group[Condition]
_Term = Operand | _Group[Operand]
# The keyword of a section of an update, and its actions.
_Section = tuple[str, tuple[syntax.ParsedAction, ...]]


@dataclass
class TreeBuilder:
    """Builds one syntax tree: `build_<rule>` is called with what has been built of the rule's parts.

    Attributes:
        in_condition: whether it is a condition, which knows other functions than an update.
        names, values: the placeholders met.
        nested: the first elements of paths that reach into an attribute.
        operator_count, errors: what is held against the limits and rules.
    """

    in_condition: bool
    names: set[str] = field(default_factory=set)
    values: set[str] = field(default_factory=set)
    nested: list[str] = field(default_factory=list)
    operator_count: int = 0
    errors: list[tuple[int, str]] = field(default_factory=list)

    def transform(self, tree: Tree[Token]) -> syntax.Tree:
        """The syntax tree of a parse tree."""
        built: dict[int, Any] = {}
        for subtree in tree.iter_subtrees():  # Leaves first.
            children = [child if isinstance(child, str) else built.pop(id(child)) for child in subtree.children]
            built[id(subtree)] = getattr(self, f"build_{subtree.data}")(*children)
        whole: syntax.Tree = built[id(tree)]
        return whole

    def first_error(self, tree: syntax.Tree) -> str | None:
        """The error that the service reports of a built tree, None if there is none."""
        if self.operator_count > EXPRESSION_OPERATORS_MAX:
            return f"The expression contains too many operators; operator count: {self.operator_count}"
        if isinstance(tree, syntax.Update):
            self.check_sections(tree)
        elif not isinstance(tree, syntax.Projection):
            self.check_conditions(tree)
        order = _UPDATE_ORDER if isinstance(tree, syntax.Update) else _CONDITION_ORDER
        return min(self.errors, key=lambda error: order.index(error[0]))[1] if self.errors else None

    # Faults.

    def note(self, rank: int, text: str) -> None:
        self.errors.append((rank, text))

    def check_conditions(self, tree: Condition) -> None:
        """Functions that stand alone must be conditions."""
        if isinstance(tree, syntax.And | syntax.Or):
            for part in tree.parts:
                self.check_conditions(part)
        elif isinstance(tree, syntax.Not):
            self.check_conditions(tree.part)
        elif isinstance(tree, syntax.Function):
            rule = FUNCTIONS.get(tree.name)
            if rule is not None and rule.in_condition and not rule.is_condition:
                self.note_misused(tree.name)

    def check_sections(self, update: syntax.ParsedUpdate) -> None:
        for index, section in enumerate(update.sections):
            if section in update.sections[:index]:
                text = f'The "{section}" section can only be used once in an update expression;'
                self.note(_SECTION, text)

    def note_misused(self, name: str) -> None:
        text = f"The function is not allowed to be used this way in an expression; function: {name}"
        self.note(_MISUSED_FUNCTION, text)

    # Conditions.

    def build_condition(self, condition: _Part) -> Condition:
        return _ungrouped(condition)

    def build_or(self, first: _Part, last: _Part) -> syntax.Or:
        self.operator_count += 1
        # A left-recursive chain is one tree; a group in parentheses stays a part of its own.
        head = first.parts if isinstance(first, syntax.Or) else (_ungrouped(first),)
        return syntax.Or((*head, _ungrouped(last)))

    def build_and(self, first: _Part, last: _Part) -> syntax.And:
        self.operator_count += 1
        head = first.parts if isinstance(first, syntax.And) else (_ungrouped(first),)
        return syntax.And((*head, _ungrouped(last)))

    def build_not(self, part: _Part) -> syntax.Not:
        self.operator_count += 1
        return syntax.Not(_ungrouped(part))

    def build_comparison(self, left: _Term, operator: str, right: _Term) -> syntax.Comparison:
        self.operator_count += 1
        return syntax.Comparison(str(operator), self.operand(left), self.operand(right))

    def build_between(self, operand: _Term, low: _Term, high: _Term) -> syntax.Between:
        self.operator_count += 1
        return syntax.Between(self.operand(operand), self.operand(low), self.operand(high))

    def build_in(self, *terms: _Term) -> syntax.In:
        self.operator_count += 1
        operand, *choices = map(self.operand, terms)
        if len(choices) > EXPRESSION_IN_OPERANDS_MAX:
            text = "The IN operator is provided with too many operands; number of operands: "
            self.note(_LIMITS, f"{text}{len(choices)}")
        return syntax.In(operand, tuple(choices))

    def build_condition_group(self, inner: _Inner | _Group[_Inner]) -> _Group[_Inner]:
        if isinstance(inner, _Group):
            self.note(_PARENTHESES, "The expression has redundant parentheses;")
        return _Group(inner)

    build_operand_group = build_call_group = build_sum_group = build_condition_group

    # Operands.

    def operand(self, term: _Term) -> Operand:
        """A node in operand position: functions that are conditions may not stand there."""
        node = _ungrouped(term)
        if isinstance(node, syntax.Function):
            rule = FUNCTIONS.get(node.name)
            if rule is not None and rule.is_condition and self.in_condition:
                self.note_misused(node.name)
        return node

    def build_function(self, name: str, *arguments: _Term) -> syntax.Function:
        function = syntax.Function(str(name), tuple(map(self.operand, arguments)))
        rule = FUNCTIONS.get(function.name)
        if rule is None:
            self.note(_UNKNOWN_FUNCTION, f"Invalid function name; function: {name}")
        elif rule.in_condition != self.in_condition:
            kind = "a condition" if self.in_condition else "an update"
            text = f"The function is not allowed in {kind} expression; function: {name}"
            self.note(_MISUSED_FUNCTION, text)
        for argument in function.arguments:
            if isinstance(argument, syntax.Function):
                self._check_inner_function(function, argument)
        return function

    def _check_inner_function(self, outer: syntax.Function, inner: syntax.Function) -> None:
        if inner.name == "list_append":
            self.note_misused(inner.name)
        # The only functions that could nest without bound; their operand types are checked later, by recursion.
        is_deep = any(isinstance(each, syntax.Function) for each in inner.arguments)
        if outer.name == inner.name == "size" and is_deep:
            text = "Incorrect operand type for operator or function; operator or function: size, operand type: N"
            self.note(_OPERAND, text)

    def build_path(self, *elements: str | int) -> ParsedPath:
        if len(elements) > DOCUMENT_PATH_ELEMENTS_MAX:
            text = f"The document path has too many nesting levels; nesting levels: {len(elements)}"
            self.note(_LIMITS, text)
        if len(elements) > 1:
            self.nested.append(str(elements[0]))
        has_placeholder = any(type(each) is str and each[0] == "#" for each in elements)
        return syntax.Path(elements) if has_placeholder else syntax.DocumentPath(elements)

    def build_name(self, token: str) -> str:
        name = str(token)
        if name[0] == "#":
            self.names.add(name)
        elif is_reserved(name):
            text = f"Attribute name is a reserved keyword; reserved keyword: {name}"
            self.note(_RESERVED, text)
        return name

    def build_index(self, digits: str) -> int:
        index = integer_of(digits)
        if index is None or index > LIST_INDEX_MAX:
            self.note(_LIMITS, f"List index is not within the allowable range; index: [{digits}]")
            return 0
        return index

    def build_value(self, token: str) -> ValuePlaceholder:
        name = str(token)
        self.values.add(name)
        return ValuePlaceholder(name)

    # Updates and projections.

    def build_projection(self, *paths: ParsedPath) -> syntax.ParsedProjection:
        return syntax.Projection(paths)

    def build_update(self, *sections: _Section) -> syntax.ParsedUpdate:
        actions = tuple(action for _, section in sections for action in section)
        return syntax.Update(actions, tuple(keyword for keyword, _ in sections))

    def build_set_section(self, *actions: syntax.ParsedAction) -> _Section:
        return "SET", actions

    def build_remove_section(self, *paths: ParsedPath) -> _Section:
        return "REMOVE", tuple(syntax.RemoveAction(path) for path in paths)

    def build_add_section(self, *actions: syntax.ParsedAction) -> _Section:
        return "ADD", actions

    def build_delete_section(self, *actions: syntax.ParsedAction) -> _Section:
        return "DELETE", actions

    def build_set_action(self, path: ParsedPath, _equal: str, value: _Term) -> syntax.ParsedAction:
        return syntax.SetAction(path, self.operand(value))

    def build_add_action(self, path: ParsedPath, value: ValuePlaceholder) -> syntax.ParsedAction:
        return syntax.AddAction(path, value)

    def build_delete_action(self, path: ParsedPath, value: ValuePlaceholder) -> syntax.ParsedAction:
        return syntax.DeleteAction(path, value)

    def build_arithmetic(self, left: _Term, operator: str, right: _Term) -> syntax.Arithmetic:
        self.operator_count += 1
        return syntax.Arithmetic(str(operator), self.operand(left), self.operand(right))


def _ungrouped(node: _Inner | _Group[_Inner]) -> _Inner:
    while isinstance(node, _Group):
        node = node.inner
    return node
