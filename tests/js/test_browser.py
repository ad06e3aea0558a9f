"""The built package in a headless Chromium, from a static host: every conformance case."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from browser import JS, chromium, node
from pellucid.pixels import read_image
from static_host import served

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

CASES = JS.parent / "conformance" / "v1"
GOOD = sorted(path.parent.name for path in (CASES / "good").glob("*/case.json"))
BAD: dict[str, dict[str, str]] = json.loads((CASES / "bad" / "cases.json").read_text("utf-8"))

# What the page does with a file, sent as base64, and what it gives back.
DECODE = """async ([file, options]) => {
  const {PelDecoder, info} = await import("/index.js");
  const data = Uint8Array.from(atob(file), letter => letter.charCodeAt(0));
  globalThis.decoder ??= new PelDecoder({workers: 2});
  try {
    const picture = await decoder.decode(data, options);
    const bytes = new Uint8Array(picture.data.buffer);
    let text = "";
    for (let at = 0; at < bytes.length; at += 4096)
      text += String.fromCharCode(...bytes.subarray(at, at + 4096));
    const {height, width, channels, type} = picture;
    const fingerprint = options.region ? "" : await decoder.fingerprint(data);
    return {samples: btoa(text), shape: [height, width, channels], type, fingerprint};
  } catch (error) {
    return {error: error.name, message: error.message, pellucid: error instanceof Error};
  }
}"""

Decode = Callable[..., dict[str, Any]]


ATTACK = """async ([files, count, seed]) => {
  const {attack} = await import("/mutants.js");
  const {PelDecoder} = await import("/index.js");
  const bytes = file => Uint8Array.from(atob(file), letter => letter.charCodeAt(0));
  const decoder = new PelDecoder({workers: 2});
  const outcome = await attack(decoder, files.map(bytes), count, seed);
  await decoder.close();
  return {...outcome, memory: performance.memory.usedJSHeapSize};
}"""
SMALL = 20_000  # bytes of a file that is mutated
MOST_MS = 60_000  # for one of them, on a busy machine
PATIENCE_MS = 120_000  # with what is soon done, on one
MOST_HEAP = 300 * 2**20  # bytes of the page
PLAIN = "--host-resolver-rules=MAP plain.test 127.0.0.1"  # of no localhost, so no secure context


def build(folder: Path) -> None:
    """Build the package, and beside it what mutates files."""
    script = str(JS / "scripts" / "build.ts")
    subprocess.run([node(), script, str(folder), "mutants=test/mutants.ts"], check=True, cwd=JS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("dist")
    build(found)
    return found


@pytest.fixture(scope="module")
def page(folder: Path) -> Iterator[Page]:
    """A blank page beside the package, which must not log anything but that a model is missing."""
    with served(folder) as address, chromium(PLAIN) as browser:
        found = browser.new_page()
        said: list[str] = []
        found.on("console", lambda message: said.append(message.text))
        found.on("pageerror", lambda error: said.append(str(error)))
        found.goto(f"{address}/blank")
        yield found
        assert [text for text in said if "404" not in text] == []


@pytest.fixture(scope="module")
def decode(page: Page) -> Decode:
    """Decodes bytes in the page."""

    def run(data: bytes, **options: Any) -> dict[str, Any]:
        found: dict[str, Any] = page.evaluate(DECODE, [base64.b64encode(data).decode(), options])
        return found

    return run


def samples_of(found: dict[str, Any]) -> np.ndarray[Any, np.dtype[Any]]:
    data = np.frombuffer(base64.b64decode(found["samples"]), np.dtype(found["type"]))
    return data.reshape(found["shape"])


def expected_of(name: str) -> np.ndarray[Any, np.dtype[Any]]:
    folder = CASES / "good" / name
    if (folder / "expected.png").exists():
        return read_image(folder / "expected.png")[0]
    path = folder / "expected.npy"
    return np.asarray(np.load(path if path.exists() else folder / "input.npy"))


@pytest.mark.parametrize("name", GOOD)
def test_good(decode: Decode, name: str) -> None:
    folder = CASES / "good" / name
    case = json.loads((folder / "case.json").read_text("utf-8"))
    found = decode((folder / "file.pel").read_bytes())
    assert found.get("fingerprint") == case["latents_sha256"], found.get("message")
    samples, expected = samples_of(found), expected_of(name)
    assert samples.dtype == expected.dtype
    if "bounds" not in case:
        assert samples.tobytes() == expected.tobytes()
        return
    assert samples.shape == expected.shape == tuple(case["shape"])
    difference = samples.astype(np.float64) - expected
    assert np.abs(difference).max() <= case["bounds"]["peak"]
    assert np.sqrt(np.mean(difference**2)) <= case["bounds"]["rms"]


@pytest.mark.parametrize("name", BAD)
def test_bad(decode: Decode, name: str) -> None:
    found = decode((CASES / "bad" / f"{name}.pel").read_bytes())
    assert found.get("error") == BAD[name]["error"], found.get("message")


def test_region(decode: Decode) -> None:
    """A region across tiles is what the whole picture has there."""
    data = (CASES / "good" / "tiles" / "file.pel").read_bytes()
    whole = samples_of(decode(data))
    part = samples_of(decode(data, region={"x": 400, "y": 450, "width": 301, "height": 173}))
    difference = part.astype(int) - whole[450 : 450 + 173, 400 : 400 + 301]
    assert np.abs(difference).max() <= 1


MISSING = """async ([file, options]) => {
  const {PelDecoder} = await import("/index.js");
  const data = Uint8Array.from(atob(file), letter => letter.charCodeAt(0));
  const decoder = new PelDecoder(options);
  const said = [];
  for (let tries = 0; tries < 3; tries++)
    await decoder.decode(data).catch(error => said.push(error.name + ": " + error.message));
  await decoder.close();
  return said;
}"""


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"worker": "http://localhost:1/none.js"}, "PellucidError: a worker can't be started"),
        ({"worker": "/none.js"}, "PellucidError: a worker failed: the script"),
        ({"models": "/none/"}, "UnknownModelError: the file needs the codec"),
        ({"runtime": "/none.wasm"}, "ModelError: the runtime is missing"),
    ],
)
def test_missing(page: Page, options: dict[str, str], says: str) -> None:
    """What isn't there is an error each time, never a picture that doesn't come."""
    data = base64.b64encode((CASES / "good" / "rgb" / "file.pel").read_bytes()).decode()
    assert page.context.browser is not None
    other = page.context.browser.new_page()  # which may log what it likes
    other.goto(page.url)
    said = other.evaluate(MISSING, [data, options])
    other.close()
    assert len(said) == 3
    assert all(text.startswith(says) for text in said), said


def test_without_https(page: Page, folder: Path) -> None:
    """A page that has no `crypto.subtle` checks models, too, and makes fingerprints."""
    case = json.loads((CASES / "good" / "rgb" / "case.json").read_text("utf-8"))
    data = base64.b64encode((CASES / "good" / "rgb" / "file.pel").read_bytes()).decode()
    wrong = folder / "wrong" / case["model"]["id"]
    wrong.mkdir(parents=True)
    exact = json.loads((CASES / "good" / "exact_rgb" / "case.json").read_text("utf-8"))
    shutil.copy(folder / "models" / exact["model"]["id"] / "entropy.npz", wrong)
    assert page.context.browser is not None
    other = page.context.browser.new_page()
    other.goto(page.url.replace("127.0.0.1", "plain.test"))
    assert other.evaluate("[isSecureContext, typeof crypto.subtle]") == [False, "undefined"]
    assert other.evaluate(DECODE, [data, {}])["fingerprint"] == case["latents_sha256"]
    said = other.evaluate(MISSING, [data, {"models": "/wrong/"}])
    other.close()
    assert all("is not the model" in text for text in said), said


def test_the_lines_of_the_guide(page: Page, folder: Path) -> None:
    """They work as they are printed, in a page that has the files where they say."""
    guide = (JS.parent / "docs" / "browser.md").read_text("utf-8")
    lines = re.search(r"(    const decoder = new PelDecoder.*/ort/.*\n(?:    .*\n)+)", guide)
    assert lines is not None
    (folder / "ort").mkdir()
    shutil.copy(folder / "runtime.wasm", folder / "ort")
    shutil.copy(CASES / "good" / "rgb" / "file.pel", folder / "photo.pel")
    start = 'const {PelDecoder} = await import("/index.js");'
    program = f"async () => {{ {start} {lines[1]} return picture.width }}"
    assert page.evaluate(program) == 192


TRIES = """async limits => {
  const {PelDecoder} = await import("/index.js");
  globalThis.troubled ??= new PelDecoder({workers: 1});
  const said = [];
  for (const most of limits)
    await troubled.decode("/photo.pel", {signal: AbortSignal.timeout(most)}).then(
      picture => said.push(picture.width), error => said.push(error.name));
  return said;
}"""


@pytest.mark.parametrize(
    ("what", "trouble", "says"),
    [("runtime.wasm", "refused", "ModelError"), ("entropy.npz", "silent", "TimeoutError")],
)
def test_trouble_that_passes(page: Page, folder: Path, what: str, trouble: str, says: str) -> None:
    """A worker whose first requests fail, or are never answered, decodes later."""
    shutil.copy(CASES / "good" / "rgb" / "file.pel", folder / "photo.pel")
    assert page.context.browser is not None
    context = page.context.browser.new_context()
    held: list[Route] = []
    over: list[bool] = []

    def answer(route: Route) -> None:
        if over:
            route.continue_()
            return
        held.append(route)
        if trouble == "refused":
            route.abort()

    context.route(f"**/{what}", answer)
    other = context.new_page()
    other.goto(page.url)
    most = 2000 if trouble == "silent" else PATIENCE_MS
    said = other.evaluate(TRIES, [most, most])
    while not held and len(said) < 100:  # the time was over before it was asked for
        said += other.evaluate(TRIES, [most])
    assert held
    assert set(said) == {says}
    over.append(True)
    assert other.evaluate(TRIES, [PATIENCE_MS]) == [192]
    context.close()


@pytest.mark.parametrize("count", [300, pytest.param(10_000, marks=pytest.mark.slow)])
def test_mutated(page: Page, count: int) -> None:
    """Each ends in an error of the right kind or a picture."""
    files = [(CASES / "good" / name / "file.pel").read_bytes() for name in GOOD]
    small = [base64.b64encode(data).decode() for data in files if len(data) < SMALL]
    outcome = page.evaluate(ATTACK, [small, count, 2])
    assert outcome["strange"] == []
    assert outcome["pictures"] + sum(outcome["errors"].values()) == count
    assert outcome["slowest"] < MOST_MS
    assert outcome["memory"] < MOST_HEAP
