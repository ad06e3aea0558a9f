"""`pellucid.verify`: what is wrong with a file, tile by tile."""

from __future__ import annotations

from pellucid._api.files import PelSource, open_pel
from pellucid._api.layers import open_layer
from pellucid._api.results import Verification
from pellucid.bitstream import DEFAULT_LIMITS, Limits, check_limits, require_supported
from pellucid.errors import DamagedFileError


def verify(data: PelSource, *, limits: Limits = DEFAULT_LIMITS) -> Verification:
    """Check every checksum of a .pel file and decode every latent; says what is wrong.

    Raises:
        FormatError: nothing of the file can be read, or it can't be decoded here. LimitError.
    """
    check_limits(limits)
    file = open_pel(data, limits, tolerant=True)
    require_supported(file.header)
    tiles = {}
    for place, read in enumerate(open_layer(file, {}).readers()):
        try:
            read()
        except DamagedFileError as error:
            tiles[place] = str(error)
    return Verification(tiles, file.damage, file.header.tile_chunks)
