"""The resources of a CloudFormation template, property by property."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Set
from contextlib import contextmanager

from minidynamo.schema.arns import ArnScope
from minidynamo.templates.cloudformation import standing_at
from minidynamo.templates.intrinsics import Intrinsics
from minidynamo.templates.loops import Bindings
from minidynamo.templates.parts import Members, Part
from minidynamo.templates.resolution import NO_VALUE
from minidynamo.templates.resource_names import Resource
from minidynamo.templates.table_definition import Omission, TemplateError


class DeclaredResources:
    """The resources of a template but for those whose condition is false; of each, only what is asked for is resolved.

    Parameters:
        template: the whole template.
        parameters: values of its parameters, over their defaults, and names of resources that it does not give.
        strays: takes what could not be checked.
        variables: what else a text in it may stand for.
        checks_attributes: whether attributes that there certainly are not are errors.
    """

    def __init__(
        self,
        template: Members,
        parameters: Mapping[str, str],
        strays: list[Omission],
        variables: Callable[[str], object] = str,
        checks_attributes: bool = False,
    ) -> None:
        self.whole = Part(template, "the template")
        self.whole.part("Resources")
        self._intrinsics = Intrinsics(
            self.whole, parameters, strays, variables, needs_names=False, checks_attributes=checks_attributes
        )
        self._properties: dict[tuple[str, str], object] = {}
        self._present: dict[str, bool] = {}

    def require_parameters(self) -> None:
        """Raises TemplateError where a parameter has no value, be it used or not."""
        self._intrinsics.parameters.require_values()

    @property
    def unknown(self) -> Set[str]:
        """Texts that stand for what the template does not say."""
        return self._intrinsics.unknown

    @property
    def scope(self) -> ArnScope:
        """Where the template's resources are."""
        return self._intrinsics.resources.scope

    def of_types(self, types: Container[str]) -> list[Resource]:
        return [each for each in self._intrinsics.resources.all if str(each.type) in types and self._is_present(each)]

    def present(self) -> list[Resource]:
        """All of them."""
        return [each for each in self._intrinsics.resources.all if self._is_present(each)]

    def with_connectors(self) -> list[Resource]:
        """Those that have connectors of SAM."""
        found = [each for each in self._intrinsics.resources.all if each.part.has("Connectors")]
        return [each for each in found if self._is_present(each)]

    def has(self, logical_name: str) -> bool:
        """Whether there is a resource of a name, be its condition false."""
        return logical_name in self._intrinsics.resources

    def named(self, logical_name: str) -> Resource | None:
        """The resource of a logical name."""
        if not self.has(logical_name):
            return None
        found = self._intrinsics.resources[logical_name]
        return found if self._is_present(found) else None

    def add(self, logical_name: str, members: Members, bindings: Bindings) -> Resource:
        """Adds a resource that is made for another one."""
        part = Part(members, f"the resource {logical_name}")
        return self._intrinsics.resources.add(logical_name, part, bindings)

    def name_of(self, resource: Resource) -> str:
        """What the template calls a resource; its logical name where that is not said."""
        with self._within(resource):
            return self._intrinsics.resources.own_name(resource.logical_name) or resource.logical_name

    def arn_of(self, resource: Resource, attribute: str = "Arn") -> str:
        """The ARN of a resource, of a type of which it is known."""
        with self._within(resource):
            arn = self._intrinsics.resources.attribute(resource.logical_name, attribute)
        assert arn is not None, f"no ARN is known of {resource.type}"
        return arn

    def property(self, resource: Resource, name: str) -> object:
        """A property; None without it.

        Raises:
            TemplateError: a function in it cannot be carried out.
        """
        key = resource.logical_name, name
        if key not in self._properties:
            with self._within(resource):
                self._properties[key] = self._intrinsics.member(resource.part.section("Properties").members, name)
        return self._properties[key]

    def listed(self, resource: Resource, name: str) -> list[object]:
        """A property that is a list, or one entry of it."""
        value = self.property(resource, name)
        return value if isinstance(value, list) else [] if value is None else [value]

    def texts(self, resource: Resource, name: str) -> list[str]:
        """A property that is a list of texts, or one text."""
        listed = self.listed(resource, name)
        texts = [each for each in listed if isinstance(each, str)]
        if len(texts) < len(listed):
            wrong = next(each for each in listed if not isinstance(each, str))
            raise resource.part.wrong(name, wrong, "text")
        return texts

    def resolved(self, resource: Resource, value: object) -> object:
        """Another value that stands in a resource; None for none."""
        with self._within(resource):
            found = self._intrinsics.resolved(value)
        return None if found is NO_VALUE else found

    def resolved_outside(self, value: object) -> object:
        """A value that stands in no resource, such as an output; None for none."""
        found = self._intrinsics.resolved(value)
        return None if found is NO_VALUE else found

    def note_origin(self, made: object, resolved: object) -> None:
        """Has errors in an object that was made of a resolved one stand there."""
        self._intrinsics.note_origin(made, resolved)

    @contextmanager
    def standing(self) -> Iterator[None]:
        """Has errors stand at the object of the template of which the one was made that is wrong."""
        try:
            yield
        except TemplateError as error:
            raise TemplateError(str(error), at=self._intrinsics.origin(error.at)) from None

    @contextmanager
    def reading(self, resource: Resource) -> Iterator[None]:
        """Has errors stand at what is wrong in a resource."""
        with standing_at(resource.part, self._intrinsics):
            yield

    @contextmanager
    def _within(self, resource: Resource) -> Iterator[None]:
        with self._intrinsics.within(resource), standing_at(resource.part, self._intrinsics, f"{resource.part.name}: "):
            yield

    def _is_present(self, resource: Resource) -> bool:
        name = resource.logical_name
        if name not in self._present:
            condition = resource.part.get("Condition")
            with self._within(resource):
                self._present[name] = condition is None or self._intrinsics.holds(condition)
        return self._present[name]
