"""Files with policies that are mutated: a TemplateError, or policies that are accepted."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minidynamo
from minidynamo.policies.document import read_policy
from minidynamo.policies.unknown_names import PolicyWarning
from minidynamo.templates.table_definition import TemplateWarning
from tests.templates.mutants import check_error, mutants_of, write_mutant

# By file: functions whose roles are found by what names them.
NAMES = {
    "cdk.json": ["OrderFn98F0E8B5"],
    "iam.yaml": ["Ann", "Report", "Task"],
    "plan.json": ['module.fn["mail"].aws_lambda_function.this', "aws_iam_role.checkout"],
    "sam.yaml": ["CheckoutFunction", "MailFunction", "CountFunction", "ReportFunction"],
    "serverless.yml": ["order", "follow-up", "clean", "cleanAll", "admin"],
    "state.json": ["aws_iam_role.checkout"],
}
POLICIES = Path(__file__).parent / "policies"
# A file's mutants, and a name to ask for; None asks for all principals, to find that there are several.
ASKED = st.sampled_from(sorted(NAMES)).flatmap(
    lambda file: st.tuples(mutants_of([POLICIES / file]), st.sampled_from([None, *NAMES[file]]))
)


def check_mutant(path: Path, drawn: Any, name: str | None) -> None:
    write_mutant(path, drawn)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", TemplateWarning)
            found = minidynamo.policies_from(path, name)
    except ValueError as error:
        check_error(error)
        return
    for each in found:
        read_policy(each)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PolicyWarning)
        minidynamo.connect().as_principal(found)


def test_every_file_is_mutated() -> None:
    assert {path.name for path in POLICIES.iterdir()} == set(NAMES)


@settings(max_examples=250)
@given(asked=ASKED)
def test_mutated_policies(tmp_path_factory: pytest.TempPathFactory, asked: Any) -> None:
    check_mutant(tmp_path_factory.getbasetemp() / "mutant", *asked)


@pytest.mark.long
@settings(max_examples=3_000)
@given(asked=ASKED)
def test_many_mutated_policies(tmp_path_factory: pytest.TempPathFactory, asked: Any) -> None:
    check_mutant(tmp_path_factory.getbasetemp() / "mutant", *asked)
