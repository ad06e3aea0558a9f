"""How long the page takes from a change of the quality to the whole picture, in headless Chromium.

    python -m tools.page_speed [PICTURE...] -o results/v0.2/page-speed.tsv

One row for each picture and model. A page on a server of this machine, with the picture open, gets
another quality `--runs` times; each time passes from the event of its control to the frame in which
all of the new picture is drawn. `first_ms` is the first of them, `change_ms` the median of the
others, and `work_ms` the median of what of that is compressing, decoding and measuring. Other
formats aren't tried meanwhile, as they are in use, only once nothing changes for half a second.
Pictures are repeated, each time mirrored, to 1632 x 1232 samples. Without one it is the sample in
the package.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Iterator
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image
from tools.browser_speed import MODELS, ROOT, SAMPLE, large
from tools.load_api import serving

from pellucid.pixels import read_image

if TYPE_CHECKING:
    from playwright.sync_api import Browser

QUALITIES = (50, 70)  # from which each next one is one more
HEADER = ("picture", "model", "runs", "first_ms", "change_ms", "work_ms")

CHANGE = """async (quality) => {
  const stage = document.querySelector("#stage");
  const control = document.querySelector("#quality");
  const drawn = new Promise((done) => stage.addEventListener("shown", done, { once: true }));
  control.value = quality;
  const start = performance.now();
  control.dispatchEvent(new Event("input", { bubbles: true }));
  await drawn;
  const said = document.querySelector("#said").textContent;
  return [performance.now() - start, 1000 * Number(said.match(/([\\d.]+) s$/)[1])];
}"""


def png_of(path: Path) -> bytes:
    """A picture at the size that is timed, as PNG."""
    whole = large(np.asarray(read_image(path)[0])[..., :3])
    out = BytesIO()
    Image.fromarray(whole).save(out, "PNG", compress_level=1)
    return out.getvalue()


def times_of(browser: Browser, address: str, data: bytes, model: str, runs: int) -> Any:
    """(runs, 2) milliseconds of each change: all of it, and the work."""
    page = browser.new_page(viewport={"width": 1280, "height": 860})
    try:
        page.goto(address)
        page.set_input_files(
            "#files", {"name": "picture.png", "mimeType": "image/png", "buffer": data}
        )
        page.wait_for_selector("#stage[data-state=done]")
        page.select_option("#model", model)
        page.wait_for_selector(f"#said:text('model {model}')")
        low, high = QUALITIES
        qualities = (low + run % (high - low) for run in range(runs))
        return np.array([page.evaluate(CHANGE, quality) for quality in qualities])
    finally:
        page.close()


def rows_of(
    browser: Browser, address: str, pictures: list[Path], runs: int
) -> Iterator[tuple[Any, ...]]:
    """The rows of the table."""
    for path in pictures:
        data = png_of(path)
        for model in MODELS:
            changes, work = times_of(browser, address, data, model, runs).T
            medians = (statistics.median(each[1:]) for each in (changes, work))
            yield path.name, model, runs, *map(round, (changes[0], *medians))


def main() -> None:
    """Run the command line."""
    sys.path.insert(0, str(ROOT / "tests"))  # has the Chromium
    browser_of_tests = import_module("browser")

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("pictures", nargs="*", type=Path, default=[SAMPLE])
    parser.add_argument("--runs", type=int, default=12, help="changes of each, 2 or more")
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    lines = ["\t".join(HEADER)]
    with serving() as address, browser_of_tests.chromium() as browser:
        for row in rows_of(browser, address, options.pictures, options.runs):
            lines.append("\t".join(map(str, row)))
            print(lines[-1], flush=True)
    if options.output is not None:
        options.output.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
