"""The page in a browser: maps, other formats, and what it offers for a picture."""

from __future__ import annotations

from io import BytesIO

import numpy as np

import pellucid
from paged import (
    after,
    decoded,
    drawn,
    give,
    range_to,
    saved,
    seen,
    show_only,
    text,
)
from served import png

SIZE = (120, 160)  # of the photograph


def test_other_formats_are_a_click_away(page, photo):
    give(page, ("a.png", photo))
    show_only(page, "after")
    ours = seen(page, SIZE)
    most = int(text(page, "#row-pellucid td:nth-child(2)").replace(",", ""))
    for name in ("webp", "avif"):
        page.check(f"[name=right][value={name}]")
        size = text(page, f"#row-{name} td:nth-child(2)")
        assert 0.8 * most < int(size.replace(",", "")) <= most
        label = {"webp": "WebP", "avif": "AVIF"}[name]
        page.wait_for_selector(f"#right-name:text('{label}, {size} bytes')")
        drawn(page)
        assert (seen(page, SIZE) != ours).mean() > 0.3
    page.check("[name=right][value=pellucid]")
    page.wait_for_selector("#right-name:text('pellucid')")
    drawn(page)
    assert np.array_equal(seen(page, SIZE), ours)


def test_maps_lie_over_the_right_side_with_a_legend(page, photo):
    give(page, ("a.png", photo))
    show_only(page, "after")
    plain = seen(page, SIZE)
    for kind, unit in (("bits", "and more, bits per pixel"), ("change", "difference of samples")):
        page.check(f"[name=overlay][value={kind}]")
        page.wait_for_selector(f"#legend-most:text('{unit}')")
        drawn(page)
        assert (seen(page, SIZE) != plain).mean() > 0.9
    page.check("[name=overlay][value=noise]")
    page.wait_for_selector("#legend-most:text('everywhere, sigma of noise')")
    assert page.locator("[data-shade]:visible").count() == 0
    drawn(page)
    assert np.array_equal(seen(page, SIZE), plain)  # the same everywhere has no shades
    page.check("[name=overlay][value=change]")
    after(page, lambda: range_to(page, "quality", 90))
    show_only(page, "before")
    assert np.array_equal(seen(page, SIZE), decoded(photo))
    page.check("[name=overlay][value='']")
    page.wait_for_selector("#legend", state="hidden")
    page.check("[name=overlay][value=change]")
    after(page, lambda: page.check("[name=aim][value=lossless]"))
    page.wait_for_selector("#legend-most:text('0 everywhere, difference of samples')")


def test_maps_belong_to_the_file_of_pellucid(page, photo):
    give(page, ("a.png", photo))
    page.check("[name=overlay][value=bits]")
    page.wait_for_selector("#legend:visible")
    page.check("[name=right][value=webp]")
    page.wait_for_selector("#right-name:text('WebP')")
    page.wait_for_selector("#legend", state="hidden")
    assert page.locator("#overlay:disabled").count() == 1
    page.check("[name=right][value=pellucid]")
    page.wait_for_selector("#legend:visible")
    after(page, lambda: page.check("[name=task][value=denoise]"))
    assert page.locator("[name=overlay][value=bits]:disabled").count() == 1  # there is no file
    page.wait_for_selector("#legend", state="hidden")


def test_the_offer_to_show_a_file_as_it_is_follows_the_picture(page, photo, pel):
    give(page, ("a.png", photo), ("x.pel", pel))
    offer = page.locator("[data-pel]")
    assert not offer.is_visible()
    for row, name, there in ((2, "x.pel", True), (1, "a.png", False)):
        page.click(f"#list li:nth-child({row}) .open")
        page.wait_for_selector(f"#status:has-text('{name}')")
        assert offer.is_visible() == there
    assert page.locator("[name=task][value=compress]").is_checked()
    page.click("#list li:nth-child(2) .open")
    page.wait_for_selector("#status:has-text('x.pel')")
    after(page, lambda: page.check("[name=task][value=compress]"))  # now chosen, and for all
    page.click("#list li:nth-child(1) .remove")
    page.wait_for_selector("#totals:text('All')")
    assert f"→ {len(pel):,}" not in text(page, "#list")


def test_only_what_is_possible_is_offered(page, photo):
    bands = BytesIO()
    np.save(bands, np.arange(32 * 32 * 5, dtype=np.uint16).reshape(32, 32, 5))
    give(page, ("bands.npy", bands.getvalue()), ("a.png", photo))
    assert page.locator("[name=aim][value=lossless]").is_checked()
    for what in ("[name=aim][value=quality]", "[data-kind=png]", "[data-kind=jpg]"):
        assert page.locator(what).is_disabled()
    assert page.locator("#only-exact").is_visible()
    _, pel = saved(page, lambda: page.click("[data-kind=pel]"))
    assert pellucid.info(pel).max_error == 0
    page.click("#list li:nth-child(2) .open")
    page.wait_for_selector("#said:text('Quality 60')")
    assert page.locator("[data-kind=jpg]").is_enabled()
    assert not page.locator("#only-exact").is_visible()


def test_a_format_without_so_small_a_file_is_not_chosen(page, photo):
    give(page, ("a.png", photo), ("dot.png", png(np.zeros((1, 1, 3), np.uint8))))
    page.check("[name=right][value=avif]")
    page.wait_for_selector("#right-name:text('AVIF')")
    page.click("#list li:nth-child(2) .open")
    page.wait_for_selector("#row-avif:has-text('none so small')")
    assert page.locator("[name=right][value=pellucid]").is_checked()
    assert page.locator("#messages li").count() == 0


def test_other_formats_hold_up_no_other_picture(page, photo):
    page.route("**/peers/*", lambda _: None)  # which are never answered
    give(page, ("a.png", photo), ("b.png", photo))
    page.wait_for_selector("#row-webp:has-text('…')")
    page.wait_for_timeout(600)  # by then they are asked for
    page.wait_for_selector("#totals:has-text('All')")
    said = page.evaluate("""async () => {
        const { unlike } = await import('/page/static/page.js');
        const [figures, dtype] = [{ bytes: 1, psnr: 1 }, 'uint8'];
        const about = (height) => ({ dtype, width: 4000, height });
        return [3000, 3001].map((height) => unlike({ figures, about: about(height) }));
    }""")
    assert said == ["", "up to 12 MP"]
