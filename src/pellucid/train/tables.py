"""Probability tables from counts: what symbols really did under each table index.

Training assumes logistic shapes. Export counts the symbols of held-out pictures for every index and
mixes a logistic of the index's scale in, so that rare indices keep a sane shape. The tables are
symmetric, because the networks are not asked to predict skew.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pellucid.entropy.tables import COUNT_TOTAL
from pellucid.nets.codec import Codec, round_index
from pellucid.nets.rate import SMALLEST_SCALE, TABLES, TABLES_PER_OCTAVE, round_through

WIDEST = 255  # largest reach: the file stores it in a byte
EDGE = WIDEST + 1  # histograms count this and all beyond in one cell
TAIL = 14.0  # a table reaches this many logistic scales
PRIOR_WEIGHT = 500.0  # counts the logistic shape is worth
RARE = 0.03  # tables whose symbols are non-zero less often are skipped: docs/models.md


class Tables(NamedTuple):
    """What goes into `entropy.npz`."""

    counts: NDArray[np.uint32]
    reach: NDArray[np.uint8]
    skip: int


def scales() -> NDArray[np.float64]:
    """Logistic scale of each table, (T,)."""
    return np.asarray(SMALLEST_SCALE * np.exp2(np.arange(TABLES) / TABLES_PER_OCTAVE))


def logistic(scale: float, reach: int) -> NDArray[np.float64]:
    """Probabilities of -reach..reach and of what lies beyond, (2 reach + 2,)."""
    edges = (np.arange(-reach, reach + 2) - 0.5) / scale
    cdf = 1 / (1 + np.exp(-np.clip(edges, -60, 60)))
    inside = np.diff(cdf)
    return np.append(inside, max(1 - inside.sum(), 1e-9))


def build_tables(histogram: NDArray[np.int64]) -> Tables:
    """Counts of symbols -EDGE..EDGE (the ends: and beyond) by index -> tables."""
    reach = np.clip(np.ceil(TAIL * scales() + 1), 2, WIDEST).astype(np.uint8)
    counts = np.zeros((TABLES, 2 * int(reach.max()) + 2), np.uint32)
    skip = 0
    for table, scale in enumerate(scales()):
        a = int(reach[table])
        row = histogram[table] + histogram[table][::-1]
        inside = row[EDGE - a : EDGE + a + 1].astype(np.float64)
        seen = np.append(inside, row.sum() - inside.sum())
        mixed = seen + PRIOR_WEIGHT * logistic(scale, a)
        counts[table, : 2 * a + 2] = to_counts(mixed)
        if table == skip and 1 - mixed[a] / mixed.sum() < RARE:
            skip = table + 1
    return Tables(counts, reach, skip)


def to_counts(weights: NDArray[np.float64]) -> NDArray[np.uint32]:
    """Scale to integers that sum to 2^16; the remainder goes to symbol 0, which keeps symmetry."""
    scaled: NDArray[np.float64] = weights / weights.sum() * COUNT_TOTAL
    counts = np.floor(scaled).astype(np.uint32)
    counts[len(counts) // 2 - 1] += COUNT_TOTAL - counts.sum()
    return counts


@torch.no_grad()
def count_symbols(codec: Codec, tiles: Tensor, qualities: Iterable[int]) -> NDArray[np.int64]:
    """Histogram of symbols by table index over `tiles` (n, 3, 256, 256) uint8: (T, 513).

    Of z and of y, as the file would hold them without optimisation.
    """
    device = next(codec.parameters()).device
    width = 2 * EDGE + 1
    histogram = np.zeros(TABLES * width, np.int64)
    for quality in qualities:
        for batch in tiles.split(8):
            given = torch.full((len(batch),), float(quality), device=device)
            y = codec.encode(batch.to(device).float() / 255, given)
            z = round_through(codec.hyper_analysis(y))
            told = codec.predict(y, z, given)
            z_index = round_index(codec.z_index(given)).expand_as(z)
            for symbol, index in ((z, z_index), (round_through(y - told.mean), told.index)):
                cell = index * width + symbol.clamp(-EDGE, EDGE) + EDGE
                cells = cell.long().flatten().cpu().numpy()
                histogram += np.bincount(cells, minlength=histogram.size)
    return histogram.reshape(TABLES, width)
