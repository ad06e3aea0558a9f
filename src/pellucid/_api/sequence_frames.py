"""One frame of a sequence: decoded, as far as it is whole, or checked."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid._api import about
from pellucid._api.decode import Opened
from pellucid._api.options import PICTURE, DecompressOptions
from pellucid._api.results import FileInfo
from pellucid._api.sequence_results import SequenceFrame
from pellucid.bitstream.sequence import SequenceFile
from pellucid.bitstream.sequence_about import SequenceAbout
from pellucid.errors import DamagedFileError, NotPelFileError, naming

TRIED = 1000  # frames, for one that is whole


class FrameReader:
    """Frames by number.

    Args:
        options, keep_going: as the sequence was opened with.

    Attributes:
        about: what is the same of all; by one frame if `sequence.json` is lost.

    Raises DamagedFileError if it is and no frame is whole.
    """

    def __init__(self, file: SequenceFile, options: DecompressOptions, *, keep_going: bool) -> None:
        self._file, self._options, self._keep_going = file, options, keep_going
        self.about = file.about or self._likely()

    def decode(self, number: int) -> SequenceFrame:
        """A frame; raises DamagedFileError unless it is to keep going."""
        damage: tuple[str, ...] = ()
        if self._keep_going:
            picture, damage = self._salvaged(number)
        else:
            data = self._file.read(number)
            with naming(f"frame {number}"):
                picture = self._opened(data).read()
        frame = self._file.frames[number]
        if frame is None:
            return SequenceFrame(number, None, 0, picture, damage)
        return SequenceFrame(number, frame.timestamp, frame.duration, picture, damage)

    def _salvaged(self, number: int) -> tuple[NDArray[Any] | None, tuple[str, ...]]:
        """What is whole of a frame, and what is wrong with it."""
        said = []
        try:
            data, problem = self._file.read_anyway(number)
            said += [] if problem is None else [problem]
            opened = self._opened(data)
            picture = opened.read()
            return picture, (*said, *opened.result().damage)
        except (DamagedFileError, NotPelFileError) as error:
            return None, (*said, f"nothing of it can be decoded: {error}")

    def _opened(self, data: bytes) -> Opened:
        """A frame's file, ready to be decoded; it must be of the size and type of all others."""
        opened = Opened(data, self._options, tolerant=self._keep_going)
        found = SequenceAbout.of(*opened.layer.layout(PICTURE)[:2])
        if found.kind != self.about.kind:
            raise DamagedFileError(f"it is {found.kind}, and the sequence {self.about.kind}")
        return opened

    def problems(self, number: int) -> tuple[str, ...]:
        """What is wrong with a frame."""
        try:
            data = self._file.read(number)
            with naming(f"frame {number}"):
                self._opened(data)
                found = about.verify(data, limits=self._options.limits)
        except (DamagedFileError, NotPelFileError) as error:
            return (str(error),)
        return tuple(f"frame {number}: {said}" for said in found.messages)

    def first(self) -> FileInfo | None:
        """What is in the first frame that is whole."""
        for number in range(min(len(self._file.frames), TRIED)):
            with suppress(DamagedFileError, NotPelFileError):
                return about.info(self._file.read(number), limits=self._options.limits)
        return None

    def _likely(self) -> SequenceAbout:
        """What is known of all frames by one of them; DamagedFileError if none is whole."""
        first = self.first()
        if first is None:
            raise DamagedFileError("sequence.json is lost, and no frame is whole")
        shape = (first.height, first.width, first.channels + first.alpha)
        return SequenceAbout.of(shape, np.dtype(first.dtype))
