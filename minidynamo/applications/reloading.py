"""Reading an application anew when its template or its code has changed."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path

from minidynamo.applications.application import Application
from minidynamo.errors import DynamoError
from minidynamo.execution.package import files_in

logger = logging.getLogger("minidynamo.applications")

Fingerprint = dict[str, tuple[int, int]]


class Reloader:
    """Looks whether files of an application have changed, and has it read anew.

    Parameters:
        application: it, running.
        template: the path of its template.
    """

    def __init__(self, application: Application, template: Path) -> None:
        self._application = application
        self._template = template
        self._seen = self._fingerprint()

    def look(self) -> int:
        """Reads the application anew where anything has changed; how many files have."""
        found = self._fingerprint()
        changed = sorted(name for name, _ in found.items() ^ self._seen.items())
        self._seen = found
        if not changed:
            return 0
        names = ", ".join(Path(each).name for each in dict.fromkeys(changed))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # They were given at the start.
                self._application.reload()
        except (ValueError, DynamoError, OSError) as error:
            logger.warning("%s changed, and the application stays as it was: %s", names, error)
            return len(changed)
        logger.warning("%s changed: the application was read anew", names)
        return len(changed)

    def _fingerprint(self) -> Fingerprint:
        """When each file was changed last, and its size."""
        found: Fingerprint = {}
        packages = [each.package for each in self._application.definition.functions]
        folders = dict.fromkeys(folder for package in packages for folder in (package.folder, *package.layers))
        for file in (self._template, *(file for folder in folders for file in files_in(folder))):
            try:
                status = file.stat()
            except OSError:  # Gone since it was listed.
                continue
            found[str(file)] = status.st_mtime_ns, status.st_size
        return found
