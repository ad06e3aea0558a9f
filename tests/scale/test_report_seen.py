"""The report in a browser: axe's rules, a phone's width, light and dark, nothing asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from browser import chromium
from manifests import done, failed, opened
from paged import DESK, PHONE, visited
from pellucid.scale.items import Item, Made
from pellucid.scale.report.page import write_report
from pictures import photograph

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> Path:
    """Of a run with all that a report can have, and long names."""
    from PIL import Image

    folder = tmp_path_factory.mktemp("report")
    (folder / "out").mkdir()
    odd = "<script>document.title='no'</script>" + "a_long_name" * 30
    items = [Item(str(folder / f"{n}.png"), f"{n}.png", 9000 * 4**n, "") for n in range(4)]
    for n, one in enumerate(items):
        Image.fromarray(photograph(300, 300)).save(one.url)
        Image.fromarray(photograph(300, 300) // 2 + n).save(folder / "out" / one.place)
    bad = [Item(f"{odd}{n}", f"{odd}{n}", 5, "") for n in range(3)]
    made = Made({"width": 300, "height": 300}, (odd,), damaged=True)
    about = {"target": str(folder / "out"), "source": odd, "words": odd}
    with opened(folder / "run.sqlite", **about) as manifest:
        manifest.add([*items, *bad], str)
        manifest.record([done(one, place=one.place, made=made) for one in items])
        manifest.record([failed(one, message=odd) for one in bad[1:]])
        write_report(manifest, folder / "run.html")
    return folder / "run.html"


@pytest.mark.parametrize("size", [DESK, PHONE])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_rule_of_axe_is_broken(browser, report, size, scheme):
    from axe_playwright_python.sync_playwright import Axe

    with visited(browser, report.as_uri(), size, color_scheme=scheme, quiet=False) as page:
        assert page.locator("img").count() == 8
        page.locator("summary").click()
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.title() == "pellucid batch compress"


def test_nothing_is_wider_than_a_phone(browser, report):
    with visited(browser, report.as_uri(), PHONE, has_touch=True, is_mobile=True) as page:
        assert page.evaluate("() => document.documentElement.scrollWidth") <= PHONE[0]


def test_crops_are_shown_sample_for_sample(browser, report):
    with visited(browser, report.as_uri(), DESK) as page:
        sizes = page.evaluate(
            "() => [...document.images].map((one) => [one.complete, one.naturalWidth, one.width])"
        )
        assert sizes == [[True, 256, 256]] * 8
