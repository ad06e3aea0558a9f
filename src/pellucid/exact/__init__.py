"""Lossless and error-bounded coding: samples to bytes and back, exact on every machine.

    lattice.py    in which order the samples of a plane come, and which are known by then
    known.py      what is known around a sample, as numbers for the predictor
    rules.py      a pass's predictor and scales: how they are used, and how they are written
    fit.py        how an encoder finds them
    plane.py      one plane of a tile, pass by pass
    references.py which planes an encoder predicts another from
    raw.py        samples as they are
    tile.py       all planes of a tile as a payload
    floats.py     floats as whole numbers, and back
    float_fit.py  how an encoder finds which; float_lattice.py
    threads.py    threads for tiles
    picture.py    tiles of a picture, in parallel
    alpha.py      alpha of learned files
    pair.py       two pictures in one file

Only integers decide bits and samples, carried in float64 where a sum is a matrix product: none
reaches 2^53, so any order of summation gives the same. `docs/format.md`, section 11.
"""

from pellucid.exact.float_fit import find_map
from pellucid.exact.floats import FloatMap, map_of
from pellucid.exact.picture import check_tile, compress_exact, decompress_exact, exact_model

__all__ = [
    "FloatMap",
    "check_tile",
    "compress_exact",
    "decompress_exact",
    "exact_model",
    "find_map",
    "map_of",
]
