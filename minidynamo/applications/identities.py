"""As whom functions use the database: each is held to the policies of its role.

In a thread of this process, boto3 is answered by the database as the function's principal sees it. A process of its
own signs with a key of its own, by which a server on loopback tells functions apart.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from minidynamo.applications.definition import FunctionDefinition
from minidynamo.boto.routes import answering_here
from minidynamo.database.database import Database
from minidynamo.database.function_server import FunctionServer
from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.endpoints.isolation import Databases
from minidynamo.http.signatures import Signature
from minidynamo.lambdas.deployment import Deployment

_LAMBDA = "AWS_ENDPOINT_URL_LAMBDA"


@dataclass(frozen=True)
class _Seen:
    """What answers boto3 in a function: part of a database, whose functions it may invoke."""

    database: Endpoint
    owner: Endpoint
    databases: Databases | None = None


class Identities:
    """The functions of an application as principals.

    Parameters:
        database: what they use.
        functions: as they are defined.
    """

    def __init__(self, database: Database, functions: tuple[FunctionDefinition, ...]) -> None:
        self._database = database
        client_of = database.functions.client_of
        self._server = FunctionServer(self._endpoint_for, client_of)
        self._unsigned = FunctionServer(database, client_of)
        self.renew(functions)

    def install(self, deployment: Deployment) -> None:
        """Lets functions that are deployed use the database as themselves."""
        deployment.lending = self._lending
        deployment.reach = self._variables

    def renew(self, functions: tuple[FunctionDefinition, ...]) -> None:
        """Takes up functions as they are defined from now on."""
        self._functions = {each.name: each for each in functions}
        self._by_key = {_key_of(each.name): each for each in functions}
        self._seen: dict[str, tuple[FunctionDefinition, _Seen]] = {}

    def stop(self) -> None:
        """Ends the servers that processes reach."""
        self._server.stop()
        self._unsigned.stop()

    def _lending(self, name: str) -> Callable[[], AbstractContextManager[object]]:
        view = self._view(self._functions.get(name))
        return nullcontext if view is None else lambda: answering_here(view)

    def _view(self, function: FunctionDefinition | None) -> _Seen | None:
        """What a function sees of the database; None where that is all of it."""
        if function is None or function.policies is None:
            return None
        known = self._seen.get(function.name)
        if known is None or known[0] is not function:  # It may be that of before, of a call under way.
            view = self._database.as_principal(function.policies, arn=self._arn(function))
            known = self._seen[function.name] = function, _Seen(view, self._database)
        assert known[1].owner is self._database, f"{function.name} would see another database"
        return known[1]

    def _variables(self, name: str) -> dict[str, str]:
        """What boto3 in the process of a function reads."""
        key = _key_of(name)
        signing = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": key}
        return {**self._server.variables(), _LAMBDA: self._unsigned.variables()[_LAMBDA], **signing}

    def _endpoint_for(self, signature: Signature | None) -> Endpoint:
        """The database as whoever has signed a request sees it."""
        view = None if signature is None else self._view(self._by_key.get(signature.access_key))
        return self._database if view is None else view.database

    def _arn(self, function: FunctionDefinition) -> str:
        role = function.role.rpartition("/")[2] or f"{function.logical_name}Role"
        return f"arn:aws:sts::{self._database.scope.account_id}:assumed-role/{role}/{function.name[:64]}"


def _key_of(name: str) -> str:
    """The access key of a function."""
    return "ASIA" + hashlib.sha256(name.encode()).hexdigest()[:16].upper()
