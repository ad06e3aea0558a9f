"""The synthesis by WebGPU, in a Chromium whose GPU is computed by the processor."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from browser import JS, chromium, node
from pellucid.pixels import read_image
from static_host import served

GOOD = JS.parent / "conformance" / "v1" / "good"
SOFTWARE = (
    "--enable-unsafe-webgpu",
    "--use-webgpu-adapter=swiftshader",
    "--enable-features=Vulkan",
)

DECODE = """async file => {
  const {PelDecoder} = await import("/index.js");
  const data = Uint8Array.from(atob(file), letter => letter.charCodeAt(0));
  const decoder = new PelDecoder({workers: 1, gpu: true});
  const {data: samples} = await decoder.decode(data);
  const adapter = await navigator.gpu.requestAdapter();
  return {samples: [...samples], latents: await decoder.fingerprint(data), gpu: adapter !== null};
}"""


@pytest.mark.slow
def test_on_the_gpu(tmp_path: Path) -> None:
    script = str(JS / "scripts" / "build.ts")
    subprocess.run([node(), script, "--gpu", str(tmp_path)], check=True, cwd=JS)
    case = json.loads((GOOD / "rgb" / "case.json").read_text("utf-8"))
    data = base64.b64encode((GOOD / "rgb" / "file.pel").read_bytes()).decode()
    with served(tmp_path) as address, chromium(*SOFTWARE) as browser:
        page = browser.new_page()
        page.goto(f"{address}/blank")
        found: dict[str, Any] = page.evaluate(DECODE, data)
    assert found["gpu"]
    assert found["latents"] == case["latents_sha256"]
    expected = read_image(GOOD / "rgb" / "expected.png")[0]
    difference = np.array(found["samples"]).reshape(case["shape"]) - expected.astype(int)
    assert np.abs(difference).max() <= case["bounds"]["peak"]
