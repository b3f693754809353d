"""Where the code of functions comes from, and what becomes of it when an application is read anew."""

from __future__ import annotations

import gc
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest

import minidynamo
from minidynamo.applications.reloading import Reloader
from minidynamo.templates.table_definition import TemplateError
from tests.lambda_api.test_layers_kept import zipped

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Runtime: python3.12, Handler: app.handler}}
Resources:
  Common: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: layer.zip}}
  Zipped: {Type: AWS::Serverless::Function, Properties: {CodeUri: code.zip, Layers: [!Ref Common]}}
"""
INLINE = (
    "  Inline: {Type: AWS::Serverless::Function, Properties: {InlineCode: 'def handler(event, context): return 2'}}\n"
)
CODE = "import shared\n\ndef handler(event, context):\n    return shared.NAME\n"


@pytest.fixture
def template(tmp_path: Path) -> Path:
    (tmp_path / "layer.zip").write_bytes(zipped(python__shared="NAME = 'of the layer'"))
    (tmp_path / "code.zip").write_bytes(zipped(app=CODE))
    (tmp_path / "template.yaml").write_text(TEMPLATE + INLINE)
    return tmp_path / "template.yaml"


def answer(app: Any, function: str) -> Any:
    return json.loads(app.invoke(function)["Payload"])


@pytest.mark.parametrize("isolation", ["thread", "process"])
def test_code_and_layers_in_zip_files(
    template: Path, isolation: Any, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    with minidynamo.app_from(template, isolation=isolation) as app:
        gc.collect()
        assert answer(app, "Zipped") == "of the layer"
        assert answer(app, "Inline") == 2
    del app
    gc.collect()
    assert list(temporary.iterdir()) == [], "what was unpacked goes with the application"


def test_what_is_unpacked_is_no_change(template: Path) -> None:
    with minidynamo.app_from(template) as app:
        reloader = Reloader(app, template)
        assert reloader.look() == 0
        template.write_text(TEMPLATE + INLINE.replace("return 2", "return 22"))
        assert reloader.look() > 0 and answer(app, "Inline") == 22
        assert reloader.look() == 0, "it was read anew once"


def test_a_zip_file_that_has_changed(template: Path) -> None:
    with minidynamo.app_from(template) as app:
        reloader = Reloader(app, template)
        (template.parent / "layer.zip").write_bytes(zipped(python__shared="NAME = 'another one'"))
        assert reloader.look() > 0 and answer(app, "Zipped") == "another one"
        (template.parent / "code.zip").write_bytes(zipped(app="def handler(event, context):\n    return 'no layer'\n"))
        assert reloader.look() > 0 and answer(app, "Zipped") == "no layer"
        assert reloader.look() == 0


def test_functions_that_are_not_declared_any_more_are_gone(template: Path) -> None:
    with minidynamo.app_from(template) as app:
        template.write_text(TEMPLATE)
        app.reload()
        assert app.functions.names == ["Zipped"]


def test_a_wrong_setting_changes_nothing(template: Path) -> None:
    with minidynamo.app_from(template) as app:
        before = app.definition
        template.write_text(TEMPLATE.replace("CodeUri: code.zip", "CodeUri: code.zip, MemorySize: 1"))
        with pytest.raises(TemplateError, match="MemorySize"):
            app.reload()
        assert app.definition is before and answer(app, "Inline") == 2


def test_a_start_that_fails_halfway_leaves_the_definition(template: Path) -> None:
    """A destination that is not there is known to the database alone."""
    with minidynamo.app_from(template) as app:
        before = app.definition
        setting = "EventInvokeConfig: {DestinationConfig: {OnFailure: {Destination: nobody}}}"
        template.write_text(TEMPLATE.replace("CodeUri: code.zip", f"CodeUri: code.zip, {setting}"))
        with pytest.raises(minidynamo.DynamoError, match="nobody"):
            app.reload()
        assert app.definition is before


@pytest.mark.parametrize("isolation", ["thread", "process"])
def test_environments_of_what_an_alias_stood_for_end(template: Path, isolation: Any) -> None:
    settings = (
        "CodeUri: code.zip, AutoPublishAlias: live, ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: 1}"
    )
    template.write_text(TEMPLATE.replace("CodeUri: code.zip", settings))
    with minidynamo.app_from(template, isolation=isolation) as app:
        for version in ("1", "2", "3"):
            response = app.functions.invoke("Zipped", Qualifier="live")
            assert response["ExecutedVersion"] == version and json.loads(response["Payload"]) == "of the layer"
            assert app.functions.find("Zipped")[0].environments == 1
            app.reload()
        assert json.loads(app.functions.invoke("Zipped", Qualifier="1")["Payload"]) == "of the layer"
