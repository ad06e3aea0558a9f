"""The page in a browser: pictures come in, controls do what they say, files go out."""

from __future__ import annotations

import zipfile
from io import BytesIO
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from PIL import Image

import pellucid
from paged import (
    after,
    decoded,
    drawn,
    first_of,
    give,
    range_to,
    saved,
    seen,
    show_only,
    text,
    visited,
)
from pellucid.serve import ServerLimits
from pellucid.serve.page.handed import Handed
from served import CHELSEA, png, running

SIZE = (120, 160)  # of the photograph


def test_before_is_the_picture_and_after_what_its_file_holds(page, photo):
    give(page, ("my cat.png", photo))
    show_only(page, "before")
    assert np.array_equal(seen(page, SIZE), decoded(photo))
    show_only(page, "after")
    name, pel = saved(page, lambda: page.click("[data-kind=pel]"))
    assert name == "my cat.pel"
    assert np.array_equal(seen(page, SIZE), pellucid.decompress(pel))
    assert pel == pellucid.compress(photo)
    assert text(page, "#row-pellucid td:nth-child(2)") == f"{len(pel):,}"
    assert f"my cat.png: {len(pel):,} bytes" in text(page, "#status")
    assert text(page, "#about-picture") == "160 × 120, RGB, 8 bits"


def test_files_of_the_result_in_other_formats(page, photo):
    give(page, ("a.b.png", photo))
    after(page, lambda: range_to(page, "quality", 20))
    wanted = pellucid.decompress(pellucid.compress(photo, quality=20))
    name, data = saved(page, lambda: page.click("[data-kind=png]"))
    assert name == "a.b.png"
    assert np.array_equal(decoded(data), wanted)
    name, data = saved(page, lambda: page.click("[data-kind=jpg]"))
    assert name == "a.b.jpg"
    assert np.abs(decoded(data).astype(int) - wanted).mean() < 3


def test_each_control_does_what_the_option_does(page, photo):
    give(page, ("a.png", photo))
    chosen = {}
    for set_it, options in (
        (lambda: range_to(page, "quality", 33), {"quality": 33}),
        (lambda: page.select_option("#tune", "psnr"), {"tune": "psnr"}),
        (lambda: page.select_option("#model", "s"), {"model": "s"}),
        (lambda: range_to(page, "effort", 1), {"effort": 1}),
        (lambda: page.check("[name=aim][value=size]"), {"quality": None, "size": 100_000}),
        (lambda: page.check("[name=aim][value=lossless]"), None),
    ):
        after(page, set_it)
        chosen = {"lossless": True} if options is None else {**chosen, **options}
        _, pel = saved(page, lambda: page.click("[data-kind=pel]"))
        assert pel == pellucid.compress(photo, **chosen), chosen


def test_numbers_of_a_size_and_of_an_error_can_be_typed(page, photo):
    give(page, ("a.png", photo))
    after(page, lambda: page.check("[name=aim][value=size]"))
    after(page, lambda: page.fill("#size", "2.5"))
    assert int(text(page, "#row-pellucid td:nth-child(2)").replace(",", "")) <= 2500
    page.fill("#size", "")  # no number: nothing is asked for
    assert page.locator("#size:invalid").count() == 1
    after(page, lambda: page.check("[name=aim][value=max_error]"))
    after(page, lambda: page.fill("#max_error", "5"))
    assert "Each sample within 5" in text(page, "#said")


def test_noise_is_left_out_or_taken_off(page, photo):
    noise = np.random.default_rng(0).normal(0, 12, (*SIZE, 3))
    noisy = png((decoded(photo) + noise).clip(0, 255).astype(np.uint8))
    give(page, ("noisy.png", noisy))
    after(page, lambda: page.select_option("#denoise", "auto"))
    assert "noise of sigma" in text(page, "#said")
    _, pel = saved(page, lambda: page.click("[data-kind=pel]"))
    assert pel == pellucid.compress(noisy, denoise="auto")
    after(page, lambda: page.select_option("#denoise", "part"))
    after(page, lambda: range_to(page, "part", 50))
    _, pel = saved(page, lambda: page.click("[data-kind=pel]"))
    assert pel == pellucid.compress(noisy, denoise=0.5)
    after(page, lambda: page.check("[name=task][value=denoise]"))
    after(page, lambda: page.select_option("#denoiser", "xs"))
    after(page, lambda: range_to(page, "strength", 80))
    clean = pellucid.denoise(noisy, strength=0.8, model="xs")
    show_only(page, "after")
    assert np.array_equal(seen(page, SIZE), clean)
    assert text(page, "#right-name") == "denoised"
    _, pel = saved(page, lambda: page.click("[data-kind=pel]"))
    assert np.array_equal(pellucid.decompress(pel), clean)


def test_many_pictures_are_a_list_with_totals_and_one_archive(page, photo, pel):
    other = png(decoded(photo)[::-1].copy())
    give(page, ("a.png", photo), ("A.jpg", other), ("b.pel", pel))
    page.wait_for_selector("#totals:text('All:')")
    assert page.locator("#list li").count() == 3
    name, data = saved(page, lambda: page.click("#zip"))
    assert name == "pellucid.zip"
    with zipfile.ZipFile(BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["a.pel", "A-2.pel", "b.pel"]
        files = [archive.read(each) for each in archive.namelist()]
    assert files == [pellucid.compress(photo), pellucid.compress(other), pel]
    before, now = len(photo) + len(other) + len(pel), sum(map(len, files))
    part = f"{100 * now / before:.1f} %"
    assert text(page, "#totals") == f"All: {before:,} bytes → {now:,} bytes, {part}"
    page.click("#list li:nth-child(2) .open")
    page.wait_for_selector("#status:has-text('A.jpg')")
    show_only(page, "before")
    assert np.array_equal(seen(page, SIZE), decoded(other))
    page.click("#list li:nth-child(2) .remove")
    page.wait_for_selector("#status:has-text('b.pel')")  # the neighbour
    for _ in range(2):
        page.click("#list li .remove")
    page.wait_for_selector("#empty:visible")
    assert page.evaluate("() => document.activeElement.id") == "choose"


def test_a_pel_file_is_shown_as_it_is_and_can_be_made_again(page, pel):
    give(page, ("x.pel", pel))
    show_only(page, "after")
    assert np.array_equal(seen(page, SIZE), pellucid.decompress(pel))
    assert page.locator("[name=task][value=open]").is_checked()
    _, same = saved(page, lambda: page.click("[data-kind=pel]"))
    assert same == pel
    after(page, lambda: page.check("[name=task][value=compress]"))
    _, again = saved(page, lambda: page.click("[data-kind=pel]"))
    assert again == pellucid.compress(pellucid.decompress(pel))


def test_the_part_that_is_seen_comes_before_the_whole(page):
    with Image.open(CHELSEA) as cat:
        large = np.asarray(cat.convert("RGB").resize((1000, 1000)))
    page.select_option("#model", "s")
    give(page, ("large.png", png(large)))
    for _ in range(8):
        page.click("#zoom-in")
    show_only(page, "after")
    earlier = decoded(page.locator("#view").screenshot()).astype(int)
    held = []
    page.route("**/result", lambda route: held.append(route))
    with page.expect_response("**/preview?*") as coming:
        range_to(page, "quality", 0)
    region = parse_qs(urlsplit(coming.value.url).query)
    assert int(region["width"][0]) * int(region["height"][0]) <= 500_000
    asked = first_of(page, held)  # for the whole, once the part is there
    drawn(page)
    first = decoded(page.locator("#view").screenshot()).astype(int)
    after(page, asked.continue_)
    whole = decoded(page.locator("#view").screenshot())
    assert np.abs(first - whole).mean() < np.abs(first - earlier).mean() / 3


def test_16_bits_are_shown_in_8_and_saved_in_16(page):
    ramp = np.linspace(20000, 30000, 64 * 96).astype(np.uint16).reshape(64, 96)
    give(page, ("deep.png", png(ramp)))
    assert "16 bits, shown from 20,009 to 29,990" in text(page, "#about-picture")
    show_only(page, "before")
    shown = seen(page, (64, 96))
    assert (shown.min(), shown.max()) == (0, 255)
    after(page, lambda: page.check("[name=aim][value=lossless]"))
    _, pel = saved(page, lambda: page.click("[data-kind=pel]"))
    assert np.array_equal(pellucid.decompress(pel), ramp)
    assert text(page, "#row-webp td:nth-child(2)") == "8 bits only"


@pytest.mark.parametrize("how", ["drop", "paste"])
def test_pictures_are_dropped_and_pasted(page, photo, how):
    event, holder = {
        "drop": ("DragEvent", "dataTransfer"),
        "paste": ("ClipboardEvent", "clipboardData"),
    }[how]
    page.evaluate(
        """([how, event, holder, bytes]) => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(bytes)], "dropped.png"));
            const send = (kind, type) => document.body.dispatchEvent(new globalThis[event](
                kind, { [holder]: data, bubbles: true, cancelable: true }));
            if (how === "drop") send("dragenter");
            window.marked = document.body.classList.contains("dropping");
            send(how);
        }""",
        [how, event, holder, list(photo)],
    )
    page.wait_for_selector("#status:has-text('dropped.png')")
    assert page.evaluate("() => window.marked") == (how == "drop")
    assert page.locator("body.dropping").count() == 0


def test_pictures_that_a_command_hands_over_are_there(browser, tmp_path, photo):
    path = tmp_path / "secret name.png"
    path.write_bytes(photo)
    token = "t" * 20
    with (
        running(ServerLimits(at_once=1), token, page=True, handed=Handed([path])) as server,
        visited(browser, f"{server.url}/?token={token}") as page,
    ):
        assert page.url == f"{server.url}/"
        page.wait_for_selector("#status:has-text('secret name.png')")
        (listed,) = page.request.get("/page/handed").json()
        assert listed["name"] == path.name
        assert page.request.get(f"/page/handed/{listed['id']}").body() == photo
        assert page.request.get("/page/handed/secret name.png").status == 404
        assert server.client.get("/page/handed").status_code == 401
