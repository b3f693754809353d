"""The policies of a file: a CloudFormation, SAM or CDK template, a Terraform plan, or a `serverless.yml`."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from minidynamo.policies.declared import DeclaredPolicies
from minidynamo.templates.declared_policies import DeclaredPrincipals
from minidynamo.templates.document import Document, Source, read_document
from minidynamo.templates.parts import Members, shown
from minidynamo.templates.planned_policies import PlannedPrincipals
from minidynamo.templates.policy_documents import Collected
from minidynamo.templates.serverless import is_serverless
from minidynamo.templates.serverless_policies import serverless_principals
from minidynamo.templates.table_definition import Omission, TemplateError, TemplateWarning, told
from minidynamo.templates.template_parameters import given_values


class Principals(Protocol):
    """The principals of a file."""

    @property
    def names(self) -> Sequence[str]:
        """Those by which one may be asked for."""
        ...

    @property
    def holders(self) -> Sequence[str]:
        """Of the names, one of each principal that has policies of its own."""
        ...

    def collected(self, name: str) -> Collected:
        """The policies of a principal, by one of the names."""
        ...


Reader = Callable[[Members, Mapping[str, str], list[Omission]], Principals]


def policies_from(
    source: Source, name: str | None = None, parameters: Mapping[str, str] | None = None
) -> DeclaredPolicies:
    """The identity policies that a file declares for one principal, for `Database.as_principal`.

    They are those of a role or a user, and of the groups of a user; of a function, those of its role. Of the managed
    policies of AWS, what concerns DynamoDB. The ARNs of tables are those of a database that is opened without a region
    and an account. What is left out leads to one `TemplateWarning` that names it.

    Parameters:
        source: the path, the text or the document of a CloudFormation or SAM template (CDK synthesises one), of a
            `serverless.yml`, or of a Terraform plan or state in JSON (`terraform show -json`).
        name: the logical name of a function, a role or a user; in a Terraform plan, its address, such as
            `aws_iam_role.checkout`; in a `serverless.yml`, a function's name there. None where the file declares
            policies for one principal.
        parameters: values of the template's parameters, over their defaults; also names of resources that the
            template does not give, values of variables of a `serverless.yml`, and `AWS::Region` and `AWS::AccountId`
            for a database elsewhere.

    Returns:
        A list of policy documents; its `boundary` is the permissions boundary, where the file declares it.

    Raises:
        TemplateError: the file cannot be read, is none of these, is wrong or too large, has no such principal, or has
            several and `name` is not given.
        TypeError: the source is neither a path nor a text nor a document, or a name or a parameter's value is no text.

    Source: IAM User Guide, "Identity-based policies and resource-based policies".
    """
    if not isinstance(name, str | None):
        raise TypeError(f"a principal's name is text, not {shown(name)}")
    given = given_values(parameters)
    place = str(source) if isinstance(source, Path) else "the template"
    strays: list[Omission] = []
    try:
        document = read_document(source, "policies_from")
        place = document.name
        found = _located(document, name, given, strays)
    except RecursionError:  # What is allowed is not deep, but the caller may be.
        raise TemplateError(f"{place} is nested too deeply to be read from so deep in a program") from None
    for warning in found.warnings():
        warnings.warn(warning, stacklevel=2)
    if strays:
        warnings.warn(TemplateWarning(f"{place}: {told(strays)}"), stacklevel=2)
    return found.declared


def _located(document: Document, name: str | None, given: Mapping[str, str], strays: list[Omission]) -> Collected:
    """The policies of a principal; errors say on which line they stand."""
    try:
        return _chosen(_principals(document, given, strays), name, document.name)
    except TemplateError as error:
        line = document.line_of(error.at)
        if line is None:
            raise
        raise TemplateError(f"{document.name}, line {line}: {error}") from None


def _principals(document: Document, given: Mapping[str, str], strays: list[Omission]) -> Principals:
    value = document.value
    if isinstance(value, Mapping):
        for is_of_kind, reader in _READERS:
            if is_of_kind(value):
                return reader(value, given, strays)
    raise TemplateError(
        f"{document.name} is neither a CloudFormation template, nor a serverless.yml, nor a Terraform plan in JSON"
    )


_READERS: tuple[tuple[Callable[[Members], bool], Reader], ...] = (
    (lambda document: "Resources" in document, DeclaredPrincipals),
    (is_serverless, serverless_principals),
    (lambda document: bool(document.keys() & {"planned_values", "values"}), PlannedPrincipals),
)


def _chosen(principals: Principals, name: str | None, place: str) -> Collected:
    """The policies of a principal by its name, or of the only one that has any."""
    assert set(principals.holders) <= set(principals.names), "who holds policies may be asked for"
    listed = ", ".join(principals.names)
    if not listed:
        raise TemplateError(f"{place} declares no function, role or user")
    if name is not None:
        if name not in principals.names:
            raise TemplateError(f"{place} declares no function, role or user {name}, but {listed}")
        return principals.collected(name)
    found = [principals.collected(each) for each in principals.holders]
    found = [each for each in found if not each.is_empty] or found
    if len(found) != 1:
        raise TemplateError(f"{place} declares {len(found)} principals with policies: give a name of {listed}")
    return found[0]
