"""Clients made while a mock is on: what they are given, so that nothing of theirs reaches a network.

A region and credentials where none are set, and a guard that refuses their calls where nothing answers them.
"""

from __future__ import annotations

import os

from minidynamo.boto.botocore_types import Client, OperationModel, Options, Session
from minidynamo.boto.routes import SERVICES, current_endpoint

# What clients sign with that have no credentials.
PROVIDED_KEY = "minidynamo"
# Whether each mock that is on guards the clients made inside it; the one switched on last comes last.
_guarding: list[bool] = []


class DoubleError(RuntimeError):
    """A client made inside a mock is used where nothing answers it."""


def refuse_outside(*, model: OperationModel, **ignored: object) -> None:
    """The guard: a hook on the calls of clients made inside a mock; refuses them outside any."""
    if current_endpoint() is None:
        raise DoubleError(
            f"{model.name}: this client was made inside minidynamo.mock() and is used outside it, where it "
            "would call AWS. Make a new client, or say mock(allow_network_after=True)."
        )


def begin_guarding(guards: bool) -> None:
    """Guards clients made from now on, or leaves them unguarded."""
    _guarding.append(guards)


def end_guarding(guards: bool) -> None:
    """Ends the last such arrangement of this kind."""
    _guarding.reverse()
    _guarding.remove(guards)
    _guarding.reverse()


def _guards_now() -> bool:
    return bool(_guarding) and _guarding[-1]


def provide_inside(session: Session, service_name: str, rest: tuple[object, ...], options: Options) -> None:
    """Provides for a client that is about to be made, where a mock is on; `rest` are its positional options."""
    endpoint = current_endpoint()
    is_ours = service_name in SERVICES
    if (is_ours or service_name == "lambda") and endpoint is not None and not rest[1:]:
        # Clients of Lambda may be others' outside the mock: they sign with a key of ours only while it answers them.
        provide(session, options, endpoint.scope.region, is_ours and _guards_now(), has_region=bool(rest))


def provide(
    session: Session, options: Options, region: str, needs_credentials: bool = True, has_region: bool = False
) -> None:
    """Adds to the options of a new client the region and credentials that are not set.

    They would be looked for on a network otherwise, or missed.
    """
    in_options = options.get("region_name") or getattr(options.get("config"), "region_name", None)
    if not has_region and not in_options and not session.get_config_variable("region"):
        options["region_name"] = region
    is_explicit = options.get("aws_access_key_id") or options.get("aws_secret_access_key")
    is_known = getattr(session, "_credentials", None) is not None or "AWS_ACCESS_KEY_ID" in os.environ
    if needs_credentials and not is_explicit and not is_known:
        options |= {"aws_access_key_id": PROVIDED_KEY, "aws_secret_access_key": PROVIDED_KEY}


def guarded(client: Client, service_name: str) -> Client:
    """A new client, with the guard of the mock it was made in."""
    if service_name in SERVICES and _guards_now():
        event = f"provide-client-params.{client.meta.service_model.service_id.hyphenize()}"
        client.meta.events.register_first(event, refuse_outside, "minidynamo-guard")
    return client
