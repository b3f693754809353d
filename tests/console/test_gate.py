"""Who is let in to the console, and what its responses forbid browsers to do."""

from __future__ import annotations

import re
from http.cookies import SimpleCookie

import pytest

import minidynamo
from minidynamo.console.door import ConsoleDoor
from minidynamo.http.server.server import Server, ServerOptions
from tests.console.asking import asked_over_http, called, got, posted, refusal
from tests.console.shop import shop

WRITING = {"method": "tables.create", "table": "T", "partition_key": "pk"}


@pytest.fixture
def door() -> ConsoleDoor:
    return ConsoleDoor(minidynamo.connect())


def guarded() -> ConsoleDoor:
    """A console that asks for its link, since its server asks for credentials."""
    return ConsoleDoor(minidynamo.connect(), has_credentials=True)


def test_this_machine_alone_needs_no_token(door: ConsoleDoor) -> None:
    assert door.entry == "/console/"
    assert got(door, "/console/").status == 200


@pytest.mark.parametrize("settings", [{"host": "0.0.0.0"}, {"has_credentials": True}])
def test_others_need_a_token(settings: dict[str, object]) -> None:
    """Where other machines could come, and where everybody is asked for credentials."""
    door = ConsoleDoor(minidynamo.connect(), **settings)  # type: ignore[arg-type]
    assert re.fullmatch(r"/console/\?token=[\w-]{32}", door.entry)
    for path in ("/console/", "/console/events", "/console/main.js"):
        assert got(door, path).status == 401
    assert posted(door, {"method": "about"}).status == 401


def test_the_token_becomes_a_cookie_and_goes_from_the_address() -> None:
    door = guarded()
    response = got(door, "/console/", door.entry.partition("?")[2])
    assert (response.status, response.headers["location"]) == (303, "/console/")
    (cookie,) = response.cookies
    morsel = SimpleCookie(cookie)["minidynamo-console"]
    assert (morsel["httponly"], morsel["samesite"], morsel["path"]) == (True, "Strict", "/console")
    assert got(door, "/console/", cookie=f"minidynamo-console={morsel.value}").status == 200


def test_the_token_is_good_once() -> None:
    door = guarded()
    query = door.entry.partition("?")[2]
    assert got(door, "/console/", query).status == 303
    assert got(door, "/console/", query).status == 401
    assert door.entry == "/console/"


@pytest.mark.parametrize("cookie", ["minidynamo-console=guess", "minidynamo-console=\u00e4", "other=1", ";=;"])
def test_other_cookies_open_nothing(cookie: str) -> None:
    assert got(guarded(), "/console/", cookie=cookie).status == 401


def test_over_tls_the_cookie_is_for_tls() -> None:
    door = ConsoleDoor(minidynamo.connect(), host="0.0.0.0", is_secure=True)
    assert "; Secure" in got(door, "/console/", door.entry.partition("?")[2]).cookies[0]


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "http://localhost:3000"},
        {"origin": "null"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
)
def test_pages_of_other_sites_are_refused(door: ConsoleDoor, headers: dict[str, str]) -> None:
    assert posted(door, WRITING, **headers).status == 403
    assert called(door, "tables.names")["names"] == []
    assert got(door, "/console/events", **headers).status == 403


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_what_forms_can_send_is_refused(door: ConsoleDoor, kind: str) -> None:
    """A page of another site can send such types without asking first."""
    assert posted(door, WRITING, content_type=kind).status == 415


@pytest.mark.parametrize("path", ["/console/", "/console/nothing", "/console/events"])
def test_every_response_forbids_scripts_and_frames_of_others(door: ConsoleDoor, path: str) -> None:
    headers = got(door, path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "DENY")
    assert headers["referrer-policy"] == "no-referrer"


def test_reading_only_refuses_what_writes() -> None:
    door = ConsoleDoor(shop(), is_read_only=True)
    key = {"pk": {"S": "CUSTOMER#ann"}, "sk": {"S": "PROFILE"}}
    for method, parameters in (
        ("items.put", {"table": "Shop", "text": "{}", "form": "plain"}),
        ("items.delete", {"table": "Shop", "key": key}),
        ("items.write", {"statement": "DELETE FROM Shop WHERE pk = 'a' AND sk = 'b'"}),
        ("tables.create", {}),
        ("tables.delete", {}),
        ("states.snapshot", {}),
        ("states.move_clock", {"seconds": 5}),
        ("live.drain", {}),
    ):
        status, text = refusal(door, method, **parameters)
        assert (status, text) == (403, "This console is for reading only: it was started with --console=read-only.")
    assert called(door, "items.get", table="Shop", key=key)["plain"]


def test_a_statement_that_writes_does_not_pass_as_one_that_reads() -> None:
    door = ConsoleDoor(shop(), is_read_only=True)
    request = {"Statement": "DELETE FROM Shop WHERE pk = 'CUSTOMER#ann' AND sk = 'PROFILE'"}
    assert refusal(door, "items.find", operation="ExecuteStatement", request=request)[0] == 400


def test_a_server_has_no_console_unless_asked() -> None:
    with minidynamo.connect().serve() as server:
        assert server.pages == []
        assert asked_over_http(server.url).status == 404


def test_a_server_answers_its_own_host_alone() -> None:
    """A page in a browser must not reach it under a name that it lets point here."""
    with minidynamo.connect().serve(console=True) as server:
        assert asked_over_http(server.url).status == 200
        assert asked_over_http(server.url, host="evil.example").status >= 400


def test_serve_says_where_the_console_is() -> None:
    with minidynamo.connect().serve(console="read-only", credentials={"AKIDEXAMPLE": "secret"}) as server:
        (page,) = server.pages
        assert page.startswith(f"{server.url}/console/?token=")
        assert asked_over_http(server.url, path=page.removeprefix(server.url)).status == 303
        assert server.pages == [f"{server.url}/console/"]


def test_other_modes_are_refused() -> None:
    with pytest.raises(ValueError, match="console"):
        minidynamo.connect().serve(console="all")  # type: ignore[arg-type]


def test_a_door_can_be_given_to_a_server() -> None:
    door = ConsoleDoor(minidynamo.connect())
    with Server(minidynamo.connect(), ServerOptions(), doors=[door]) as server:
        assert server.pages == [f"{server.url}/console/"]
