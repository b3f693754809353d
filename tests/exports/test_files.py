"""Files in folders and in buckets: names, streams, whole or absent, and one line for whatever goes wrong."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from minidynamo.exports.files import Bucket, ExportError, Files, Folder, files_at


def write(files: Files, name: str, data: bytes) -> None:
    with files.write(name) as file:
        file.write(data)


def read(files: Files, name: str) -> bytes:
    with files.open(name) as file:
        return b"".join(iter(lambda: file.read(3), b""))


def test_what_is_written_is_read(files: Files) -> None:
    """In pieces as small as one likes."""
    with files.write("data/a.json.gz") as file:
        assert [file.write(b"0123"), file.write(b"456789")] == [4, 6]
        file.flush()
    assert read(files, "data/a.json.gz") == b"0123456789"


def test_names_are_those_below_the_place(files: Files) -> None:
    """In order, relative, and those that begin with a text where one is given."""
    for name in ("b/y.json", "b/x.json", "a.json", "bc.json"):
        write(files, name, b"")
    assert files.names() == ["a.json", "b/x.json", "b/y.json", "bc.json"]
    assert files.names("b") == ["b/x.json", "b/y.json", "bc.json"]
    assert files.names("b/x") == ["b/x.json"]
    assert files.names("c/") == []


def test_a_file_is_whole_or_absent(files: Files) -> None:
    """Whoever fails while writing leaves what was there: nothing, or what was written before."""
    write(files, "old", b"before")
    for name in ("new", "old"):
        with pytest.raises(ZeroDivisionError), files.write(name) as file:
            file.write(b"half")
            raise ZeroDivisionError
    assert files.names() == ["old"]
    assert read(files, "old") == b"before"


def test_a_file_is_replaced(files: Files) -> None:
    """By the one that is written last."""
    write(files, "a", b"first")
    write(files, "a", b"second")
    assert (files.names(), read(files, "a")) == (["a"], b"second")


def test_errors_of_the_body_pass(files: Files) -> None:
    """They are not the file's, even where they are the operating system's."""
    with pytest.raises(ConnectionResetError), files.write("a") as file:
        file.write(b"x")
        raise ConnectionResetError
    write(files, "a", b"x")
    with pytest.raises(ConnectionResetError), files.open("a"):
        raise ConnectionResetError


def test_a_missing_file_is_named(files: Files) -> None:
    """With the place where it should lie."""
    write(files, "there", b"")
    with pytest.raises(ExportError, match=r"cannot read .*gone.json: ") as raised, files.open("gone.json"):
        pass
    assert files.shown("gone.json") in str(raised.value)
    assert "\n" not in str(raised.value)


def test_places_are_told_apart(bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder, a bucket with and without prefix; the summary of an export is the folder that it lies in."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert files_at("exports").name == "exports"
    assert files_at("~/exports").name == str(tmp_path / "exports")
    assert files_at("exports/manifest-summary.json").name == "exports"
    found = [files_at(each) for each in ("s3://b", "s3://b/", "s3://b/x/y", "s3://b/x/y/manifest-summary.json")]
    assert [(each.bucket, each.prefix) for each in found] == [("b", ""), ("b", ""), ("b", "x/y/"), ("b", "x/y/")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("https://b.s3.amazonaws.com/x", "https://b.s3.amazonaws.com/x is no place of an export: give a folder, or"),
        ("s3:///x", "s3:///x names no bucket: write s3://bucket/prefix"),
    ],
)
def test_other_places_are_refused(text: str, message: str) -> None:
    with pytest.raises(ExportError, match=f"^{message}"):
        files_at(text)


@pytest.mark.parametrize(("is_file", "what"), [(True, "is not a folder"), (False, "is not there")])
def test_a_folder_has_to_be_one(tmp_path: Path, is_file: bool, what: str) -> None:
    path = tmp_path / "x"
    if is_file:
        path.touch()
    with pytest.raises(ExportError) as raised:
        Folder(path).names()
    assert str(raised.value) == f"{path} {what}: give the folder that holds the export"


def test_hidden_files_are_none(tmp_path: Path) -> None:
    """Those of a desktop, and those that are not finished."""
    for name in (".DS_Store", "._a.json.gz", "a.json.gz"):
        (tmp_path / name).touch()
    assert Folder(tmp_path).names() == ["a.json.gz"]


def test_a_closed_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(ExportError, match=r"^cannot read .*: Permission denied$"):
        Folder(tmp_path).names()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    with pytest.raises(ExportError, match=r"cannot write .*a/b: (File exists|Not a directory)"):
        write(Folder(tmp_path), "a/b", b"")


def test_boto3_is_imported_for_buckets_alone() -> None:
    """Where it is missing, that passes, for whoever knows what to install."""
    code = (
        "import sys; sys.modules['boto3'] = None\n"
        "from minidynamo.exports.files import files_at\n"
        "import minidynamo.exports.exports, minidynamo.exports.export_writer\n"
        "files_at('x'); print('botocore' in sys.modules)\n"
        "try: files_at('s3://b/x')\n"
        "except ModuleNotFoundError as error: print(error.name)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "boto3"]
