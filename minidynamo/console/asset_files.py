"""The files of the console's pages, under an address that names what is in them, so that browsers may keep them."""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from importlib.resources import files
from importlib.resources.abc import Traversable

_TYPES = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
}
_INDEX = "index.html"
# What stands in the index for the folder of the other files, and for links to all modules.
_VERSION, _PRELOADS = "@assets@", "@preloads@"


class Assets:
    """All files, read once.

    Attributes:
        version: the digest of them all, under which they are found.
        index: the page that names the others.
    """

    def __init__(self) -> None:
        found = dict(sorted(_files_in(files("minidynamo.console") / "assets", "")))
        digest = blake2b(digest_size=8)
        for name, content in found.items():
            digest.update(f"{name} {len(content)} ".encode() + content)
        self.version = digest.hexdigest()
        index = found.pop(_INDEX).decode()
        # Modules name each other, one after the other; a browser that is told of all asks for them at once.
        links = [
            f'<link rel="modulepreload" href="/console/{_VERSION}/{name}">' for name in found if name.endswith(".js")
        ]
        self.index = index.replace(_PRELOADS, "\n    ".join(links)).replace(_VERSION, self.version).encode()
        self._files = found
        assert b"@" not in self.index, "the index names something that was not put in"

    def find(self, path: str) -> tuple[str, bytes] | None:
        """Content type and content of a file of this version, such as "<version>/main.js"; None for no such file."""
        version, _, name = path.partition("/")
        content = self._files.get(name) if version == self.version else None
        return None if content is None else (_type_of(name), content)

    @property
    def size_bytes(self) -> int:
        """How large they are together."""
        return len(self.index) + sum(map(len, self._files.values()))


@cache
def assets() -> Assets:
    """The files, read when the first page is asked for."""
    return Assets()


def _type_of(name: str) -> str:
    return _TYPES[name.rpartition(".")[2]]


def _files_in(folder: Traversable, prefix: str) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for each in folder.iterdir():
        if each.is_dir():
            found += _files_in(each, f"{prefix}{each.name}/")
        elif each.name.rpartition(".")[2] in _TYPES:
            found.append((prefix + each.name, each.read_bytes()))
    return found
