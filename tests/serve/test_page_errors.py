"""The page when something goes wrong: a line says what, the rest goes on, the last request wins."""

from __future__ import annotations

import re

import numpy as np
import pytest

import pellucid
from paged import DONE, after, give, range_to, seen, show_only, text, visited
from served import png, until

SIZE = (120, 160)


@pytest.fixture
def page(browser, page_server):
    with visited(browser, page_server.url, quiet=False) as found:
        yield found


def test_a_file_that_is_no_picture_is_named_and_the_others_go_on(page, photo):
    page.set_input_files(
        "#files",
        [
            {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"just text"},
            {"name": "a.png", "mimeType": "image/png", "buffer": photo},
        ],
    )
    page.wait_for_selector("#totals:text('1 of 2')")
    assert text(page, "#messages").startswith("notes.txt: ")
    assert "not done" in text(page, "#list li:nth-child(1)")
    page.click("#list li:nth-child(2) .open")
    page.wait_for_selector("#status:text('a.png')")
    page.click("#messages button")
    assert page.locator("#messages li").count() == 0


def test_a_damaged_file_and_one_that_is_too_large(page, pel):
    damaged = bytearray(pel)
    damaged[-40] ^= 255
    give_bad(page, "damaged.pel", bytes(damaged), "damaged.pel: ")
    give_bad(page, "large.png", png(np.zeros((1100, 1000), np.uint8)), "1100|1,100")
    give_bad(page, "bytes.png", bytes(4_000_001), "bytes.png: .*4,000,000")


def give_bad(page, name, data, said):
    page.set_input_files(
        "#files", [{"name": name, "mimeType": "application/octet-stream", "buffer": data}]
    )
    page.wait_for_selector(f"#messages li:has-text('{name}')")
    assert re.search(said, text(page, f"#messages li:has-text('{name}')"))


def test_a_setting_that_cant_be_met_is_said_until_it_can(page, photo):
    give(page, ("a.png", photo))
    page.check("[name=aim][value=size]")
    page.fill("#size", "0.1")
    page.wait_for_selector("#messages li:has-text('a.png')")
    assert page.locator("#stage[data-state=failed]").count() == 1
    after(page, lambda: page.fill("#size", "4"))
    assert page.locator("#messages li").count() == 0


def test_a_busy_server_is_asked_again(page, photo):
    give(page, ("a.png", photo))
    asked = []

    def busy(route):
        asked.append(route.request.url)
        if len(asked) > 2:
            route.continue_()
        else:
            route.fulfill(status=429, headers={"Retry-After": "1"}, json={"message": "full"})

    page.route("**/result", busy)
    range_to(page, "quality", 30)
    page.wait_for_selector("#status:text('busy')")
    page.wait_for_selector("#said:text('Quality 30')")
    assert len(asked) == 3
    assert page.locator("#messages li").count() == 0


def test_a_server_that_is_gone_is_said_and_found_again(page, photo):
    give(page, ("a.png", photo))
    page.route("**/page/**", lambda route: route.abort())
    range_to(page, "quality", 30)
    page.wait_for_selector("#messages li:has-text('does not answer')")
    page.click("[data-kind=pel]")
    page.wait_for_selector("#messages li[data-key=save]")
    page.unroute_all()
    after(page, lambda: range_to(page, "quality", 31))
    assert "Quality 31" in text(page, "#said")
    assert page.locator("#messages li[data-key=server]").count() == 0


def test_a_picture_that_the_server_forgot_is_sent_again(page, page_server, photo):
    sent = []
    page.on("request", lambda request: sent.append((request.method, request.url)))
    give(page, ("a.png", photo))
    store = page_server.app.state.pictures
    (name,) = list(store._entries)[-1:]
    store.drop(name)
    after(page, lambda: range_to(page, "quality", 30))
    assert sent.count(("POST", f"{page_server.url}/page/pictures")) == 2
    assert page.locator("#messages li").count() == 0


def test_the_last_of_many_changes_wins_and_the_others_end(page, page_server, photo):
    give(page, ("a.png", photo))
    range_to(page, "effort", 9)
    assert until(lambda: page_server.work.working, 5)
    for quality in (10, 90, 20, 80):
        range_to(page, "quality", quality)
        page.wait_for_timeout(60)  # each is asked for
    range_to(page, "effort", 0)
    range_to(page, "quality", 42)
    page.wait_for_selector("#said:text('Quality 42')")
    show_only(page, "after")
    wanted = pellucid.decompress(pellucid.compress(photo, quality=42))
    assert np.array_equal(seen(page, SIZE), wanted)
    page.wait_for_selector(DONE)
    page.evaluate("() => { location.href = 'about:blank'; }")
    assert until(lambda: not page_server.work.working, 5)
