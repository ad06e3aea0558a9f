"""Which members a sequence has, by name: `docs/format.md`, section 19."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from pellucid.bitstream.limits import Limits
from pellucid.bitstream.sequence_about import MOST_TERM
from pellucid.bitstream.zip_records import LOCAL, Member
from pellucid.errors import DamagedFileError, LimitError, OptionError

ABOUT = "sequence.json"
MOST_ATTACHED = 64
MOST_FRAMES = 10**8  # what the name of one has room for
LEAST_BYTES = LOCAL.size + len("frames/00000000_0_0.pel")  # that a frame takes

_FRAME = re.compile(r"frames/([0-9]{8})_(-?[0-9]{1,19})_([0-9]{1,19})\.pel")
_ATTACHED = re.compile(r"attached/([A-Za-z0-9_][A-Za-z0-9_.-]{0,99})")


class Frame(NamedTuple):
    """A frame and where it lies; timestamp and duration in ticks of the time base.

    A duration of 0 lasts until the next frame.
    """

    number: int
    timestamp: int
    duration: int
    member: Member


class Contents:
    """The members of a sequence: `about`, `frames` by number, `attached` by name.

    Raises DamagedFileError for two of one name or number, and for a number greater than frames
    have room for in a file of `length` bytes, unless it is tolerant: then those aren't taken.
    LimitError for more frames than the limit.
    """

    def __init__(
        self, members: Iterable[Member], limits: Limits, length: int, *, tolerant: bool = False
    ) -> None:
        self._limits, self._length, self._tolerant = limits, length, tolerant
        found, doubled = dict[int | str, Frame | Member](), set[int | str]()
        for member in members:
            key, item = self._known(member)
            if found.setdefault(key, item) is not item:
                doubled.add(key)
        if doubled and not tolerant:
            raise DamagedFileError(
                f"two members are {', '.join(map(str, sorted(doubled, key=str)))}"
            )
        for key in doubled:
            del found[key]
        frames = sorted(item for item in found.values() if isinstance(item, Frame))
        self.frames = {frame.number: frame for frame in frames}
        others = [item for item in found.values() if isinstance(item, Member)]
        self.about = next((item for item in others if item.name == ABOUT), None)
        attached = [(item, _ATTACHED.fullmatch(item.name)) for item in others]
        self.attached = {match[1]: item for item, match in attached if match}
        if len(self.attached) > MOST_ATTACHED:
            raise LimitError(f"{len(self.attached)} files are attached, and {MOST_ATTACHED} may be")

    def _known(self, member: Member) -> tuple[int | str, Frame | Member]:
        """A key that no other member may have, and the frame if it is one."""
        match = _FRAME.fullmatch(member.name)
        if match is None:
            return member.name, member
        number, timestamp, duration = map(int, match.groups())
        frame = Frame(number, timestamp, duration, member)
        if frame_name(frame.number, frame.timestamp, frame.duration) != member.name:
            return member.name, member
        if (frame.number + 1) * LEAST_BYTES > self._length:  # a gap costs work, and no bytes
            if self._tolerant:
                return member.name, member
            raise DamagedFileError(
                f"{member.name} can't be in a file of {self._length} bytes, which has room for "
                f"{self._length // LEAST_BYTES} frames"
            )
        if frame.number >= self._limits.max_frames:
            raise LimitError(
                f"{member.name} is beyond the limit of {self._limits.max_frames} frames; if you "
                "trust the file, raise max_frames"
            )
        return frame.number, frame

    def order_problem(self) -> str | None:
        """What is wrong with the times of frames; None if each is later than the one before."""
        for before, frame in pairwise(self.frames.values()):
            if frame.timestamp <= before.timestamp:
                return f"frame {frame.number} isn't later than frame {before.number}"
        return None

    def by_number(self) -> tuple[Frame | None, ...]:
        """The frames; None in place of those that are missing."""
        count = max(self.frames, default=-1) + 1
        return tuple(self.frames.get(number) for number in range(count))


def check_count(count: int, limits: Limits) -> None:
    """Raise LimitError for more members than a sequence of `max_frames` has."""
    most = limits.max_frames + MOST_ATTACHED + 1
    if count > most:
        raise LimitError(
            f"the sequence has {count} members, over the limit of {most}; if you trust the file, "
            "raise max_frames"
        )


def frame_name(number: int, timestamp: int, duration: int) -> str:
    """The name of a frame's member; OptionError for numbers that a name has no room for."""
    if not 0 <= number < MOST_FRAMES:
        raise OptionError(f"a sequence holds {MOST_FRAMES} frames, and this would be {number}")
    if not (abs(timestamp) < MOST_TERM and 0 <= duration < MOST_TERM):
        raise OptionError(
            f"frame {number} would be at {timestamp} for {duration} ticks; give less than 2^63, "
            "and a duration that isn't negative"
        )
    return f"frames/{number:08}_{timestamp}_{duration}.pel"


def attached_name(name: str) -> str:
    """The name of an attachment's member; OptionError for names it can't have."""
    member = f"attached/{name}"
    if not _ATTACHED.fullmatch(member):
        raise OptionError(
            f"an attachment can't be called {name!r}; use up to 100 of the letters A-Z a-z 0-9 _ . "
            "-, the first of them no . or -"
        )
    return member
