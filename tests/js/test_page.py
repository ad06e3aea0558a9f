"""The demo page and the `<img data-pel>` helper in a headless Chromium, from a static host."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from browser import JS, chromium, node
from static_host import served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CASES = JS.parent / "conformance" / "v1"
MOST_MS = 120_000  # on a busy machine


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built page, and pictures of the cases beside it, below a path as of a project's site."""
    site = tmp_path_factory.mktemp("site")
    script = str(JS / "scripts" / "page.ts")
    surroundings = {**os.environ, "PYTHON": sys.executable, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [node(), script, str(site / "project" / "page")]
    subprocess.run(command, check=True, cwd=JS, env=surroundings)
    return site


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with served(folder) as found:
        yield f"{found}/project/page"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The page at the width of a phone; it asks no other host for anything and logs no error."""
    page = browser.new_page(viewport={"width": 390, "height": 844})
    asked: list[str] = []
    wrong: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.set_default_timeout(MOST_MS)
    page.goto(f"{address}/index.html")
    yield page
    host = address.removesuffix("/project/page")
    assert [url for url in asked if not url.startswith((host, "blob:", "data:"))] == []
    assert wrong == []
    page.close()


def shown(page: Page, selector: str) -> dict[str, Any]:
    """An image's size once it is there."""
    page.wait_for_function(
        "name => { const i = document.querySelector(name); return i.complete && i.naturalWidth }",
        arg=selector,
    )
    found: dict[str, Any] = page.eval_on_selector(
        selector, "i => ({width: i.naturalWidth, height: i.naturalHeight, alt: i.alt})"
    )
    return found


def test_pictures_in_the_page(page: Page) -> None:
    alts = ("A tabby cat that looks at the camera", "The same cat", "The same cat")
    for name, alt in zip(("chelsea", "chelsea-s", "chelsea-exact"), alts, strict=True):
        selector = f'[data-pel="{name}.pel"]'
        page.locator(selector).scroll_into_view_if_needed()
        assert shown(page, selector) == {"width": 451, "height": 300, "alt": alt}


def visit(page: Page, address: str, folder: Path, name: str, body: str) -> None:
    """Go to another page beside it, which loads the helper."""
    script = '<script type="module" src="img.js"></script><script>errors = []</script>'
    path = folder / "project" / "page" / f"{name}.html"
    path.write_text(f"<!doctype html><title>{name}</title>{script}{body}", "utf-8")
    page.goto(f"{address}/{name}.html")


def test_a_picture_that_is_far_waits(page: Page, address: str, folder: Path) -> None:
    image = '<img data-pel="chelsea.pel" alt="far" loading="lazy" width="9" height="9">'
    visit(page, address, folder, "far", f'<div style="height: 9000px"></div>{image}')
    page.wait_for_selector('[data-pel-state="waiting"]')
    page.wait_for_timeout(300)
    assert page.get_attribute("img", "data-pel-state") == "waiting"
    page.locator("img").scroll_into_view_if_needed()
    assert shown(page, "img")["width"] == 451


def test_an_error_is_the_pictures(page: Page, address: str, folder: Path) -> None:
    """Whether the address is in `data-pel` or in `src`; the text stays."""
    (folder / "project" / "page" / "bad.pel").write_bytes(b"\x89PEL\r\n\x1a\nno")
    kinds = ("data-pel=bad.pel", "data-pel src=bad.pel", "data-pel=none.pel")
    heard = 'onerror="event.detail && errors.push(event.detail.name)"'
    images = "".join(f'<img alt="text" {kind} {heard}>' for kind in kinds)
    visit(page, address, folder, "errors", images)
    page.wait_for_function("errors.length === 3")
    page.wait_for_timeout(300)
    assert page.evaluate("errors.sort()") == [
        "DamagedFileError",
        "DamagedFileError",
        "InputError",
    ]
    assert page.eval_on_selector_all("img", "all => all.map(i => i.alt)") == ["text"] * 3


def test_an_address_that_changes(page: Page, address: str, folder: Path) -> None:
    """The last one counts; one that is none is an error; a copy of an element is shown, too."""
    shutil.copy(CASES / "good" / "rgb" / "file.pel", folder / "project" / "page" / "rgb.pel")
    heard = 'onerror="event.detail && errors.push(event.detail.name)"'
    body = f'<img id="a" alt="a" data-pel="http://[" {heard}><img id="b" alt="b" {heard}>'
    visit(page, address, folder, "changes", body)
    page.wait_for_function("errors.length === 1")
    assert page.evaluate("errors") == ["InputError"]
    page.evaluate("""() => {
      a.dataset.pel = "chelsea.pel";
      setTimeout(() => { a.dataset.pel = "rgb.pel" }, 20);
      b.src = "chelsea-s.pel";
      b.dataset.pel = "";
    }""")
    page.wait_for_selector('#a[data-pel-state="shown"][data-pel="rgb.pel"]')
    page.wait_for_selector('#b[data-pel-state="shown"]')
    assert [shown(page, name)["width"] for name in ("#a", "#b")] == [192, 451]
    page.evaluate("document.body.append(Object.assign(b.cloneNode(), {id: 'c', onerror: null}))")
    page.wait_for_selector('#c[data-pel-state="shown"]')
    assert shown(page, "#c")["width"] == 451
    page.wait_for_timeout(300)
    assert page.get_attribute("#a", "data-pel-state") == "shown"
    assert page.evaluate("errors") == ["InputError"]


def test_a_png_that_the_browser_refuses(page: Page, address: str, folder: Path) -> None:
    visit(page, address, folder, "refused", "")
    page.evaluate("""() => {
      made = new Set();
      const [make, revoke] = [URL.createObjectURL, URL.revokeObjectURL];
      URL.createObjectURL = () => { const url = make(new Blob(["no"])); made.add(url); return url };
      URL.revokeObjectURL = url => { made.delete(url); revoke(url) };
      document.body.innerHTML =
        `<img data-pel="chelsea.pel" alt="a" onerror="event.detail && errors.push(1)">`;
    }""")
    page.wait_for_selector('[data-pel-state="failed"]')
    assert page.evaluate("[made.size, ...errors]") == [0, 1]


def test_src_is_taken_too_and_turned(page: Page, address: str, folder: Path) -> None:
    turned = CASES / "good" / "metadata" / "file.pel"  # 48 x 32, to be turned by 90 degrees
    shutil.copy(turned, folder / "project" / "page" / "turned.pel")
    visit(page, address, folder, "turned", "")
    page.evaluate("""document.body.innerHTML =
        `<img data-pel src="turned.pel" alt="a" onerror="event.detail && errors.push(1)">`""")
    page.wait_for_selector('[data-pel-state="shown"]')
    assert shown(page, "img") == {"width": 32, "height": 48, "alt": "a"}
    assert page.evaluate("errors") == []


def test_under_a_policy(browser: Browser, folder: Path) -> None:
    """The content security policy that the guide names is enough."""
    guide = (JS.parent / "docs" / "browser.md").read_text("utf-8")
    policy = re.search(r"    Content-Security-Policy: (.*)", guide)
    assert policy is not None
    (folder / "policy.html").write_text(
        '<!doctype html><title>policy</title><script type="module" src="project/page/img.js">'
        '</script><img alt="a" data-pel="project/page/chelsea.pel">'
    )
    with served(folder, {"Content-Security-Policy": policy[1]}) as host:
        page = browser.new_page()
        page.set_default_timeout(MOST_MS)
        page.goto(f"{host}/policy.html")
        assert shown(page, "img")["width"] == 451
        page.close()


def test_under_trusted_types(browser: Browser, folder: Path) -> None:
    """The policy that the guide names is enough, and without one the picture's error says so."""
    guide = (JS.parent / "docs" / "browser.md").read_text("utf-8")
    policy = re.search(r"    (trustedTypes\.createPolicy.*)", guide)
    assert policy is not None
    script = '<script type="module" src="project/page/img.js"></script>'
    image = '<img alt="a" data-pel="project/page/chelsea.pel">'
    (folder / "untrusted.html").write_text(f"<!doctype html>{script}{image}", "utf-8")
    (folder / "trusted.html").write_text(
        f"<!doctype html><script>{policy[1]}</script>{script}{image}", "utf-8"
    )
    header = {"Content-Security-Policy": "require-trusted-types-for 'script'"}
    with served(folder, header) as host:
        for name, state in (("untrusted", "failed"), ("trusted", "shown")):
            page = browser.new_page()
            page.set_default_timeout(MOST_MS)
            page.goto(f"{host}/{name}.html")
            page.wait_for_selector(f'[data-pel-state="{state}"]')
            page.close()


def test_opening_files(page: Page) -> None:
    for case, kind in (
        ("deep_alpha", "4 × uint8"),
        ("exact_float_map", "float32"),
        ("kept_rgb", "3 × uint8"),
    ):
        page.set_input_files("#file", CASES / "good" / case / "file.pel")
        page.wait_for_function("document.querySelector('#said').textContent.includes('is shown')")
        assert kind in page.inner_text("#facts")
        page.eval_on_selector("#said", "said => { said.textContent = '' }")
    page.select_option("#which", "source")
    page.wait_for_function("document.querySelector('#said').textContent.includes('is shown')")
    with page.expect_download() as download:
        page.click("#save")
    assert download.value.suggested_filename == "file.png"
    page.set_input_files("#file", CASES / "bad" / "crc_tile.pel")
    page.wait_for_function("document.querySelector('#said').textContent.includes('CRC-32')")
    assert page.is_hidden("#opened")


def test_dropping_a_file(page: Page, address: str) -> None:
    page.evaluate("""async () => {
      const file = new File([await (await fetch("chelsea.pel")).blob()], "dropped.pel");
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(file);
      document.body.dispatchEvent(new DragEvent("drop", {bubbles: true, dataTransfer}));
    }""")
    page.wait_for_function(
        "document.querySelector('#said').textContent === 'dropped.pel is shown.'"
    )
    assert page.eval_on_selector("body", "b => b.scrollWidth <= innerWidth")


def test_the_last_file_counts(page: Page, folder: Path) -> None:
    """Of two that are opened one after the other; its long name fits a phone."""
    name = "a" * 120 + ".pel"
    shutil.copy(CASES / "good" / "kept_rgb" / "file.pel", folder / name)
    page.set_input_files("#file", folder / "project" / "page" / "chelsea.pel")
    page.set_input_files("#file", folder / name)
    last = "last => document.querySelector('#said').textContent === last"
    page.wait_for_function(last, arg=f"{name} is shown.")  # the first may have been quicker
    page.wait_for_timeout(500)
    assert page.inner_text("#said") == f"{name} is shown."
    assert page.locator("#which option").count() == 2
    assert page.eval_on_selector("body", "b => b.scrollWidth <= innerWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessible(page: Page, scheme: Any) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page.emulate_media(color_scheme=scheme)
    page.set_input_files("#file", CASES / "good" / "kept_rgb" / "file.pel")
    page.wait_for_function("document.querySelector('#said').textContent.includes('is shown')")
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    assert [page.evaluate("document.activeElement.id") for _ in tabs(page, 3)] == [
        "file",
        "which",
        "save",
    ]


def tabs(page: Page, count: int) -> Iterator[None]:
    """Press the key Tab so often, from the beginning of the page."""
    page.evaluate("document.activeElement.blur()")
    for _ in range(count):
        page.keyboard.press("Tab")
        yield
