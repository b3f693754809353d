"""Builds the compiled core while the package is built, where a compiler is there. Hatchling calls it.

Without a compiler, or with MINIDYNAMO_PURE=1, the package is built without the core and is complete all the same.
"""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_FOLDER = "minidynamo/compiled"
_STABLE_ABI = "cp311-abi3"


class CompiledCore(BuildHookInterface[BuilderConfig]):
    """Adds the core to a wheel; in an editable installation it lies beside its sources."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, object]) -> None:
        """Builds the core before the wheel is made."""
        folder = Path(self.root) / _FOLDER
        if version == "editable":
            for stale in folder.glob("_core.*"):
                with suppress(OSError):  # A process may have it loaded.
                    stale.unlink()
        if os.environ.get("MINIDYNAMO_PURE") == "1" or sys.implementation.name != "cpython":
            return
        self._folder = TemporaryDirectory()
        try:
            built = built_core(folder, Path(self._folder.name))
        except Exception as error:
            self.app.display_warning(f"minidynamo is built without its compiled core: {error}")
            return
        if version == "editable":
            shutil.copy(built, folder / built.name)
            return
        included = build_data["force_include"]
        assert isinstance(included, dict), f"hatchling includes {included!r} besides"
        included[str(built)] = f"{_FOLDER}/{built.name}"
        build_data["pure_python"] = False
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["tag"] = f"{_STABLE_ABI}-{platform}"

    def finalize(self, version: str, build_data: dict[str, object], artifact_path: str) -> None:
        """Removes what was built, once it is in the wheel."""
        if hasattr(self, "_folder"):
            self._folder.cleanup()


def built_core(sources: Path, target: Path, flags: tuple[str, ...] = ()) -> Path:
    """Compiles the core.

    Parameters:
        sources: the folder of its C files.
        target: the folder to build in.
        flags: further flags for compiler and linker.

    Returns:
        The extension module's file.
    """
    from setuptools import Distribution, Extension
    from setuptools.command.build_ext import build_ext

    optimised = ["-O3", "-fvisibility=hidden"] if os.name == "posix" else []
    extension = Extension(
        "_core",
        sources=sorted(map(str, sources.glob("*.c"))),
        depends=[str(sources / "core.h")],
        include_dirs=[str(sources)],
        extra_compile_args=[*optimised, *flags],
        extra_link_args=list(flags),
        py_limited_api=True,
    )
    command = build_ext(Distribution({"name": "minidynamo", "ext_modules": [extension]}))
    command.build_lib, command.build_temp = str(target), str(target / "objects")
    command.ensure_finalized()
    command.run()
    return next(target.glob("_core.*"))
