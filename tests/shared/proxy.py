"""A proxy on the way to a server, which cuts connections: before what was sent arrives, or behind."""

from __future__ import annotations

import contextlib
import random
import socket
import threading


class Proxy:
    """Forwards what comes to it.

    Parameters:
        port: of the server, on loopback.
        chance: says what is cut, and when.
        likelihood: of a cut, at each piece that passes.
    """

    def __init__(self, port: int, chance: random.Random, likelihood: float = 0.0) -> None:
        self._server_port, self._chance, self.likelihood = port, chance, likelihood
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self.cut_count = 0
        self._sockets: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        for each in [self._listening, *self._sockets]:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
                server = socket.create_connection(("127.0.0.1", self._server_port))
            except OSError:
                return
            self._sockets += [client, server]
            for source, target, is_answer in ((client, server, False), (server, client, True)):
                threading.Thread(target=self._forward, args=(source, target, is_answer), daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket, is_answer: bool) -> None:
        """Forwards one direction; a cut may come before a request arrives, or swallow its answer."""
        try:
            while data := source.recv(65536):
                if self._chance.random() < self.likelihood:
                    self.cut_count += 1
                    break
                target.sendall(data)
        except OSError:
            pass
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
