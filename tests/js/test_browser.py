"""The built package in a headless Chromium: every conformance case, by workers, from a static host."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from browser import JS, chromium, node
from pellucid.pixels import read_image
from served import served

CASES = JS.parent / "conformance" / "v1"
GOOD = sorted(path.parent.name for path in (CASES / "good").glob("*/case.json"))
BAD: dict[str, dict[str, str]] = json.loads((CASES / "bad" / "cases.json").read_text("utf-8"))

# What the page does with a file, sent as base64, and what it gives back.
DECODE = """async ([file, options]) => {
  const {PelDecoder, info} = await import("/index.js");
  const data = await (await fetch("data:application/octet-stream;base64," + file)).arrayBuffer();
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


def build(folder: Path) -> None:
    """Build the package."""
    script = str(JS / "scripts" / "build.ts")
    subprocess.run([node(), script, str(folder)], check=True, cwd=JS)


@pytest.fixture(scope="module")
def decode(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Decode]:
    """Decodes bytes in the page, which must not log anything."""
    folder = tmp_path_factory.mktemp("dist")
    build(folder)
    with served(folder) as address, chromium() as browser:
        page = browser.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(f"{address}/blank")

        def run(data: bytes, **options: Any) -> dict[str, Any]:
            found: dict[str, Any] = page.evaluate(
                DECODE, [base64.b64encode(data).decode(), options]
            )
            return found

        yield run
        assert [text for text in said if "404" not in text] == []


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
