"""Policy documents in a Terraform plan: their texts, or what their data sources will make of them.

Source: Terraform's AWS provider, "aws_iam_policy_document".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from minidynamo.schema.arns import ArnScope
from minidynamo.templates.bounds import TABLE_LIST_ENTRIES_MAX
from minidynamo.templates.parts import Part, shown
from minidynamo.templates.plan_index import PlanIndex
from minidynamo.templates.plan_resources import TABLE_TYPE, PlanResource
from minidynamo.templates.policy_documents import policy_document
from minidynamo.templates.table_definition import TemplateError
from minidynamo.values.api_types import JsonObject

DOCUMENT_TYPE, _POLICY_TYPE = "data.aws_iam_policy_document", "data.aws_iam_policy"
_NESTING_LEVELS_MAX = 20
# Members of a statement's block, and what they are in a policy.
_TEXTS = {
    "actions": "Action",
    "not_actions": "NotAction",
    "resources": "Resource",
    "not_resources": "NotResource",
}
_PRINCIPALS = ("principals", "not_principals")
_SOURCES = ("source_json", "source_policy_documents")
_OVERRIDES = ("override_json", "override_policy_documents")
# What an attribute of a table gives behind its ARN.
_BEHIND_ARN = {"arn": "", "stream_arn": "/stream/*"}


class UnknownUntilAppliedError(Exception):
    """Something is known only once the plan is applied."""


@dataclass
class Found:
    """A document.

    Attributes:
        document: its text, or what the text says.
        taken: resources of which the plan does not say all: what they were taken for.
    """

    document: object
    taken: list[str] = field(default_factory=list)


class PlanDocuments:
    """The policy documents of a plan.

    Parameters:
        index: of the plan.
        scope: where the database is.
    """

    def __init__(self, index: PlanIndex, scope: ArnScope) -> None:
        self._index = index
        self._scope = scope
        self._level = 0
        self._documents: dict[str, Found] = {}

    def of(self, resource: PlanResource, values: Part, expressions: Part, member: str = "policy") -> Found:
        """The document that is a member of a resource, or of a block in it.

        Raises:
            UnknownUntilAppliedError: neither its text nor its source is known.
        """
        text = values.get(member)
        if isinstance(text, str) and text:
            return Found(text)
        for referred, attribute in self._index.referred(resource, expressions.get(member)):
            if referred.type == DOCUMENT_TYPE and attribute in ("json", "minified_json"):
                return self._of_source(referred)
            if referred.type == _POLICY_TYPE and attribute == "policy" and referred.values.has("policy"):
                return Found(referred.values.text("policy"))
        raise UnknownUntilAppliedError

    def _of_source(self, source: PlanResource) -> Found:
        if source.values.has("json"):
            return Found(source.values.text("json"))
        if self._level > _NESTING_LEVELS_MAX:
            raise source.values.error("is made of itself")
        if source.address not in self._documents:
            self._level += 1
            try:
                self._documents[source.address] = self._made(source)
            finally:
                self._level -= 1
        return self._documents[source.address]

    def _made(self, source: PlanResource) -> Found:
        """The document that a data source will make, as Terraform's provider does."""
        found = Found({})
        statements: list[JsonObject] = []
        for text in self._merged(source, _SOURCES, found):
            _merge(statements, text)
        expressions = self._index.references.expressions(source.address)
        known, said = source.values.parts("statement"), _blocks(expressions, "statement")
        for number in range(len(known) or len(said)):
            block = known[number] if known else Part({}, f"statement[{number}] of {source.address}")
            expression = said[number] if len(said) in (len(known), number + 1) or not known else Part({}, block.name)
            _merge(statements, [self._statement(source, block, expression, found)])
        for text in self._merged(source, _OVERRIDES, found):
            _merge(statements, text)
        version = source.values.text("version") if source.values.has("version") else "2012-10-17"
        found.document = {"Version": version, "Statement": statements}
        return found

    def _merged(self, source: PlanResource, members: tuple[str, ...], found: Found) -> Iterator[list[JsonObject]]:
        """The statements of the documents that a document takes in."""
        expressions = self._index.references.expressions(source.address)
        for member in members:
            given = source.values.get(member)
            texts = given if isinstance(given, list) else [given]
            if all(isinstance(each, str) for each in texts):
                taken = [Found(each) for each in texts if each]
            else:
                referred = self._index.referred(source, expressions.get(member))
                taken = [self._of_source(each) for each, _ in referred if each.type == DOCUMENT_TYPE]
                if not taken and (expressions.get(member) or given):
                    raise UnknownUntilAppliedError
            for each in taken:
                found.taken += each.taken
                yield policy_document(each.document, f"{member} of {source.address}")["Statement"]

    def _statement(self, source: PlanResource, block: Part, said: Part, found: Found) -> JsonObject:
        statement: JsonObject = {"Effect": _constant(block, said, "effect") or "Allow"}
        sid = _constant(block, said, "sid")
        if sid:
            statement["Sid"] = _text(sid)
        for member, name in _TEXTS.items():
            texts = self._texts(source, block, said, member, found)
            if texts:
                statement[name] = [_with_variables(each) for each in texts]
        conditions = block.parts("condition") or [_constants(each) for each in _blocks(said, "condition")]
        for condition in conditions:
            values = condition.get("values")
            if not isinstance(values, list) or None in values:
                raise UnknownUntilAppliedError
            operators = statement.setdefault("Condition", {}).setdefault(condition.text("test"), {})
            operators.setdefault(condition.text("variable"), []).extend(_with_variables(each) for each in values)
        for member in _PRINCIPALS:
            if block.get(member) or said.get(member):
                raise block.error(f"has {member}, which no policy of a role, a user or a group has")
        return statement

    def _texts(self, source: PlanResource, block: Part, said: Part, member: str, found: Found) -> list[object]:
        """The entries of a list: as they are known, or as the tables to whose ARNs the configuration refers."""
        known = _constant(block, said, member)
        if isinstance(known, list) and None not in known:
            return known
        if known is None and not said.get(member):
            return []
        arns: list[str] = []
        for referred, attribute in self._index.referred(source, said.get(member)):
            if referred.type != TABLE_TYPE:
                continue
            behind, name = _BEHIND_ARN.get(attribute), referred.values.get("name")
            if behind is None or not isinstance(name, str):
                raise UnknownUntilAppliedError
            arn = self._scope.table_arn(name) + behind
            # Of an expression, the plan says what it refers to, and not what it puts behind: a table that stands there
            # a second time does so for its indexes.
            arns.append(f"{arn}/index/*" if arn in arns and not behind else arn)
        if not arns:
            raise UnknownUntilAppliedError
        texts = list(dict.fromkeys(arns))
        found.taken.append(f"{member} of {block.name} are taken for {', '.join(texts)}")
        return list(texts)


def _text(sid: object) -> str:
    if not isinstance(sid, str):
        raise TemplateError(f"a Sid is text, not {shown(sid)}")
    return sid


def _merge(statements: list[JsonObject], others: list[JsonObject]) -> None:
    """Adds statements; one with the Sid of another takes its place."""
    if len(statements) + len(others) > TABLE_LIST_ENTRIES_MAX:
        raise TemplateError(f"a policy document has more than {TABLE_LIST_ENTRIES_MAX:,} statements")
    assert all("Effect" in each for each in others), "a statement has an effect"
    places = {each["Sid"]: place for place, each in enumerate(statements) if each.get("Sid")}
    for each in others:
        place = places.get(each.get("Sid"))
        if place is None:
            statements.append(each)
        else:
            statements[place] = each


def _blocks(expressions: Part, member: str) -> list[Part]:
    """The blocks of a configuration; a single one may stand there without a list."""
    value = expressions.get(member)
    if isinstance(value, Mapping):
        return [expressions.part(member)]
    return expressions.parts(member)


def _constant(block: Part, said: Part, member: str) -> object:
    """A member as it is known, or as it is written as a constant."""
    value = block.get(member)
    expression = said.get(member)
    if value is None and isinstance(expression, Mapping):
        return expression.get("constant_value")
    return value


def _constants(block: Part) -> Part:
    return Part({name: _constant(Part({}, ""), block, str(name)) for name in block.members}, block.name)


def _with_variables(text: object) -> object:
    """A text with the variables of policies, which Terraform writes as &{name}."""
    return text.replace("&{", "${") if isinstance(text, str) else text
