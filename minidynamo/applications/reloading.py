"""Reading an application anew when its template or its code has changed."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path

from minidynamo.applications.application import Application
from minidynamo.errors import DynamoError

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
        # Code that is unpacked lies elsewhere now; what has changed since it was read, is looked at the next time.
        self._seen = {**self._fingerprint(), **{name: seen for name, seen in found.items() if Path(name).exists()}}
        logger.warning("%s changed: the application was read anew", names)
        return len(changed)

    def _fingerprint(self) -> Fingerprint:
        """When each file was changed last, and its size."""
        found: Fingerprint = {}
        packages = [each.package for each in self._application.definition.functions]
        for file in dict.fromkeys((self._template, *(file for package in packages for file in package.files()))):
            try:
                status = file.stat()
            except OSError:  # Gone since it was listed.
                continue
            found[str(file)] = status.st_mtime_ns, status.st_size
        return found
