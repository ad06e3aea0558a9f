"""How long the browser decoder of `js/` takes for a picture of 2 megapixels, in headless Chromium.

    python -m tools.browser_speed [PICTURE...] -o results/v0.2/browser-speed.tsv

One row for each picture, model and number of workers. `cold_ms` is a page's first decoding: workers
start, and the runtime and the model come from a server on this machine and are compiled. `warm_ms`
is the median of those after it, `first_ms` the second, which warms up what the first has loaded.
Pictures are repeated, each time mirrored, to 1632 x 1232 samples. Without one it is the sample in
the package.
"""

from __future__ import annotations

import argparse
import base64
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import pellucid
from pellucid.pixels import read_image

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "src" / "pellucid" / "samples" / "chelsea.png"
SHAPE = (1232, 1632)
MODELS = ("s", "m")
QUALITY = 60
HEADER = ("picture", "model", "bytes", "workers", "cold_ms", "first_ms", "warm_ms")

TIME = """async ([file, workers, runs]) => {
  const {PelDecoder} = await import("/index.js");
  const data = Uint8Array.from(atob(file), letter => letter.charCodeAt(0));
  const decoder = new PelDecoder({workers});
  const times = [];
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    await decoder.decode(data);
    times.push(performance.now() - start);
  }
  return times;
}"""


def large(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture (H, W, 3), repeated and mirrored to `SHAPE`."""
    sides = [(0, 2 * most) for most in SHAPE]
    return np.pad(picture, [*sides, (0, 0)], mode="symmetric")[: SHAPE[0], : SHAPE[1]]


def times_of(browser: Browser, address: str, data: bytes, workers: int, runs: int) -> list[float]:
    """Milliseconds of each decoding in a page of its own, whose cache is empty."""
    context = browser.new_context()
    try:
        page = context.new_page()
        page.goto(f"{address}/blank")
        times: list[float] = page.evaluate(TIME, [base64.b64encode(data).decode(), workers, runs])
    finally:
        context.close()
    return times


def rows_of(
    browser: Browser, address: str, pictures: list[Path], counts: list[int], runs: int
) -> Iterator[tuple[Any, ...]]:
    """The rows of the table."""
    for path in pictures:
        samples = large(np.asarray(read_image(path)[0])[..., :3])
        for model in MODELS:
            data = pellucid.compress(samples, model=model, quality=QUALITY, denoise=0)
            for workers in counts:
                times = times_of(browser, address, bytes(data), workers, runs)
                cold, first, warm = times[0], times[1], statistics.median(times[2:])
                yield (path.name, model, len(data), workers, *map(round, (cold, first, warm)))


def main() -> None:
    """Run the command line."""
    sys.path.insert(0, str(ROOT / "tests"))  # has the Chromium and the server
    browser, host = import_module("browser"), import_module("static_host")
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("pictures", nargs="*", type=Path, default=[SAMPLE])
    parser.add_argument("--workers", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--runs", type=int, default=7, help="decodings in each page, 3 or more")
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    lines = ["\t".join(HEADER)]
    with tempfile.TemporaryDirectory() as folder:
        script = str(browser.JS / "scripts" / "build.ts")
        subprocess.run([browser.node(), script, folder], check=True, cwd=browser.JS)
        with host.served(Path(folder)) as address, browser.chromium() as program:
            given = options.pictures, options.workers, options.runs
            for row in rows_of(program, address, *given):
                lines.append("\t".join(map(str, row)))
                print(lines[-1], flush=True)
    if options.output is not None:
        options.output.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
