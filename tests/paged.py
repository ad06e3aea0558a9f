"""The page in a browser, as a person's hands and eyes: what its tests share."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from playwright.sync_api import Browser, Page

DONE = "#stage[data-state=done][aria-busy=false]"
WAIT_MS = 120_000  # on a busy machine
DESK, PHONE = (1280, 860), (360, 740)


@contextmanager
def visited(
    browser: Browser, url: str, size: tuple[int, int] = DESK, *, quiet: bool = True, **context: Any
) -> Iterator[Page]:
    """The page in a window of its own; nothing may be asked of another machine, and with `quiet`
    nothing may be complained of.
    """
    said: list[str] = []
    width, height = size
    viewport = {"width": width, "height": height}
    with browser.new_context(viewport=viewport, base_url=url, **context) as window:
        window.set_default_timeout(WAIT_MS)
        page = window.new_page()
        page.on("request", lambda request: said.extend(elsewhere(request.url, url)))
        page.on("pageerror", lambda error: said.append(str(error)))
        if quiet:
            page.on("console", lambda message: said.append(message.text))
        page.goto(url)
        yield page
        assert said == [], said


def elsewhere(address: str, url: str) -> list[str]:
    """The address, if it is none of the server's and of nothing that the page made itself."""
    here = urlsplit(address).netloc == urlsplit(url).netloc
    return [] if here or address.startswith("blob:") else [address]


def give(page: Page, *files: tuple[str, bytes]) -> None:
    """Choose files, by name and content, and wait for the first."""
    page.set_input_files("#files", [payload(*file) for file in files])
    page.wait_for_selector(DONE)


def payload(name: str, data: bytes) -> dict[str, Any]:
    """A file as Playwright takes it."""
    return {"name": name, "mimeType": "application/octet-stream", "buffer": data}


def after(page: Page, action: Any) -> None:
    """Do something and wait for the picture that comes of it."""
    drawn(page)  # so that the event of the picture before isn't taken for it
    page.evaluate("""() => {
        window.seen = false;
        document.querySelector('#stage').addEventListener(
            'shown', () => { window.seen = true; }, { once: true });
    }""")
    action()
    page.wait_for_function("() => window.seen")


def range_to(page: Page, name: str, value: int) -> None:
    """Move the handle of a range, as a person who drags it."""
    page.locator(f"#{name}").fill(str(value))


def seen(page: Page, size: tuple[int, int]) -> NDArray[np.uint8]:
    """The pixels (height, width, 3) of a picture of this size, shown as they are in the middle."""
    text = page.evaluate("() => document.querySelector('#view').toDataURL()")
    with Image.open(BytesIO(base64.b64decode(text.partition(",")[2]))) as image:
        whole = np.asarray(image.convert("RGB"))
    height, width = size
    top = (whole.shape[0] - height + 1) // 2  # as Math.round does
    left = (whole.shape[1] - width + 1) // 2
    return whole[top : top + height, left : left + width]


def show_only(page: Page, side: str) -> None:
    """Move the handle to an end, so that one side is seen alone."""
    page.locator("#divider").press("Home" if side == "after" else "End")
    drawn(page)


def first_of(page: Page, held: list[Any]) -> Any:
    """The first request that a route holds, once it is there."""
    for _ in range(WAIT_MS // 20):
        if held:
            return held[0]
        page.wait_for_timeout(20)
    raise AssertionError("no request came")


def drawn(page: Page) -> None:
    """Wait until what was changed is drawn: the second frame from now begins."""
    page.evaluate("""() => new Promise((done) =>
        requestAnimationFrame(() => requestAnimationFrame(done)))""")


def text(page: Page, selector: str) -> str:
    """What an element says."""
    return page.locator(selector).inner_text()


def decoded(data: bytes) -> NDArray[np.uint8]:
    """A file's pixels (height, width, 3)."""
    with Image.open(BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


def saved(page: Page, action: Any) -> tuple[str, bytes]:
    """Name and bytes of what is downloaded."""
    with page.expect_download() as coming:
        action()
    return coming.value.suggested_filename, coming.value.path().read_bytes()
