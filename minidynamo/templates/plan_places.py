"""The regions and the accounts that a Terraform plan is for, as far as it says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from minidynamo.templates.plan_index import PlanIndex
from minidynamo.templates.plan_resources import TABLE_TYPE

_IDENTITY, _REGION = "data.aws_caller_identity", "data.aws_region"
_WITH_ARNS = (TABLE_TYPE, "aws_iam_role", "aws_iam_user", "aws_iam_policy", "aws_lambda_function")
_REGION_PLACE, _ACCOUNT_PLACE = 3, 4


def regions_of(index: PlanIndex) -> set[str]:
    """The region of a plan's resources; none where they are in several."""
    named = [each.values.get(member) for each in index.of_type(_REGION) for member in ("region", "name", "id")]
    found = {each for each in named if isinstance(each, str)}
    found |= {*_of_arns(index, _REGION_PLACE), *_configured(index)}
    return found if len(found) == 1 else set()


def accounts_of(index: PlanIndex) -> set[str]:
    """The account of a plan's resources; none where they are in several."""
    named = [each.values.get("account_id") for each in index.of_type(_IDENTITY)]
    found = {each for each in named if isinstance(each, str)} | {*_of_arns(index, _ACCOUNT_PLACE)}
    return found if len(found) == 1 else set()


def _of_arns(index: PlanIndex, place: int) -> Iterator[str]:
    """What stands at a place of the ARNs of resources."""
    for each in (resource for kind in _WITH_ARNS for resource in index.of_type(kind)):
        arn = each.values.get("arn")
        parts = arn.split(":") if isinstance(arn, str) else []
        if len(parts) > place and parts[place] not in ("", "aws"):
            yield parts[place]


def _configured(index: PlanIndex) -> Iterator[str]:
    """The regions of the configuration's providers: constants, and variables with their values."""
    for _, provider in index.document.section("configuration").section("provider_config").each("provider"):
        expression = provider.section("expressions").get("region")
        if provider.get("name") != "aws" or not isinstance(expression, Mapping):
            continue
        names = expression.get("references")
        variable = str(names[0]).removeprefix("var.") if isinstance(names, list) and names else ""
        given = index.document.section("variables").section(variable).get("value")
        for region in (expression.get("constant_value"), given):
            if isinstance(region, str):
                yield region
