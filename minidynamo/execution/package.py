"""The code of a function: a folder as it stands, or what a zip file holds, with the layers below it.

Source: AWS Lambda Developer Guide, "Working with .zip file archives for Python Lambda functions", "Lambda layers".
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import shutil
import tempfile
import weakref
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from minidynamo.limits import PACKAGE_BYTES_MAX, UNPACKED_BYTES_MAX

# Where a layer keeps Python code.
_IN_LAYER = "python"
# Where the service has the code of functions and of their layers.
_TASK, _LAYERS = "/var/task", "/opt"
_EMPTY = "Uploaded file must be a non-empty zip"
_NOT_CODE = frozenset({"__pycache__", ".git", ".venv", "node_modules", ".aws-sam", ".pytest_cache"})


class PackageError(ValueError):
    """Code that cannot be used; the text says why, in one line."""


@dataclass(frozen=True, eq=False)
class Package:
    """Code of a function.

    Attributes:
        folder: where it is.
        layers: folders of layers, the last of which goes first.
        sha256: what tells whether code is the same, in base64.
        size: of it, in bytes.
        origin: the package whose folder it shares, which is there for as long as this one.
        below: the packages of layers, where these are known; their folders are there for as long, too.
        file: the zip file that it was unpacked from, if it was one.
        arn: of the version of a layer whose content it is, "" where it is no such thing.
    """

    folder: Path
    layers: tuple[Path, ...]
    sha256: str
    size: int
    origin: Package | None = field(default=None, repr=False)
    below: tuple[Package, ...] = field(default=(), repr=False)
    file: Path | None = None
    arn: str = ""

    @property
    def path(self) -> list[str]:
        """The folders that its modules are looked for in."""
        found = [self.folder]
        for layer in reversed(self.layers):
            inner = layer / _IN_LAYER
            found += [*inner.glob("lib/python*/site-packages"), inner] if inner.is_dir() else [layer]
        return [str(each) for each in found]

    def with_layers(self, layers: Sequence[Path]) -> Package:
        """The same code above other layers."""
        return replace(self, layers=tuple(layers), below=(), origin=self.origin or self)

    def above(self, below: Sequence[Package]) -> Package:
        """The same code above layers that are packages."""
        folders = tuple(each.folder for each in below)
        return replace(self, layers=folders, below=tuple(below), origin=self.origin or self)

    def with_layers_of(self, other: Package) -> Package:
        """The same code above the layers that other code is above."""
        return replace(self, layers=other.layers, below=other.below, origin=self.origin or self)

    def published(self, arn: str) -> Package:
        """The same code as the version of a layer that has an ARN."""
        assert ":layer:" in arn, f"{arn} names no layer"
        return replace(self, arn=arn, origin=self.origin or self)

    def placed(self, stack: Sequence[str]) -> list[str]:
        """The lines of a stack trace, with its files where the service has them: in /var/task, layers in /opt."""
        places = {f'File "{self.folder}{os.sep}': f'File "{_TASK}/'}
        places |= {f'File "{layer}{os.sep}': f'File "{_LAYERS}/' for layer in self.layers}
        lines = list(stack)
        for own, shown in places.items():
            lines = [each.replace(own, shown, 1) if each.lstrip().startswith(own) else each for each in lines]
        return lines

    def files(self) -> list[Path]:
        """The files by whose change it changes."""
        own = files_in(self.folder) if self.file is None else [self.file]
        known = {each.folder for each in self.below}
        plain = [file for layer in self.layers if layer not in known for file in files_in(layer)]
        return [*own, *plain, *(file for each in self.below for file in each.files())]


def folder_package(folder: str | Path, layers: Iterable[str | Path] = ()) -> Package:
    """The package of a folder, which is used as it stands.

    Raises:
        PackageError: there is no such folder.
    """
    root = Path(folder).absolute()
    if not root.is_dir():
        raise PackageError(f"there is no folder or zip file {root} with the code of a function")
    listed = tuple(Path(each).absolute() for each in layers)
    for layer in listed:
        if not layer.is_dir():
            raise PackageError(f"there is no folder {layer} for a layer")
    digest, size = hashlib.sha256(), 0
    for file in files_in(root):
        content = file.read_bytes()
        digest.update(str(file.relative_to(root)).encode() + b"\0" + content)
        size += len(content)
    return Package(root, listed, base64.b64encode(digest.digest()).decode(), size)


def zip_package(content: bytes, layers: Iterable[str | Path] = ()) -> Package:
    """The package of a zip file, unpacked into a folder that is there for as long as the package.

    Raises:
        PackageError: it is no zip file, or too large.
    """
    if len(content) > PACKAGE_BYTES_MAX:
        raise PackageError(f"the zip file has {len(content):,} bytes, more than {PACKAGE_BYTES_MAX:,}")
    if not content:
        raise PackageError(_EMPTY)
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        if not archive.infolist():
            raise PackageError(_EMPTY)
        if sum(each.file_size for each in archive.infolist()) > UNPACKED_BYTES_MAX:
            raise PackageError(f"Unzipped size must be smaller than {UNPACKED_BYTES_MAX} bytes")
        folder = tempfile.mkdtemp(prefix="minidynamo-function-")
        archive.extractall(folder)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        if isinstance(error, PackageError):
            raise
        text = "Could not unzip uploaded file. Please check your file, then try to upload again."
        raise PackageError(text) from None
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    package = Package(Path(folder), tuple(Path(each) for each in layers), digest, len(content))
    weakref.finalize(package, _remove, folder, os.getpid())
    return package


def file_package(file: Path) -> Package:
    """The package of a zip file that lies somewhere.

    Raises:
        PackageError: it is no zip file, or too large.
    """
    unpacked = zip_package(file.read_bytes())
    return replace(unpacked, file=file, origin=unpacked)


def text_package(name: str, text: str) -> Package:
    """The package of one file with a text, in a folder that is there for as long as the package."""
    folder = tempfile.mkdtemp(prefix="minidynamo-function-")
    (Path(folder) / name).write_text(text, "utf-8")
    package = folder_package(folder)
    weakref.finalize(package, _remove, folder, os.getpid())
    return package


def _remove(folder: str, owner: int) -> None:
    """Removes a folder, but in the process that has made it alone: a forked child only has its names."""
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


def files_in(folder: Path) -> list[Path]:
    """The files of a folder with code, in an order that is the same everywhere; none where it is gone."""
    found: list[Path] = []
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return found
    for each in entries:
        if each.name in _NOT_CODE:
            continue
        found += files_in(each) if each.is_dir() and not each.is_symlink() else [each] if each.is_file() else []
    return found
