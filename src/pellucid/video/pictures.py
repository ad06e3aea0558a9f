"""A folder of pictures, in the order of their names, or a camera, as a clip."""

from __future__ import annotations

import re
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.bitstream.limits import DEFAULT_LIMITS, Limits
from pellucid.errors import InputError, PellucidError, reading
from pellucid.pixels import open_image
from pellucid.video.clip import USUAL_RATE, WHITE, ClipInfo, ClipSource, CutShort, Frame
from pellucid.video.motion import opencv

TICK = Fraction(1, 1000)  # of a camera


class FolderSource(ClipSource):
    """The pictures in a folder, `rate` of them a second.

    Those that can't be read are left out and noted, and have no time.

    Raises:
        InputError: there are none, or the first can't be a frame.
    """

    def __init__(
        self, folder: Path, rate: Fraction | None = None, limits: Limits = DEFAULT_LIMITS
    ) -> None:
        super().__init__()
        rate, self._limits = rate or USUAL_RATE, limits
        with reading(folder, "folder of pictures"):
            files = [path for path in folder.iterdir() if path.is_file()]
        self._paths = sorted(
            (path for path in files if not path.name.startswith(".")),
            key=lambda path: [
                int(p) if p.isdecimal() else p for p in re.split(r"(\d+)", path.name)
            ],
        )
        if not self._paths:
            raise InputError(f"{folder}: there are no pictures in this folder")
        first = read_frame(self._paths[0], limits)
        height, width, channels = first.shape
        self.info = ClipInfo(
            height=height,
            width=width,
            channels=channels,
            dtype=first.dtype,
            white=WHITE[first.dtype.name],
            rate=rate,
            time_base=1 / rate,
            length=len(self._paths),
        )

    def close(self) -> None:
        """See `ClipSource`."""
        return

    def items(self) -> Generator[Any, None, None]:
        """See `ClipSource`."""
        number = 0
        for path in self._paths:
            try:
                samples = read_frame(path, self._limits)
            except PellucidError as error:
                self.lost.append(str(error))
                continue
            info = self.info
            if (samples.shape, samples.dtype) != (
                (info.height, info.width, info.channels),
                info.dtype,
            ):
                raise CutShort(
                    f"{path} is {samples.shape[1]} x {samples.shape[0]}, {samples.dtype} with "
                    f"{samples.shape[2]} channels, and those before {info.width} x {info.height}, "
                    f"{info.dtype} with {info.channels}; put like pictures into a folder each"
                )
            yield Frame(samples, number)
            number += 1


class CameraSource(ClipSource):
    """A camera of this machine, by its number, as OpenCV sees it; a path of a device will do.

    Raises:
        InputError: there is no such camera, or it gives no picture.
    """

    def __init__(self, number: int | str, rate: Fraction | None = None) -> None:
        cv2 = opencv()
        super().__init__()
        with quiet(cv2):
            self._camera = cv2.VideoCapture(number)
        if rate:
            self._camera.set(cv2.CAP_PROP_FPS, float(rate))
        fine, first = self._camera.read()
        if not fine:
            self._camera.release()
            raise InputError(f"camera {number!r} gives no picture; is it there, and not in use?")
        self._first, self._live = first, isinstance(number, int)
        found = self._camera.get(cv2.CAP_PROP_FPS)
        height, width = first.shape[:2]
        self.info = ClipInfo(
            height=height,
            width=width,
            channels=3,
            dtype=np.dtype(np.uint8),
            white=WHITE["uint8"],
            rate=rate or (Fraction(found).limit_denominator(1001) if found > 0 else None),
            time_base=TICK,
        )

    def close(self) -> None:
        """See `ClipSource`."""
        self._camera.release()

    def items(self) -> Generator[Any, None, None]:
        """See `ClipSource`; the time is when a frame came."""
        start, last, picture = time.monotonic(), -1, self._first
        while True:
            last = max(last + 1, round((time.monotonic() - start) / float(TICK)))
            yield Frame(np.ascontiguousarray(picture[..., ::-1]), last)
            fine, picture = self._camera.read()
            if not fine and self._live:
                raise CutShort("the camera gives no more pictures")
            if not fine:
                return


@contextmanager
def quiet(cv2: Any) -> Iterator[None]:
    """OpenCV says nothing on stderr while the block lasts."""
    log = cv2.utils.logging
    before = log.setLogLevel(log.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        log.setLogLevel(before)


def read_frame(path: Path, limits: Limits) -> NDArray[Any]:
    """Samples (H, W, 1 or 3) of a picture; InputError if a clip can't have it."""
    with open_image(path, max_pixels=limits.max_pixels) as source:
        samples = np.asarray(source.read())
    if samples.shape[2] not in (1, 3) or samples.dtype.name not in WHITE:
        raise InputError(
            f"{path}: a frame is grey or RGB of 8 or 16 bits without transparency, and this has "
            f"{samples.shape[2]} channels of {samples.dtype}"
        )
    return samples
