"""Policy documents of files: what is collected for one principal, and in which form.

Source: IAM User Guide, "IAM JSON policy element reference".
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from minidynamo.policies.actions import PREFIX
from minidynamo.policies.declared import DeclaredPolicies
from minidynamo.policies.document import VERSIONS, PolicyError, read_policy, texts_of
from minidynamo.schema.arns import ArnScope
from minidynamo.templates.json_templates import read_json
from minidynamo.templates.managed_policies import is_without_dynamodb, managed_policy
from minidynamo.templates.parts import shown
from minidynamo.templates.reading import NOT_KNOWN
from minidynamo.templates.table_definition import Omission, TemplateError, TemplateWarning, told
from minidynamo.values.api_types import JsonObject, JsonValue

_NOT_IN_THE_FILE = "not known from the file"
_RESOLVED_LATER = "{{resolve:"  # CloudFormation's dynamic references.
_ARN_BEGINS_WITH = ("arn:", "*")
_RESOURCES = ("Resource", "NotResource")
_ARN_OF_DYNAMODB = re.compile("(?P<head>arn:[^:]*:dynamodb):(?P<region>[^:]*):(?P<account>[^:]*):")
_PIECES = re.compile("[:/]")


@dataclass(frozen=True)
class Relocation:
    """Where the resources of a file are, and where those of the database are.

    Attributes:
        scope: of the database.
        regions, accounts: those that the file is for.
    """

    scope: ArnScope
    regions: Collection[str] = ()
    accounts: Collection[str] = ()

    def moved(self, arn: str) -> str:
        """The ARN in the database of what the file has by an ARN; any other stays as it is."""
        match = _ARN_OF_DYNAMODB.match(arn)
        if match is None:
            return arn
        region = self.scope.region if match["region"] in self.regions else match["region"]
        account = self.scope.account_id if match["account"] in self.accounts else match["account"]
        return f"{match['head']}:{region}:{account}:{arn[match.end() :]}"

    def moved_policy(self, policy: JsonObject) -> JsonObject:
        """A policy whose statements are about resources of the database."""
        statements = [
            {name: self._moved_texts(value) if name in _RESOURCES else value for name, value in each.items()}
            for each in policy["Statement"]
        ]
        return {**policy, "Statement": statements}

    def _moved_texts(self, value: JsonValue) -> JsonValue:
        return [self.moved(each) for each in value] if isinstance(value, list) else self.moved(value)


class Collected:
    """The policies of one principal, as they are found in a file.

    Parameters:
        name: of the principal.
        unknown: texts that stand for what the file does not say.
        relocation: where the file's resources are; None for where the database is.

    Attributes:
        policies: the documents.
        boundary: that of the permissions boundary.
    """

    def __init__(self, name: str, unknown: Collection[str] = (), relocation: Relocation | None = None) -> None:
        self.name = name
        self._relocation = relocation
        self.policies: list[JsonObject] = []
        self.boundary: JsonObject | None = None
        self._unknown = unknown
        self._texts: set[str] = set()
        self._left_out: dict[Omission, None] = {}
        self._remarks: list[str] = []

    @property
    def is_empty(self) -> bool:
        """Whether nothing was found."""
        return not self.policies and not self._left_out

    @property
    def declared(self) -> DeclaredPolicies:
        return DeclaredPolicies(self.policies, self.boundary)

    def add(self, document: object, place: str) -> None:
        """Adds a policy.

        Parameters:
            document: its text, or what the text says.
            place: words for it.

        Raises:
            TemplateError: it is no identity policy.
        """
        policy = self._moved(policy_document(document, place))
        assert policy.keys() == {"Version", "Statement"}, f"{place} has become {policy.keys()}"
        text = json.dumps(policy, sort_keys=True)
        if text in self._texts:  # A state shows some both as resources and within roles.
            return
        self._texts.add(text)
        self.policies.append(policy)
        for resource in self._unknown_resources(policy):
            self.leave_out(f"resource {shown(resource)} of {place}", _NOT_IN_THE_FILE)

    def add_managed(self, name_or_arn: str) -> None:
        """Adds a policy of AWS; one that is not known is left out."""
        document = managed_policy(name_or_arn)
        if document is not None:
            self.policies.append(document)
        elif not is_without_dynamodb(name_or_arn):
            self.leave_out(f"managed policy {name_or_arn}")

    def set_boundary(self, name_or_arn: str, document: object) -> None:
        """Sets the permissions boundary; a document of None is that of a policy of AWS, or not known."""
        assert self.boundary is None, f"{self.name} has two permissions boundaries"
        if document is not None:
            self.boundary = self._moved(policy_document(document, f"permissions boundary {name_or_arn}"))
            return
        self.boundary = managed_policy(name_or_arn)
        if self.boundary is None:
            self.remark(f"permissions boundary {name_or_arn} is {_NOT_IN_THE_FILE}: give it as boundary=")

    def leave_out(self, name: str, reason: str = NOT_KNOWN) -> None:
        """Notes what the principal has in the file, and not here."""
        self._left_out[Omission(name, reason)] = None

    def remark(self, text: str) -> None:
        """Notes what a user should know of the policies."""
        self._remarks.append(text)

    def warnings(self) -> Iterator[TemplateWarning]:
        """What to warn of."""
        texts = [told(self._left_out), *self._remarks] if self._left_out else self._remarks
        if texts:
            yield TemplateWarning(f"policies of {self.name}: {'; '.join(texts)}")

    def _moved(self, policy: JsonObject) -> JsonObject:
        return policy if self._relocation is None else self._relocation.moved_policy(policy)

    def _unknown_resources(self, policy: JsonObject) -> Iterator[str]:
        """The resources of statements about DynamoDB that stand for nothing."""
        for statement in policy["Statement"]:
            actions = texts_of(statement.get("Action")) or ()
            if any(each == "*" or each.lower().startswith(PREFIX) for each in actions):
                for name in _RESOURCES:
                    yield from filter(self._is_unknown, texts_of(statement.get(name)) or ())

    def _is_unknown(self, resource: str) -> bool:
        is_whole = resource.startswith(_ARN_BEGINS_WITH) and _RESOLVED_LATER not in resource
        return not is_whole or any(piece in self._unknown for piece in _PIECES.split(resource))


def policy_document(value: object, place: str) -> JsonObject:
    """An identity policy as an object with Version and Statement, a list.

    Parameters:
        value: its text, or what the text says.
        place: words for it.

    Raises:
        TemplateError: it is none.
    """
    content = value
    if isinstance(value, str):
        content = (read_json(value, place) or (None,))[0]
    document = _plain(content)
    try:
        policy = read_policy(document if isinstance(document, dict) else {}, place)
    except PolicyError as error:
        raise TemplateError(str(error), at=value if isinstance(value, Mapping) else None) from None
    listed = document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]
    assert policy.version in VERSIONS, f"{place} has the version {policy.version}"
    return {"Version": policy.version, "Statement": listed}


def _plain(value: object) -> JsonValue:
    """A value of a file as JSON has it; YAML reads a Version as a date."""
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, str | int | float) or value is None:
        return value
    return value.isoformat() if isinstance(value, date) else str(value)
