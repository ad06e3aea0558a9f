"""The page when something goes wrong: a line says what, the rest goes on, the last request wins."""

from __future__ import annotations

import re
import zipfile

import numpy as np
import pytest

import pellucid
from paged import DONE, after, first_of, give, payload, range_to, seen, show_only, text, visited
from pellucid.serve import ServerLimits, connection
from pellucid.serve.page.handed import Handed
from served import PATIENCE_S, png, running, until

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
    page.wait_for_selector("#status:has-text('a.png')")
    page.click("#messages button")
    assert page.locator("#messages li").count() == 0


def test_a_damaged_file_and_one_that_is_too_large(page, pel, monkeypatch):
    monkeypatch.setattr(connection, "REST_S", PATIENCE_S)  # which the browser may take to send it
    damaged = bytearray(pel)
    damaged[-40] ^= 255
    give_bad(page, "damaged.pel", bytes(damaged), "damaged.pel: ")
    give_bad(page, "large.png", png(np.zeros((1100, 1000), np.uint8)), "1100|1,100")
    give_bad(page, "bytes.png", bytes(4_000_001), "bytes.png: .*4,000,000")


def test_what_fails_beside_a_result_leaves_the_result_alone(page, photo):
    give(page, ("a.png", photo))
    page.wait_for_selector("[name=right][value=webp]:enabled")
    page.route("**/picture", lambda route: route.fulfill(status=500, json={"message": "no side"}))
    page.route("**/overlays/*", lambda route: route.fulfill(status=500, json={"message": "no map"}))
    page.check("[name=overlay][value=change]")
    page.wait_for_selector("#messages li:has-text('a.png: no map')")
    page.check("[name=right][value=webp]")
    page.wait_for_selector("#messages li:has-text('a.png: no side')")
    assert "→" in text(page, "#list .size")
    page.unroute_all()
    page.check("[name=right][value=pellucid]")
    page.wait_for_function("() => !document.querySelector('#messages li')")
    with page.expect_download() as coming:
        page.click("#zip")
    with zipfile.ZipFile(coming.value.path()) as archive:
        assert archive.namelist() == ["a.pel"]


def test_an_archive_says_what_it_leaves_out_and_keeps_its_settings(page, photo):
    files = [payload("a.png", photo), payload("bad.png", b"no"), payload("b.png", photo)]
    page.set_input_files("#files", files)
    page.wait_for_selector("#totals:has-text('2 of 3')")
    held = []
    page.route("**/files/pel", lambda route: route.continue_() if held else held.append(route))
    with page.expect_download() as coming:
        page.click("#zip")
        page.wait_for_selector("#zip:has-text('(0)')")
        after(page, lambda: range_to(page, "quality", 10))
        first_of(page, held).continue_()
    with zipfile.ZipFile(coming.value.path()) as archive:
        assert archive.namelist() == ["a.pel", "b.pel"]
        first, second = (archive.read(name) for name in archive.namelist())
    assert first == second == pellucid.compress(photo)
    page.wait_for_selector("#messages li[data-key=save]")
    assert "bad.png" in text(page, "#messages li[data-key=save]")


def test_nothing_of_the_picture_before_is_used_while_the_next_is_sent(page, photo):
    give(page, ("a.png", photo))
    held = []
    page.route("**/page/pictures", lambda route: held.append(route))
    page.set_input_files("#files", [payload("b.png", photo)])
    page.wait_for_selector("body[data-ready=false]")
    usable = "[data-kind]:enabled, [name=overlay]:enabled, table:not([inert])"
    assert page.locator(usable).count() == 0
    first_of(page, held).continue_()
    page.wait_for_selector("#status:has-text('b.png')")
    assert page.locator(usable).count() > 0


def test_a_file_that_is_gone_is_not_the_servers_fault(page, tmp_path, photo):
    paths = [tmp_path / name for name in ("a.png", "gone.png")]
    for path in paths:
        path.write_bytes(photo)
    held = []
    page.route("**/page/pictures", lambda route: held.append(route), times=1)
    page.set_input_files("#files", paths)
    first = first_of(page, held)  # the other is sent after it
    paths[1].unlink()
    first.continue_()
    page.wait_for_selector("#messages li:has-text('gone.png')")
    assert "can't be read" in text(page, "#messages")


def test_a_handed_file_that_is_gone_stops_no_other(browser, tmp_path, photo):
    paths = [tmp_path / name for name in ("gone.png", "there.png")]
    for path in paths:
        path.write_bytes(photo)
    with running(ServerLimits(at_once=1), page=True, handed=Handed(paths)) as server:
        paths[0].unlink()
        with visited(browser, server.url, quiet=False) as page:
            page.wait_for_selector("#status:has-text('there.png')")
            assert "gone.png: the file is gone" in text(page, "#messages")
            assert page.locator("#list li").count() == 1


def give_bad(page, name, data, said):
    page.set_input_files(
        "#files", [{"name": name, "mimeType": "application/octet-stream", "buffer": data}]
    )
    page.wait_for_selector(f"#messages li:has-text('{name}')")
    assert re.search(said, text(page, f"#messages li:has-text('{name}')"))


def test_a_setting_that_cant_be_met_is_said_until_it_can(page, photo):
    give(page, ("a.png", photo))
    page.check("[name=overlay][value=change]")
    page.wait_for_selector("#legend:visible")
    page.check("[name=aim][value=size]")
    page.fill("#size", "0.1")
    page.wait_for_selector("#messages li:has-text('a.png')")
    assert page.locator("#stage[data-state=failed]").count() == 1
    assert page.locator("[data-kind]:enabled, [name=overlay]:enabled").count() == 0
    assert not page.locator("#legend").is_visible()
    after(page, lambda: page.fill("#size", "4"))
    assert page.locator("#messages li").count() == 0


def test_a_busy_server_is_asked_again(page, photo):
    give(page, ("a.png", photo))
    asked, held = [], []

    def busy(route):
        asked.append(route.request.url)
        if len(asked) > 2:
            held.append(route)
        else:
            route.fulfill(status=429, headers={"Retry-After": "1"}, json={"message": "full"})

    page.route("**/result", busy)
    range_to(page, "quality", 30)
    page.wait_for_selector("#status:has-text('busy')")
    first_of(page, held).continue_()
    page.wait_for_selector("#said:text('Quality 30')")
    assert len(asked) == 3
    assert page.locator("#messages li").count() == 0


def test_a_server_that_is_gone_is_said_and_found_again(page, photo):
    give(page, ("a.png", photo))
    page.route("**/page/**", lambda route: route.abort())
    range_to(page, "quality", 30)
    page.wait_for_selector("#messages li:has-text('does not answer')")
    page.click("#zip")
    page.wait_for_function("() => document.querySelector('#zip').ariaBusy === 'false'")
    assert page.locator("#messages li").count() == 1  # said once
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


def test_requests_at_once_send_a_forgotten_picture_once(page, page_server, photo):
    give(page, ("a.png", photo))
    page.wait_for_selector("[name=right][value=avif]:enabled")
    sent = []
    page.on("request", lambda request: sent.append(request.url.endswith("/page/pictures")))
    page_server.app.state.pictures.drop(list(page_server.app.state.pictures._entries)[-1])
    page.evaluate("""() => { for (const which of ['[data-kind=png]', '[data-kind=jpg]',
        '[data-kind=pel]', '[value=bits]']) document.querySelector(which).click(); }""")
    page.wait_for_selector("#legend:visible")
    page.wait_for_function("() => !document.querySelector('[aria-busy=true]')")
    assert sum(sent) == 1


def test_no_more_pictures_are_made_than_the_server_keeps(browser, photo):
    whole = 4 * 120 * 160 * 3
    with (
        running(ServerLimits(kept_bytes=3 * whole), page=True) as server,
        visited(browser, server.url) as page,
    ):
        sent = []
        page.on("request", lambda request: sent.append(request.url.endswith("/page/pictures")))
        give(page, *((f"{number}.png", photo) for number in range(4)))
        page.wait_for_selector("#totals:has-text('2 of 4')")
        page.wait_for_selector("#list li:has-text('made when chosen or saved')")
        range_to(page, "quality", 30)
        page.wait_for_selector("#said:has-text('Quality 30')")
        page.wait_for_selector("#totals:has-text('2 of 4')")
        assert sum(sent) == 2
        page.wait_for_selector("#row-avif:not(:has-text('…'))")  # so that the first picture isn't
        with page.expect_download() as coming:  # asked for after others have taken its place
            page.click("#zip")
        with zipfile.ZipFile(coming.value.path()) as archive:
            assert len(archive.namelist()) == 4


def test_the_last_of_many_changes_wins_and_the_others_end(page, page_server, photo):
    give(page, ("a.png", photo))
    for name, value in (("effort", 9), *(("quality", each) for each in (10, 90, 20, 80))):
        with page.expect_request("**/result"):  # each is asked for
            range_to(page, name, value)
    range_to(page, "effort", 0)
    range_to(page, "quality", 42)
    page.wait_for_selector("#said:text('Quality 42')")
    show_only(page, "after")
    wanted = pellucid.decompress(pellucid.compress(photo, quality=42))
    assert np.array_equal(seen(page, SIZE), wanted)
    page.wait_for_selector(DONE)
    page.evaluate("() => { location.href = 'about:blank'; }")
    assert until(lambda: not page_server.work.working)
