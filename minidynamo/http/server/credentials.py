"""Credentials of a server: secrets of access keys, and who uses them under which policies."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from minidynamo.endpoints.authorization import Judging
from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.http.messages import HttpRequest
from minidynamo.http.server.access import ServeError
from minidynamo.http.signatures import Signature
from minidynamo.policies.caller import asked_with
from minidynamo.policies.document import Document, Policy, PolicyError, read_policy
from minidynamo.policies.evaluation import Principal, principal_arn, root_of, tag_keys

_FORMS = (
    'write {"ACCESS_KEY": "SECRET"}, {"ACCESS_KEY": {"secret": "SECRET", "policies": [...]}}, '
    '{"credentials": {...}, "groups": {...}}, or an access key and its secret per line'
)
_MEMBERS = ("secret", "arn", "policies", "groups", "boundary", "session", "tags")

Choose = Callable[[Signature | None], Endpoint]


@dataclass(frozen=True, slots=True)
class Credential:
    """What an access key stands for.

    Attributes:
        secret: its secret key.
        principal: who uses it; the root of the account where nothing says so.
    """

    secret: str
    principal: Principal


class Principals:
    """Endpoints as those see them who sign requests.

    Parameters:
        choose: gives the endpoint for a signature.
        credentials: by access key.

    Raises:
        ServeError: what answers knows nothing of policies, and the credentials are more than secrets.
    """

    def __init__(self, choose: Choose, credentials: Mapping[str, Credential]) -> None:
        self._choose = choose
        self._credentials = credentials
        self._judged: dict[tuple[int, str], Endpoint] = {}
        for each in credentials.values():
            _seen_by(each.principal, choose(None))

    def __call__(self, signature: Signature | None) -> Endpoint:
        """The endpoint for whoever signed a request."""
        endpoint = self._choose(signature)
        if signature is None:
            return endpoint
        key = id(endpoint), signature.access_key
        judged = self._judged.get(key)
        if judged is None:
            judged = _seen_by(self._credentials[signature.access_key].principal, endpoint)
            self._judged[key] = judged
        return judged


def _seen_by(principal: Principal, endpoint: Endpoint) -> Endpoint:
    if isinstance(endpoint, Judging):
        return endpoint.seen_by(principal)
    if principal.is_root:
        return endpoint
    raise ServeError("only a database of this process knows what policies ask: serve others with secrets alone")


def ways_in(request: HttpRequest) -> AbstractContextManager[None]:
    """While this is on, policies know how a request came."""
    keys: dict[str, Sequence[str]] = {"aws:securetransport": ["true" if request.is_secure else "false"]}
    if request.peer:
        keys["aws:sourceip"] = [request.peer]
    if "user-agent" in request.headers:
        keys["aws:useragent"] = [request.headers["user-agent"]]
    return asked_with(keys)


def read_credentials(path: Path, account_id: str) -> dict[str, Credential]:
    """The credentials of a file: JSON, or lines of an access key and its secret.

    Parameters:
        path: of the file; paths of policies in it begin at its folder.
        account_id: the account of whoever has no ARN.

    Raises:
        ServeError: the file cannot be read, or holds none.
    """
    text = _text_of(path, f"the credentials file {path}")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        if text.lstrip().startswith(("{", "[")):
            raise ServeError(f"{path} is not JSON: {error}") from None
        lines = [line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")]
        content = {line[0]: line[1] for line in lines} if all(len(line) == 2 for line in lines) else None
    return credentials_of(content, account_id, str(path), path.parent)


def credentials_of(
    content: object, account_id: str, source: str = "credentials", folder: Path = Path()
) -> dict[str, Credential]:
    """Credentials from what a file of them holds, or from what `serve` is given.

    Parameters:
        content: secrets by access key; in the place of a secret may be an object with `secret`, `arn`, `policies`,
            `groups`, `boundary`, `session` and `tags`. With groups, it is {"credentials": ..., "groups": {name:
            policies}}. A policy is a document or the path of one.
        account_id: the account of whoever has no ARN.
        source: what it is called in errors.
        folder: where paths begin.

    Raises:
        ServeError: it holds none.
    """
    groups: object = {}
    if isinstance(content, Mapping) and isinstance(content.get("credentials"), Mapping):
        unknown = sorted(map(str, content.keys() - {"credentials", "groups"}))
        if unknown:
            raise ServeError(f"{source}: beside credentials there are groups, and no {unknown[0]!r}")
        groups, content = content.get("groups", {}), content["credentials"]
    if not isinstance(content, Mapping) or not content or not isinstance(groups, Mapping):
        raise ServeError(f"{source} holds no credentials: {_FORMS}")
    reader = _Reader(account_id, source, folder, groups)
    return {str(key): reader.credential(str(key), value) for key, value in content.items()}


class _Reader:
    """Reads the credentials of one source."""

    def __init__(self, account_id: str, source: str, folder: Path, groups: Mapping[str, object]) -> None:
        self._account_id = account_id
        self._source = source
        self._folder = folder
        self._groups = groups

    def credential(self, key: str, value: object) -> Credential:
        """What an access key stands for."""
        if isinstance(value, Credential):
            return value
        if isinstance(value, str) and value:
            return Credential(value, root_of(self._account_id))
        if not isinstance(value, Mapping) or not isinstance(value.get("secret"), str) or not value["secret"]:
            raise ServeError(f"{self._source} holds no credentials for {key}: {_FORMS}")
        unknown = sorted(map(str, value.keys() - set(_MEMBERS)))
        if unknown:
            raise ServeError(f"{self._source}, {key}: there is no {unknown[0]!r}: {', '.join(_MEMBERS)}")
        try:
            return Credential(value["secret"], self._principal(key, value))
        except PolicyError as error:
            raise ServeError(f"{self._source}, {key}: {error}") from None

    def _principal(self, key: str, value: Mapping[str, object]) -> Principal:
        identity = self._policies(value.get("policies", ()), "policies")
        for name in _texts(value.get("groups", ()), "groups"):
            if name not in self._groups:
                raise PolicyError(f"there is no group {name!r}")
            identity += self._policies(self._groups[name], f"the group {name}")
        tags = value.get("tags", {})
        if not isinstance(tags, Mapping) or not all(isinstance(each, str) for each in tags.values()):
            raise PolicyError("tags are an object of texts")
        return Principal(
            principal_arn(value.get("arn", f"arn:aws:iam::{self._account_id}:user/{key}")),
            tuple(identity),
            self._policy(value.get("boundary"), "the boundary"),
            self._policy(value.get("session"), "the session policy"),
            tag_keys(tags),
        )

    def _policies(self, given: object, name: str) -> list[Policy]:
        listed = given if isinstance(given, list | tuple) else [given]
        read = [self._policy(each, f"policy {number} of {name}") for number, each in enumerate(listed, 1)]
        return [each for each in read if each is not None]

    def _policy(self, given: object, name: str) -> Policy | None:
        """A policy, of a document or of the path of one."""
        if given is None:
            return None
        document: Document
        if isinstance(given, Mapping):
            document = given
        elif isinstance(given, str | Path):
            is_text = isinstance(given, str) and given.lstrip().startswith("{")
            document = str(given) if is_text else _text_of(self._folder / given, f"the policy {given}")
        else:
            raise PolicyError(f"{name} is a document or the path of one, not {given!r}")
        return read_policy(document, name)


def _texts(given: object, name: str) -> list[str]:
    listed = [given] if isinstance(given, str) else given
    if not isinstance(listed, list | tuple) or not all(isinstance(each, str) for each in listed):
        raise PolicyError(f"{name} are a list of names")
    return list(listed)


def _text_of(path: Path, name: str) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, ValueError) as error:  # Also no UTF-8, and no path.
        reason = getattr(error, "strerror", None) or error
        raise ServeError(f"cannot read {name}: {reason}") from None
