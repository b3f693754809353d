"""Whether a server can speak TLS with the files it is given, told before it begins."""

from __future__ import annotations

from pathlib import Path

from minidynamo.http.server.access import ServeError


def check_tls(certificate: Path | None, private_key: Path | None) -> None:
    """Raises ServeError where TLS cannot be spoken with these files; it names the one that is wrong.

    Parameters:
        certificate: in PEM, None for no TLS; it may hold its key as well.
        private_key: in PEM, None where the certificate's file holds it.
    """
    if certificate is None:
        if private_key is not None:
            raise ServeError("--keyfile is the key of a certificate: give --certfile FILE as well")
        return
    if b"CERTIFICATE-----" not in _content("certificate", certificate):
        raise ServeError(f"{certificate} holds no certificate in PEM: give one with --certfile")
    key = _content("private key", private_key or certificate)
    if b"PRIVATE KEY-----" not in key:
        if private_key is None:
            raise ServeError(f"{certificate} holds no private key: give the certificate's with --keyfile FILE")
        raise ServeError(f"{private_key} holds no private key in PEM: give the certificate's with --keyfile")
    if b"ENCRYPTED" not in key:  # The passphrase of an encrypted one is asked for once, when it is used.
        _require_pair(certificate, private_key)


def _content(what: str, path: Path) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ServeError(f"cannot read the {what} {path}: {error.strerror}") from None


def _require_pair(certificate: Path, private_key: Path | None) -> None:
    import ssl

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, private_key)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise ServeError(f"{private_key or certificate} holds another key than that of {certificate}") from None
        files = f"{certificate}" if private_key is None else f"{certificate} and {private_key}"
        raise ServeError(f"cannot speak TLS with {files}: {error.reason or error}; are they whole?") from None
