"""What a sequence gives back: frames, and what is in it or wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from pellucid._api.results import FileInfo
from pellucid.bitstream.sequence_about import SequenceAbout


@dataclass(frozen=True)
class SequenceFrame:
    """A frame of a sequence.

    Attributes:
        number: from 0.
        timestamp, duration: in ticks of the time base; None of a frame that is missing, and 0
            lasts until the next frame.
        picture: (H, W) or (H, W, C) samples; None if nothing of it can be decoded.
        damage: what is wrong with it, for a person; empty for a sound one.
    """

    number: int
    timestamp: int | None
    duration: int
    picture: NDArray[Any] | None
    damage: tuple[str, ...] = ()


@dataclass(frozen=True)
class SequenceInfo:
    """What a sequence holds.

    Attributes:
        about: size, type, rate, time base, rotation and tags.
        frames: how many, of which `missing` aren't there.
        seconds: from the first timestamp to the end of the last frame, as far as that is said.
        file_bytes: of all.
        frame_bytes: of each frame that is there.
        attached: name -> bytes.
        first: what is in the first frame that is whole; None if none is.
    """

    about: SequenceAbout
    frames: int
    missing: int
    seconds: float
    file_bytes: int
    frame_bytes: tuple[int, ...]
    attached: dict[str, int]
    first: FileInfo | None

    @property
    def bits_per_pixel(self) -> float:
        """Of the frames that are there."""
        pixels = self.about.width * self.about.height * max(len(self.frame_bytes), 1)
        return 8 * sum(self.frame_bytes) / pixels


@dataclass(frozen=True)
class SequenceVerification:
    """What is wrong with a sequence.

    Attributes:
        frames: number of a damaged or missing frame -> what is wrong with it.
        other: what is wrong beside the frames.
        total: number of frames.
    """

    frames: dict[int, tuple[str, ...]]
    other: tuple[str, ...]
    total: int

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.frames and not self.other

    @property
    def messages(self) -> list[str]:
        """All that is wrong, each with the number of its frame."""
        return [said for found in self.frames.values() for said in found] + list(self.other)


@dataclass(frozen=True)
class SequenceSaved:
    """Frames that were written to pictures.

    Attributes:
        written: how many, of `total`.
        damage: all that damage has cost, for a person; empty for a sound sequence.
        remarks: what else a person should know, such as metadata that the format can't hold.
    """

    written: int
    total: int
    damage: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
