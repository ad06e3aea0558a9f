"""One frame after another through both denoisers: that over time, then the network.

    frame -> noise (`level`) -> mean of the frames so far, and the noise left in it (`temporal`)
          -> network with that as its noise level map -> frame

The two halves may run at the same time, for different frames. Where there is no noise a frame
comes out as it went in.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pellucid.denoising.invalid import fill_invalid, finite_pixels
from pellucid.denoising.samples import INTEGERS, Floats, check_type, restored, split_alpha
from pellucid.denoising.scale import MOST
from pellucid.errors import InputError
from pellucid.pixels import Box
from pellucid.pixels.info import WITH_ALPHA
from pellucid.pixels.windows import windows
from pellucid.video.level import ClipNoise, deviation
from pellucid.video.motion import opencv
from pellucid.video.temporal import MEMORY, TemporalFilter, grey, halved, softened, strips

if TYPE_CHECKING:
    from pellucid.denoising import NoiseEstimate
    from pellucid.runtime import DenoiserModel

WHITE = 255.0  # the scale within
WINDOW = 2048  # samples a side that the network sees at once
CUT, CUT_SIDE = 10.0, 16  # mean change of means over so many parts a side: another scene
DEPTHS = {"uint8": "CV_8U", "uint16": "CV_16U", "int16": "CV_16S"}


@dataclass(frozen=True)
class Prepared:
    """A frame with its mean and the deviation of the noise left in that; None: nothing to do.

    Attributes:
        samples: (H, W, C) as they came.
        mean: (h, w, 3) or (h, w), in the scale within; sides are multiples of the network's.
        left: (h / 2, w / 2) or a number.
        processed: whether neighbouring samples share noise.
        noise: what counts as that of the clip, if it is measured.
    """

    samples: NDArray[Any]
    mean: Floats | None = None
    left: Floats | float = 0.0
    processed: bool = False
    noise: NoiseEstimate | None = None


class FrameDenoiser:
    """Frames (H, W, C) of one clip, all of one shape and type, in order.

    `engine` says what runs the network, and in which numbers, once it has.

    Args:
        model: the denoiser's name, or its folder's.
        noise: of the clip.
        strength: 0 to 1, of what is taken off.
        temporal: use earlier frames.
        white: the largest sample there can be, such as 1023 of 10 bits; None: that of the type.
        device: where the network runs.
    """

    def __init__(
        self,
        model: str,
        noise: ClipNoise,
        *,
        strength: float = 1.0,
        temporal: bool = True,
        memory: int = MEMORY,
        white: int | None = None,
        device: str = "auto",
    ) -> None:
        self.noise, self._device = noise, device
        self._name = model
        self._model: DenoiserModel | None = None
        self._strength, self._temporal, self._memory = strength, temporal, memory
        self._white, self._scale = white, 0.0
        self._filter: TemporalFilter | None = None
        self._small: Floats | None = None
        self.engine: str | None = None
        self._shape: tuple[int, ...] = ()
        self._dtype = np.dtype(np.uint8)
        self._count = 0

    def use(self, model: str) -> None:
        """Go on with another denoiser, by its name or folder."""
        if model != self._name:
            self._name, self._model = model, None

    @property
    def model(self) -> DenoiserModel:
        """The denoiser on its device; OptionError if there is none of this name."""
        from pellucid.runtime import device_for, load_denoiser

        if self._model is None:
            device = device_for(self._device, math.inf, short=self._dtype == np.uint8)
            self._model = load_denoiser(self._name, device, stream=True)
        return self._model

    def prepare(self, samples: NDArray[Any]) -> Prepared:
        """The first half, to be called for each frame in order."""
        self._check(samples)
        if not self._strength:
            return Prepared(samples)
        colour, _ = split_alpha(samples)
        frame = self._scaled(colour)
        plan = self.noise.plan(colour, cut=lambda: self._is_cut(frame))
        noise = self.noise.measured
        if not np.any(plan.sigma):
            self._filter = None
            return Prepared(samples, noise=noise)
        level = (
            self._scale
            * self._strength
            * deviation(plan, lambda: halved(grey(frame)) / self._scale)
        )
        if not self._temporal:
            return Prepared(samples, frame, softened(level), plan.processed, noise)
        if self._filter is None:
            self._filter = TemporalFilter(frame, memory=self._memory)
        else:
            self._filter.add(frame, level**2)
        left = softened(np.sqrt(self._filter.rest) * np.float32(level))
        return Prepared(samples, self._filter.mean, left, plan.processed, noise)

    def _is_cut(self, frame: Floats) -> bool:
        """Whether it is of another scene than the one before."""
        cv2 = opencv()
        small = cv2.resize(frame, (CUT_SIDE, CUT_SIDE), interpolation=cv2.INTER_AREA)
        before, self._small = self._small, small
        return before is not None and float(np.abs(small - before).mean()) > CUT

    def finish(self, prepared: Prepared) -> NDArray[Any]:
        """The second half: the clean frame, of the shape and type of that which came."""
        samples, mean = prepared.samples, prepared.mean
        if mean is None:
            return samples
        maps = np.zeros((2, mean.shape[0] // 2, mean.shape[1] // 2), np.float32)
        maps[int(prepared.processed)] = prepared.left
        mean = mean.reshape(*mean.shape[:2], -1)
        height, width, channels = samples.shape
        most = MOST * float(maps.max())  # a little strength does little
        noise = self._network(mean, maps)
        clean = self._stored(mean, noise, most, samples.dtype)[:height, :width]
        if clean.shape[2] < channels:
            clean = np.concatenate([clean, samples[..., -1:]], axis=2)  # alpha
        if samples.dtype.kind == "f":
            clean = np.where(np.isfinite(samples), clean, samples)
        return clean

    def _network(self, mean: Floats, maps: Floats) -> Floats:
        """The noise that the network finds in a frame (h, w, 1 or 3), of that shape.

        `maps` are (2, h / 2, w / 2).
        """
        model, size = self.model, mean.shape[:2]
        parts: list[tuple[Box, Floats]] = []
        shown = np.broadcast_to(mean.transpose(2, 0, 1), (3, *size))[None]
        for box, outer in windows(size, multiple=model.multiple, reach=model.reach, window=WINDOW):
            half = [slice(side.start // 2, side.stop // 2) for side in outer.slices]
            found = model.noise(shown[..., *outer.slices], maps[None, :, *half])[0]
            noise = found[:, *box.within(outer)].transpose(1, 2, 0)
            parts.append((box, noise if mean.shape[2] == 3 else noise.mean(2, keepdims=True)))
        self.engine = model.engine
        if len(parts) == 1:
            return parts[0][1]
        found = np.empty_like(mean)
        for box, noise in parts:
            found[box.slices] = noise
        return found

    def _stored(
        self, mean: Floats, noise: Floats, most: float, dtype: np.dtype[Any]
    ) -> NDArray[Any]:
        """The mean less its noise, `most` at a sample, in the samples' own scale and type."""
        cv2, back = opencv(), 1 / self._scale
        depth = getattr(cv2, DEPTHS.get(dtype.name, "CV_32F"))
        found: NDArray[Any] = np.empty(mean.shape, dtype if dtype.name in DEPTHS else np.float32)
        for strip in strips(len(mean)):
            off = np.clip(noise[strip], -most, most, out=noise[strip])
            cv2.addWeighted(mean[strip], back, off, -back, 0, dst=found[strip], dtype=depth)
        if dtype.name not in DEPTHS:
            return restored(found, dtype)
        return found if self._white is None else np.minimum(found, self._white, dtype=dtype)

    def _scaled(self, colour: NDArray[Any]) -> Floats:
        """Colour in the scale within, (h, w, 3) or (h, w), finite, mirrored to whole multiples."""
        if colour.dtype.kind == "f":
            colour = fill_invalid(colour, finite_pixels(colour))
        if not self._scale:
            self._scale = WHITE / (self._white or white_of(colour))
        frame = colour.astype(np.float32)
        if self._scale != 1:
            frame *= np.float32(self._scale)
        below, beyond = (-side % self.model.multiple for side in frame.shape[:2])
        if below or beyond:
            frame = np.pad(frame, ((0, below), (0, beyond), (0, 0)), "symmetric")
        return frame[..., 0] if frame.shape[2] == 1 else frame

    def _check(self, samples: NDArray[Any]) -> None:
        """Raise InputError for what can't be a frame of this clip."""
        if not self._shape:
            check_type(samples.dtype)
            colours = samples.shape[2] - (samples.shape[2] in WITH_ALPHA)
            if colours not in (1, 3) or 0 in samples.shape:
                raise InputError(
                    f"frames of shape {samples.shape} can't be denoised; give (H, W) or (H, W, C) "
                    "with 1 to 4 channels: grey or RGB, with or without transparency"
                )
            self._shape, self._dtype = samples.shape, samples.dtype
        if (samples.shape, samples.dtype) != (self._shape, self._dtype):
            now, first = (
                f"{s[1]} x {s[0]}, {s[2]} channels of {dtype}"
                for s, dtype in ((samples.shape, samples.dtype), (self._shape, self._dtype))
            )
            raise InputError(
                f"frame {self._count} is {now}, those before are {first}; a clip's frames must be "
                "alike: denoise what follows as a clip of its own"
            )
        self._count += 1


def white_of(colour: NDArray[Any]) -> float:
    """About the largest sample of a clip, by its first frame."""
    if colour.dtype == np.uint8:
        return WHITE
    most = float(np.abs(colour.astype(np.float32)).max())
    if colour.dtype.name in INTEGERS:
        return float((1 << max(8, int(most).bit_length())) - 1)
    return most or 1.0
