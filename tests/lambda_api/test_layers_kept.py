"""Layers of functions after whoever published them has deleted them."""

from __future__ import annotations

import gc
import io
import json
import zipfile
from typing import Any


def zipped(**files: str) -> bytes:
    """A zip file with modules, named by keyword arguments whose `__` is a slash."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"{name.replace('__', '/')}.py", text)
    return content.getvalue()


def test_functions_keep_a_deleted_layer(client: Any) -> None:
    """DeleteLayerVersion: functions that use the version keep a copy of it."""
    layer = client.publish_layer_version(LayerName="common", Content={"ZipFile": zipped(python__shared="NAME = 'it'")})
    code = zipped(app="import shared\n\ndef handler(event, context):\n    return shared.NAME\n")
    client.create_function(
        FunctionName="f",
        Runtime="python3.11",
        Role="arn:aws:iam::123456789012:role/r",
        Handler="app.handler",
        Code={"ZipFile": code},
        Layers=[layer["LayerVersionArn"]],
    )
    client.delete_layer_version(LayerName="common", VersionNumber=1)
    gc.collect()
    assert json.loads(client.invoke(FunctionName="f")["Payload"].read()) == "it"
