"""Denoisers of clips: pellucid's, over time and frame by frame, and filters of FFmpeg.

The filters run in PyAV's libraries or, where these lack one (PyAV's wheels lack `hqdn3d`), in the
program `ffmpeg`, a process with raw frames through pipes. They work on YUV with colour at full size
(4:4:4, full range), converted from and to 8-bit RGB, since noise is added to that.

Their options have been chosen by PSNR over RGB, the mean at sigma 10 and 25, on clips (static, pan,
shake, layers, zoom) of photographs for training. From a start in the middle one option after the
other was moved on a grid until none was better: of nlmeans s 0.25 to 1 times sigma, p 3 to 9, r 3
to 21; of hqdn3d each from 0.15 to 5.6 times sigma; of atadenoise a 0.5 to 4 and b 1 to 16 times
sigma, s 5 to 13, both ways to weigh.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import MissingExtraError, OptionError, PellucidError
from pellucid.evaluate._extras import require
from pellucid.evaluate.peers.base import OWN_PREFIX, Registry, using
from pellucid.runtime.session import THREADS_VARIABLE

Clip = NDArray[np.uint8]  # (T, H, W, 3)
LAYOUT = "yuvj444p"
FRAMES = "-frames"  # ends the name of a denoiser of ours that sees each frame alone
FAST = "-fast"  # ends its name, before that, where it runs in OpenVINO
# Name of a denoiser -> its filter and options for noise of a sigma.
FILTERS: dict[str, Callable[[float], str]] = {
    "nlmeans": lambda sigma: f"nlmeans={_strength(sigma)}:p=5:r=7",
    "nlmeans_default": lambda sigma: f"nlmeans={_strength(sigma)}",  # patch 7, window 15
    "hqdn3d": lambda sigma: (
        "hqdn3d=" + ":".join(f"{part * sigma:g}" for part in (1.4, 2.0, 1.4, 1.0))
    ),
    "atadenoise": lambda sigma: f"atadenoise={_thresholds(3 * sigma, 4 * sigma)}:s=13:a=p",
}


def _strength(sigma: float) -> str:
    """Of `nlmeans`, which takes 1 to 30."""
    return f"s={min(30.0, max(1.0, 0.45 * sigma)):g}"


def _thresholds(one: float, many: float) -> str:
    """Of `atadenoise`, for each plane: how far a frame may be off, and all together, of 255."""
    limits = {"a": min(0.3, one / 255), "b": min(5.0, many / 255)}
    return ":".join(f"{at}{name}={limit:.4f}" for at in range(3) for name, limit in limits.items())


@dataclass(frozen=True)
class ClipDenoiser:
    """A denoiser of clips at one fixed configuration.

    Attributes:
        name: short, stable, as in the rows and on the command line.
        version: libraries, their versions and fixed options: rows with another text are stale.
        run: (T, H, W, 3) and the sigma of its noise to the same shape.
        threading: how many threads it really uses.
    """

    name: str
    version: str
    run: Callable[[Clip, float], Clip]
    threading: str


def filtered(clip: Clip, filters: str, threads: int) -> Clip:
    """A clip through a chain of FFmpeg's filters, in PyAV's libraries.

    Raises:
        MissingExtraError: PyAV isn't installed. ValueError: no such filter or option.
    """
    av = require("av")
    graph = av.filter.Graph()
    graph.threads = threads
    height, width = clip.shape[1:3]
    nodes = [
        graph.add_buffer(width=width, height=height, format="rgb24", time_base=Fraction(1, 25))
    ]
    for text in (f"format={LAYOUT}", *filters.split(","), "format=rgb24", "buffersink"):
        nodes.append(graph.add(*text.split("=", 1)))
    graph.link_nodes(*nodes).configure()
    found = list(_through(av, graph, clip))
    return np.stack(found)


def _through(av: Any, graph: Any, clip: Clip) -> Iterator[NDArray[np.uint8]]:
    for number in range(len(clip) + 1):
        if number < len(clip):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(clip[number]), "rgb24")
            frame.pts = number
            graph.vpush(frame)
        else:
            graph.vpush(None)
        while True:
            try:
                yield graph.vpull().to_ndarray(format="rgb24")
            except (av.error.BlockingIOError, av.error.EOFError):
                break


def piped(clip: Clip, filters: str, threads: int, *, program: str) -> Clip:
    """The same by the program `ffmpeg`; PellucidError with its words if it fails."""
    height, width = clip.shape[1:3]
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24"]
    source = ["-filter_threads", f"{threads}", *raw, "-s", f"{width}x{height}", "-i", "-"]
    words = [program, "-v", "error", *source, "-vf", f"format={LAYOUT},{filters}", *raw, "-"]
    done = subprocess.run(words, input=clip.tobytes(), capture_output=True, check=False)
    if done.returncode:
        raise PellucidError(f"{program} failed: {done.stderr.decode(errors='replace').strip()}")
    return np.frombuffer(done.stdout, np.uint8).reshape(clip.shape)


def ffmpeg(threads: int, *, name: str) -> ClipDenoiser:
    """One of FFmpeg's filters; MissingExtraError if there is neither PyAV nor a program with it."""
    options, (word, _, _) = FILTERS[name], FILTERS[name](1.0).partition("=")
    av = require("av")
    if word in av.filter.filters_available:
        run, where = (
            filtered,
            f"libavfilter {'.'.join(map(str, av.library_versions['libavfilter']))}",
        )
        threading = using(threads)
    elif program := shutil.which("ffmpeg"):
        said = subprocess.run([program, "-version"], capture_output=True, text=True, check=False)
        run, where = partial(piped, program=program), " ".join(said.stdout.split()[:3])
        threading = f"{using(threads)}, in a process of its own"
    else:
        raise MissingExtraError(
            f"the program ffmpeg, for {word}", "bench", command="apt install ffmpeg"
        )

    def denoise(clip: Clip, sigma: float) -> Clip:
        return run(clip, options(sigma), threads)

    return ClipDenoiser(name, f"{where}, {options(10)} at sigma 10, {LAYOUT}", denoise, threading)


def pellucid(threads: int, *, model: str) -> ClipDenoiser:
    """A denoiser over time, or frame by frame if `model` ends so; OptionError if it isn't there.

    A checksum of a small clip's result is part of the version, as in `denoisers`.
    """
    os.environ[THREADS_VARIABLE] = str(threads)
    api, told = require("pellucid"), network_of(model.removesuffix(FRAMES))
    network = told["model"]
    if network not in (known := api.denoisers()):
        raise OptionError(f"there is no denoiser {network!r}; installed: {', '.join(known)}")
    told |= {"temporal": not model.endswith(FRAMES), "ahead": 1}

    def denoise(clip: Clip, sigma: float) -> Clip:
        return np.stack(list(api.stream(iter(clip), sigma=sigma, **told)))

    steps = np.arange(4)[:, None, None, None] + np.arange(64 * 64 * 3).reshape(64, 64, 3) // 48
    probe = zlib.crc32(denoise((steps % 256).astype(np.uint8), 10.0).tobytes())
    version = f"pellucid {api.__version__}, model {known[network]}, probe {probe:08x}"
    return ClipDenoiser(OWN_PREFIX + model, version, denoise, using(threads))


def network_of(model: str) -> dict[str, Any]:
    """The network and its device, of a name that may end in `FAST`, as options of ours."""
    device = "openvino" if model.endswith(FAST) else "cpu"
    return {"model": model.removesuffix(FAST), "device": device}


CLIP_DENOISERS: Registry[ClipDenoiser] = Registry.of(
    "denoiser of clips",
    {
        "nlmeans": ("nlmeans, FFmpeg", partial(ffmpeg, name="nlmeans")),
        "nlmeans_default": ("nlmeans, default windows", partial(ffmpeg, name="nlmeans_default")),
        "hqdn3d": ("hqdn3d, FFmpeg", partial(ffmpeg, name="hqdn3d")),
        "atadenoise": ("atadenoise, FFmpeg", partial(ffmpeg, name="atadenoise")),
    },
    own=lambda model: partial(pellucid, model=model),
)
