"""Who may ask: token, host and origin; and the headers of every answer."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from pellucid.errors import OptionError
from pellucid.serve.app import make_app
from pellucid.serve.guard import HEADERS
from pellucid.serve.run import address_of, check_token

TOKEN = "a token of the tests"


def ask(
    method: str,
    path: str,
    token: str | None = None,
    base: str = "http://127.0.0.1:8000",
    **headers: str,
) -> httpx.Response:
    """An answer of an application whose processes don't run."""

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(make_app(token=token, page=False))
        async with httpx.AsyncClient(transport=transport, base_url=base) as client:
            return await client.request(method, path, headers=headers)

    return asyncio.run(asked())


@pytest.mark.parametrize("name", ["127.0.0.1:8000", "localhost", "[::1]:80", "LOCALHOST:1"])
def test_names_of_this_machine(name: str) -> None:
    assert ask("GET", "/health", host=name).status_code == 200


@pytest.mark.parametrize("name", ["evil.example", "127.0.0.1.evil.example", "", "[", "localhost@x"])
def test_other_names_are_refused(name: str) -> None:
    answer = ask("GET", "/health", host=name)
    assert (answer.status_code, answer.json()["kind"]) == (421, "HostError")


def test_with_a_token_any_name_will_do() -> None:
    bearer = {"authorization": f"Bearer {TOKEN}"}
    assert ask("GET", "/metrics", TOKEN, host="pictures.example", **bearer).status_code == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:8001", "x", "http://["]
)
def test_other_sites_are_refused(origin: str) -> None:
    answer = ask("POST", "/v1/info", origin=origin)
    assert (answer.status_code, answer.json()["kind"]) == (403, "OriginError")


def test_its_own_page_may_ask() -> None:
    own = {"origin": "http://127.0.0.1:8000"}
    assert ask("POST", "/nothing", **own).status_code == 404
    assert ask("GET", "/health", origin="http://evil.example").status_code == 200


@pytest.mark.parametrize("path", ["/metrics", "/v1/openapi.json", "/v1/models", "/", "/nothing"])
@pytest.mark.parametrize(
    "given", ["", "Bearer wrong", f"Basic {TOKEN}", "Bearer", f"bearer {TOKEN}x"]
)
def test_without_the_token_nothing(path: str, given: str) -> None:
    answer = ask("GET", path, TOKEN, authorization=given)
    assert (answer.status_code, answer.json()["kind"]) == (401, "TokenError")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_health_needs_none() -> None:
    assert ask("GET", "/health", TOKEN).status_code == 200


@pytest.mark.parametrize("token", [TOKEN, "a+b/c=d&e#f%20g?hi", "'\"<>\\^`{|}~ -_.!*()"])
def test_the_address_gives_the_token_whatever_is_in_it(token: str) -> None:
    address = urlsplit(address_of("::1", 8000, token))
    assert (address.scheme, address.netloc, address.path) == ("http", "[::1]:8000", "/")
    check_token("::1", token)
    assert ask("GET", f"/?{address.query}", token).status_code == 303
    assert address_of("127.0.0.1", 80, None) == "http://127.0.0.1:80/"


def test_a_browser_gets_a_cookie_for_the_token() -> None:
    answer = ask("GET", f"/?token={TOKEN.replace(' ', '%20')}", TOKEN)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert TOKEN not in cookie
    kept = cookie.partition(";")[0]
    assert ask("GET", "/metrics", TOKEN, cookie=kept).status_code == 200
    assert ask("GET", "/metrics", TOKEN, cookie=f"{kept}0").status_code == 401
    assert ask("GET", "/?token=wrong", TOKEN).status_code == 401
    assert ask("GET", "/v1/models?token=" + TOKEN, TOKEN).status_code == 401


@pytest.mark.parametrize(("path", "token"), [("/health", None), ("/no", None), ("/", TOKEN)])
def test_headers_protect_every_answer(path: str, token: str | None) -> None:
    found = ask("GET", path, token).headers
    assert {name: found[name] for name in HEADERS} == HEADERS
    assert "default-src 'self'" in found["content-security-policy"]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "pictures.example"])
def test_hosts_that_others_reach_need_a_token(host: str) -> None:
    with pytest.raises(OptionError, match="token"):
        check_token(host, None)
    check_token(host, TOKEN)
    for wrong in ("short", "t\u00f6ken that is long", f"{TOKEN} ", f"\n{TOKEN}", f"a\x00{TOKEN}"):
        with pytest.raises(OptionError, match="16"):
            check_token(host, wrong)


def test_own_hosts_need_none() -> None:
    for host in ("127.0.0.1", "localhost", "::1"):
        check_token(host, None)


def test_openapi_says_how_the_token_is_given() -> None:
    def schemes(token: str | None, **headers: Any) -> Any:
        found = ask("GET", "/v1/openapi.json", token, **headers).json()
        return found.get("components", {}).get("securitySchemes")

    assert schemes(None) is None
    assert schemes(TOKEN, authorization=f"Bearer {TOKEN}")["HTTPBearer"]["scheme"] == "bearer"
