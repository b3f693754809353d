"""Modules that belong to one execution environment: imported from its package, seen by nobody else.

While a private module is imported, those of the environment stand in `sys.modules` and its folders are looked through
first; afterwards `sys.modules` is as it was. What private modules import later goes the same way, since each is given
an `__import__` of its own. What the package does not hold is the process's: boto3 among it, even where the package
brings a copy, since a copy would be answered by nobody here.
"""

from __future__ import annotations

import builtins
import importlib.machinery
import importlib.util
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import ModuleType

# Packages of which there is one in the process.
_SHARED = frozenset({"aiobotocore", "boto3", "botocore", "minidynamo", "s3transfer", "urllib3"})
_MODULES = (
    (importlib.machinery.ExtensionFileLoader, importlib.machinery.EXTENSION_SUFFIXES),
    (importlib.machinery.SourcelessFileLoader, importlib.machinery.BYTECODE_SUFFIXES),
)
_SUFFIXES = (".py", ".pyc", ".so", ".pyd")
# One environment at a time changes what the whole process sees.
_lock = threading.RLock()


class PrivateModules(MetaPathFinder):
    """The modules of one environment.

    Parameters:
        path: the folders in which they are looked for.
    """

    def __init__(self, path: Sequence[str]) -> None:
        self._path = list(path)
        self._names = frozenset(_names_in(path)) - _SHARED
        self._modules: dict[str, ModuleType] = {}
        self._found: set[str] = set()
        self._depth = 0
        self._builtins = {**vars(builtins), "__import__": self._import}

    @contextmanager
    def lent(self) -> Iterator[None]:
        """While this is on, in one thread at a time, the process sees the modules of this environment."""
        with _lock:
            assert (self in sys.meta_path) == (self._depth > 0), "modules are lent to an end that is not theirs"
            hidden = {} if self._depth else self._hidden()
            self._depth += 1
            try:
                if self._depth == 1:
                    sys.modules.update(self._modules)
                    sys.meta_path.insert(0, self)
                yield
            finally:
                self._depth -= 1
                if self._depth == 0:
                    sys.meta_path.remove(self)
                    self._take_back()
                    sys.modules.update(hidden)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Finds a module of the package; part of the protocol of finders."""
        if fullname.partition(".")[0] not in self._names:
            return None
        namespace: list[str] = []
        for folder in self._path if path is None else path:
            spec = self._finder(folder).find_spec(fullname)
            if spec is not None and spec.loader is not None:
                self._found.add(fullname)
                return spec
            namespace += list((spec and spec.submodule_search_locations) or ())
        if not namespace:
            return None
        self._found.add(fullname)
        spec = importlib.machinery.ModuleSpec(fullname, None, is_package=True)
        spec.submodule_search_locations = namespace
        return spec

    def _finder(self, folder: str) -> importlib.machinery.FileFinder:
        source = (_source_loader(self._builtins), importlib.machinery.SOURCE_SUFFIXES)
        return importlib.machinery.FileFinder(folder, source, *_MODULES)

    def _import(
        self,
        name: str,
        globals: Mapping[str, object] | None = None,
        locals: Mapping[str, object] | None = None,
        fromlist: Sequence[str] = (),
        level: int = 0,
    ) -> ModuleType:
        """What `import` does in private modules."""
        if level == 0 and name.partition(".")[0] not in self._names:
            return builtins.__import__(name, globals, locals, fromlist, level)
        with self.lent():
            return builtins.__import__(name, globals, locals, fromlist, level)

    def import_module(self, name: str, package: str | None = None) -> ModuleType:
        """What `importlib.import_module` does in the environment."""
        full_name = importlib.util.resolve_name(name, package) if name.startswith(".") else name
        if full_name.partition(".")[0] not in self._names:
            return import_module(full_name)
        with self.lent():
            return import_module(full_name)

    def _hidden(self) -> dict[str, ModuleType]:
        """Takes modules of the process that are called as private ones out of its sight."""
        names = [name for name in sys.modules if name.partition(".")[0] in self._names]
        return {name: sys.modules.pop(name) for name in names}

    def _take_back(self) -> None:
        """Takes the private modules, and those that have come to be, out of the sight of others."""
        for name in (*self._modules, *self._found):
            module = sys.modules.pop(name, None)
            if module is not None:
                self._modules[name] = module
        self._found.clear()


def _source_loader(private_builtins: dict[str, object]) -> type[importlib.machinery.SourceFileLoader]:
    class Loader(importlib.machinery.SourceFileLoader):
        """Lets the modules that it loads import by the environment's own `__import__`."""

        def exec_module(self, module: ModuleType) -> None:
            vars(module)["__builtins__"] = private_builtins
            super().exec_module(module)

    return Loader


def _names_in(path: Sequence[str]) -> Iterator[str]:
    """The names of the modules and packages that lie in folders."""
    for folder in path:
        for each in Path(folder).iterdir():
            name = each.name.partition(".")[0]
            if name.isidentifier() and (_is_package(each) if each.is_dir() else each.suffix in _SUFFIXES):
                yield name


def _is_package(folder: Path) -> bool:
    """Whether a folder is a package; one without `__init__` is none where there is a module of its name elsewhere."""
    if any((folder / f"__init__{suffix}").exists() for suffix in importlib.machinery.all_suffixes()):
        return True
    spec = importlib.machinery.PathFinder.find_spec(folder.name)
    return spec is None or spec.loader is None
