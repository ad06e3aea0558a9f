"""Files that hold a picture and its guide: which of the two is meant, and how they lie there."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from pellucid.bitstream import PelFile
from pellucid.errors import DamagedFileError, OptionError

if TYPE_CHECKING:
    from pellucid.exact.pair import Pair


def file_pair(file: PelFile) -> Pair | None:
    """How the two pictures of a pair lie in it, None for a single one; all tiles say the same."""
    from pellucid._api.exact import tile_of
    from pellucid.exact.pair import PAIR, take_pair
    from pellucid.exact.picture import kind_of

    header = file.header
    if not header.features & PAIR:
        return None
    for number in range(header.tile_count):
        with suppress(DamagedFileError):
            kind = kind_of(header, number)
            return take_pair(tile_of(file)(number), kind.planes - kind.alpha, kind.dtype)[0]
    raise DamagedFileError("no tile is whole that would tell the pair's types; get the file again")


def check_which(which: str, file: PelFile) -> None:
    """Raise OptionError if a file holds no such picture."""
    from pellucid.exact.pair import GUIDE, PAIR, PICTURE

    if which not in (GUIDE, PICTURE):
        raise OptionError(f"which is {which!r}; it must be {PICTURE} or {GUIDE}")
    if which == GUIDE and not file.header.features & PAIR:
        raise OptionError("the file holds one picture and no guide; leave which out")
