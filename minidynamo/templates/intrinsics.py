"""CloudFormation's intrinsic functions, as far as tables and policies need them.

Source: AWS CloudFormation User Guide, "Intrinsic function reference", "Pseudo parameters".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from minidynamo.schema.arns import ArnScope
from minidynamo.templates.loops import FUNCTION, Bindings, Loops
from minidynamo.templates.parts import Members, Part, shown
from minidynamo.templates.resolution import (
    NO_VALUE,
    PSEUDO_PARAMETERS,
    Allowance,
    check_length,
    entries,
    members_of,
    name_in,
    pieces_of,
    text_in,
)
from minidynamo.templates.resource_names import Resource, ResourceNames
from minidynamo.templates.table_definition import Omission, TemplateError
from minidynamo.templates.template_parameters import TemplateParameters

# As many operands as Fn::And and Fn::Or take here; the service takes ten.
_OPERANDS_MAX = 100


_NO_VARIABLES: object = {}


class Intrinsics:
    """Resolves the values of a template.

    Parameters:
        template: the whole template; its parameters, mappings, conditions and resources count.
        parameters: values of parameters, over their defaults, and names of resources that the template does not give.
        strays: takes what could not be checked.
        variables: what else a text may stand for.
        needs_names: whether a name that the template does not give is an error; otherwise its resource is called by
            its logical name.
        checks_attributes: whether attributes that there certainly are not are errors.

    Attributes:
        parameters: the values of its parameters.
        unknown: texts that stand for themselves, since the template does not say what they will be.
    """

    def __init__(
        self,
        template: Part,
        parameters: Mapping[str, str],
        strays: list[Omission],
        variables: Callable[[str], object] = str,
        needs_names: bool = True,
        checks_attributes: bool = False,
    ) -> None:
        self._checks_attributes = checks_attributes
        self.unknown: set[str] = set()
        self._pseudo_parameters = {name: parameters.get(name, value) for name, value in PSEUDO_PARAMETERS.items()}
        self._variables = variables
        self.parameters = TemplateParameters(template.section("Parameters"), parameters, strays)
        self._mappings = template.section("Mappings").members
        self._conditions: dict[object, tuple[object, Bindings]] = {}
        self._held: dict[str, bool | None] = {}  # None while it is being found out.
        self._allowance = Allowance()
        self._origins: dict[int, tuple[object, object]] = {}  # With what was made, whose identity nothing else gets.
        self._loops = Loops(self.resolved, self._allowance)
        self._functions = self._known_functions()
        scope = ArnScope(self._pseudo_parameters["AWS::Region"], self._pseudo_parameters["AWS::AccountId"])
        self.resources = ResourceNames(self._loops, self.resolved, parameters, scope, needs_names)
        for name, condition in self._loops.members(template.section("Conditions").members):
            self._conditions[name] = condition, self._loops.values
        self.resources.read(template.section("Resources"))
        known = (self.parameters, self.resources, PSEUDO_PARAMETERS)
        unknown = [name for name in parameters if not any(name in each for each in known)]
        if unknown:
            raise TemplateError(f"the template has no parameter {', '.join(sorted(unknown))}")

    def _known_functions(self) -> dict[object, Callable[[object], object]]:
        return {
            "Ref": lambda value: self._ref(name_in("Ref", value)),
            "Condition": self.holds,
            "Fn::Sub": self._sub,
            "Fn::Join": self._join,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::If": self._if,
            "Fn::Equals": self._equals,
            "Fn::Not": lambda value: not self.resolved(entries("Fn::Not", value, 1, 1)[0]),
            "Fn::And": lambda value: all(map(self.resolved, entries("Fn::And", value, 1, _OPERANDS_MAX))),
            "Fn::Or": lambda value: any(map(self.resolved, entries("Fn::Or", value, 1, _OPERANDS_MAX))),
            "Fn::FindInMap": self._find_in_map,
            "Fn::Length": lambda value: len(members_of("Fn::Length", self.resolved(value))),
            "Fn::GetAtt": self._attribute,
            "Fn::ImportValue": lambda value: self._stand_in("import-", self._text("Fn::ImportValue", value)),
        }

    def within(self, resource: Resource) -> AbstractContextManager[None]:
        """Has the variables of loops the values that they have for a resource."""
        return self._loops.within(resource.bindings)

    def resolved(self, value: object) -> object:
        """A value with all its functions carried out; members without a value are left out."""
        self._allowance.spend_nodes(1)
        if isinstance(value, str):
            check_length(len(value))
            found = self._variables(self._loops.text(value))
            return found if isinstance(found, str) else self.resolved(found)
        if not isinstance(value, list | Mapping):
            return value
        self._allowance.enter()
        try:
            return self._resolved_list(value) if isinstance(value, list) else self._resolved_object(value)
        except TemplateError as error:
            if error.at is None and isinstance(value, Mapping):
                error.at = value
            raise
        finally:
            self._allowance.leave()

    def member(self, members: Members, name: str) -> object:
        """One member of an object, resolved; None without it."""
        for each, value in self._loops.members(members):
            _check_no_function(each)
            if each == name:
                found = self.resolved(value)
                return None if found is NO_VALUE else found
        return None

    def origin(self, resolved: object) -> object:
        """The object of the template of which `resolved` made this one; itself, if it did not make it."""
        return self._origins.get(id(resolved), (resolved, resolved))[1]

    def note_origin(self, made: object, resolved: object) -> None:
        """Notes that an object was made of one that `resolved` has made."""
        self._origins[id(made)] = made, self.origin(resolved)

    def holds(self, condition: object) -> bool:
        """Whether a condition of the template is true; raises TemplateError for one that it does not declare."""
        name = self._loops.text(name_in("Condition", condition))
        if name not in self._conditions:
            raise TemplateError(f"the template has no condition {name}")
        held = self._held.get(name, False)
        if held is None:
            raise TemplateError(f"the condition {name} depends on itself")
        if name not in self._held:
            self._held[name] = None
            value, bindings = self._conditions[name]
            with self._loops.within(bindings):
                self._held[name] = held = bool(self.resolved(value))
        return held

    def _resolved_list(self, value: list[object]) -> list[object]:
        members = [self.resolved(each) for each in value]
        return [each for each in members if each is not NO_VALUE]

    def _resolved_object(self, value: Members) -> object:
        if len(value) == 1:
            ((name, argument),) = value.items()
            function = self._functions.get(name)
            if function is not None:
                return function(argument)
            _check_no_function(name)
        members_by_name = {name: self.resolved(each) for name, each in self._loops.members(value)}
        present = {name: each for name, each in members_by_name.items() if each is not NO_VALUE}
        self._origins[id(present)] = present, value
        return present

    def _text(self, function: str, value: object) -> str:
        return text_in(function, self.resolved(value))

    def _made(self, *pieces: str) -> str:
        self._allowance.spend_text(sum(map(len, pieces)))
        return "".join(pieces)

    def _stand_in(self, *pieces: str) -> str:
        made = self._made(*pieces)
        self.unknown.add(made)
        return made

    def _ref(self, name: str) -> object:
        if name in self._loops.values:
            return self._loops.values[name]
        name = self._loops.text(name)
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in self._pseudo_parameters:
            return self._pseudo_parameters[name]
        if name in self.parameters:
            return self.resolved(self.parameters.value(name))
        if name in self.resources:
            return self.resources.name(name)
        if self._checks_attributes and self.resources.may_be_made(name):
            return self._stand_in(name)
        raise TemplateError(f"the template has no parameter and no resource {name}")

    def _sub(self, argument: object) -> str:
        text, variables = argument, _NO_VARIABLES
        if isinstance(argument, list):
            text, variables = entries("Fn::Sub", argument, 2, 2)
        if not isinstance(variables, Mapping):
            raise TemplateError(f"Fn::Sub takes an object as its variables, not {shown(variables)}")
        text = self._plain(name_in("Fn::Sub", text))
        known: dict[str, str] = {}
        pieces = []
        for piece, is_name in pieces_of(text):
            if not is_name:
                pieces.append(piece)
            elif piece.startswith("!"):
                pieces.append("${" + piece[1:] + "}")
            else:
                if piece not in known:
                    known[piece] = text_in("Fn::Sub", self._meant(piece, variables))
                pieces.append(known[piece])
        return self._made(*pieces)

    def _meant(self, name: str, variables: Members) -> object:
        if name in variables:
            return self.resolved(variables[name])
        return self._attribute(name) if "." in name else self._ref(name)

    def _plain(self, text: str) -> str:
        """A text that is looked into, with what it stands for besides."""
        check_length(len(text))
        return text_in("Fn::Sub", self._variables(self._loops.text(text)))

    def _join(self, argument: object) -> str:
        separator, joined = entries("Fn::Join", argument, 2, 2)
        separator = name_in("Fn::Join", separator)
        texts = [text_in("Fn::Join", each) for each in members_of("Fn::Join", self.resolved(joined))]
        self._allowance.spend_text(sum(map(len, texts)) + len(separator) * len(texts))
        return separator.join(texts)

    def _split(self, argument: object) -> list[str]:
        separator, text = entries("Fn::Split", argument, 2, 2)
        separator, text = name_in("Fn::Split", separator), self._text("Fn::Split", text)
        if not separator:
            raise TemplateError("Fn::Split takes text to split at, not ''")
        self._allowance.spend_nodes(text.count(separator) + 1)
        return text.split(separator)

    def _select(self, argument: object) -> object:
        place, members = entries("Fn::Select", argument, 2, 2)
        text = self._text("Fn::Select", place)
        members = members_of("Fn::Select", self.resolved(members))
        if not (text.isdecimal() and len(text) < 10 and int(text) < len(members)):
            raise TemplateError(f"Fn::Select takes a number below {len(members)} with this list, not {shown(text)}")
        return members[int(text)]

    def _if(self, argument: object) -> object:
        condition, where_true, where_false = entries("Fn::If", argument, 3, 3)
        return self.resolved(where_true if self.holds(condition) else where_false)

    def _equals(self, argument: object) -> bool:
        one, other = entries("Fn::Equals", argument, 2, 2)
        return self._text("Fn::Equals", one) == self._text("Fn::Equals", other)

    def _find_in_map(self, argument: object) -> object:
        *names, otherwise = [*entries("Fn::FindInMap", argument, 3, 4), None][:4]
        found: object = self._mappings
        names = [self.resolved(each) for each in names]
        for name in names:
            text_in("Fn::FindInMap", name)
            if not isinstance(found, Mapping) or name not in found:
                if isinstance(otherwise, Mapping) and "DefaultValue" in otherwise:
                    return self.resolved(otherwise["DefaultValue"])
                raise TemplateError(f"the template's mappings have no {'.'.join(map(str, names))}")
            found = found[name]
        return self.resolved(found)

    def _attribute(self, argument: object) -> str:
        if isinstance(argument, str):
            argument = argument.split(".", 1)
        names = entries("Fn::GetAtt", argument, 2, _OPERANDS_MAX)
        texts = [self._text("Fn::GetAtt", each) for each in names]
        name = ".".join(texts[1:])
        if self._checks_attributes:
            self.resources.require_attribute(texts[0], name)
        known = self.resources.attribute(texts[0], name)
        # Of other attributes nothing is known: one that stands for itself is as good as any.
        return known if known is not None else self._stand_in(texts[0], *(f".{each}" for each in texts[1:]))


def _check_no_function(name: object) -> None:
    if isinstance(name, str) and name.startswith("Fn::") and not name.startswith(f"{FUNCTION}::"):
        raise TemplateError(f"the function {name} is not understood here")
