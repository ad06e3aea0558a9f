"""The picture of the page in docs/serve.md.

python -m tools.page_screenshot docs/images/page.png
"""

from __future__ import annotations

import sys
from importlib import import_module
from io import BytesIO
from pathlib import Path

from PIL import Image
from tools.browser_speed import ROOT, SAMPLE
from tools.load_api import serving

WINDOW = {"width": 1200, "height": 800}
COLOURS = 256  # of the palette, which makes the file small


def screenshot(address: str) -> bytes:
    """A PNG of the page with a map over one side, and other formats beside it."""
    sys.path.insert(0, str(ROOT / "tests"))  # has the Chromium
    browser_of_tests = import_module("browser")

    with browser_of_tests.chromium() as browser:
        page = browser.new_page(viewport=WINDOW, color_scheme="light")
        page.goto(address)
        page.set_input_files("#files", [SAMPLE])
        page.fill("#quality", "40")
        page.wait_for_selector("#said:text('Quality 40')")
        page.wait_for_selector("[name=right][value=avif]:enabled")
        for _ in range(3):
            page.click("#zoom-in")
        page.check("[name=overlay][value=bits]")
        page.wait_for_selector("#legend-most:visible")
        page.wait_for_timeout(200)  # drawn
        made: bytes = page.screenshot()
        return made


def main() -> None:
    """Run the command line."""
    with serving() as address, Image.open(BytesIO(screenshot(address))) as image:
        image.convert("RGB").quantize(COLOURS).save(Path(sys.argv[1]), optimize=True)


if __name__ == "__main__":
    main()
