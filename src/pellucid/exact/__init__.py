"""Lossless and error-bounded coding: samples to bytes and back, exact on every machine.

    lattice.py    in which order the samples of a plane come, and which are known by then
    known.py      what is known around a sample, as numbers for the predictor
    values.py     what samples can be
    tables.py     probability tables
    rules.py      a pass's predictor and scales: how they are used, and how they are written
    fit.py        how an encoder finds them
    plane.py      one plane of a tile, pass by pass
    references.py which planes an encoder predicts another from
    tile.py       all planes of a tile as a payload
    floats.py     floats as whole numbers, and back
    float_fit.py  how an encoder finds which; float_lattice.py
    threads.py    threads for tiles
    pair.py       two pictures in one file
    kind.py       what is known of a tile before it is read; samples as they are
    encode.py     a picture to tiles, in parallel; alpha of learned files, too
    decode.py     tiles to a picture, or to a part of it

Only integers decide bits and samples, carried in float64 where a sum is a matrix product: none
reaches 2^53, so any order of summation gives the same. `docs/format.md`, section 11.
"""

from pellucid.bitstream import MOST_BOUND
from pellucid.exact.decode import (
    decode_into,
    decoded,
    decoded_alpha,
    file_bound,
    file_pair,
    lost_sample,
    lost_tiles,
    tile_reader,
)
from pellucid.exact.encode import alpha_tiles, exact_tiles, header_of
from pellucid.exact.float_fit import find_map
from pellucid.exact.floats import FloatMap, map_of
from pellucid.exact.pair import Pair, joined
from pellucid.exact.tables import check_tables, exact_model

__all__ = [
    "MOST_BOUND",
    "FloatMap",
    "Pair",
    "alpha_tiles",
    "check_tables",
    "decode_into",
    "decoded",
    "decoded_alpha",
    "exact_model",
    "exact_tiles",
    "file_bound",
    "file_pair",
    "find_map",
    "header_of",
    "joined",
    "lost_sample",
    "lost_tiles",
    "map_of",
    "tile_reader",
]
