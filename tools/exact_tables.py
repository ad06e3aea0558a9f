"""Make `src/pellucid/models/exact`: the tables and bins of exact layers, from two formulas.

    python tools/exact_tables.py [-o FOLDER]

A table is Student's t distribution, of one scale and one heaviness of tails, integrated over whole
numbers. The counts depend on floating point in their last digit, so they are made once and shipped;
their hash is in every file that needs them, and a test keeps them from changing.
"""

from __future__ import annotations

import argparse
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from pellucid.entropy.tables import COUNT_TOTAL
from pellucid.runtime.identity import model_id
from pellucid.train.folder import write_folder

TAILS = (2.5, 5.0, 100.0)  # degrees of freedom
SCALES = 0.08 * 2 ** (np.arange(30) / 3)  # to about 65
WIDEST = 32
MOST_REACH = 255
BINS = np.unique(np.round(2 ** (np.arange(0, 44) / 2)))


def counts_of(scale: float, tail: float) -> list[int]:
    """Counts of -R .. R and escape, summing to 2^16; R grows with the scale."""
    reach = int(np.clip(np.ceil(12 * scale), 4, MOST_REACH))
    edges = np.arange(-reach, reach + 2) - 0.5
    mass = np.diff(student.cdf(edges / scale, tail))
    escape = max(1 - mass.sum(), 1e-6)
    shares = np.maximum(np.append(mass, escape), 0.0)
    counts = np.floor(shares / shares.sum() * COUNT_TOTAL).astype(int)
    counts[reach] += COUNT_TOTAL - counts.sum()
    return [int(count) for count in counts]


def main() -> None:
    """Write the folder."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("-o", "--out", type=Path, default=Path("src/pellucid/models/exact"))
    rows = [counts_of(scale, tail) for scale in SCALES for tail in TAILS]
    tables = np.zeros((len(rows), max(map(len, rows))), np.uint32)
    for table, row in zip(tables, rows, strict=True):
        table[: len(row)] = row
    arrays: dict[str, NDArray[Any]] = {
        "tables": tables,
        "reach": np.array([len(row) // 2 - 1 for row in rows], np.uint8),
        "bins": BINS.astype(np.uint32),
        "widest": np.array(WIDEST, np.uint8),
    }
    data = io.BytesIO()
    np.savez_compressed(data, **arrays)  # type: ignore[arg-type]
    card = {"name": "exact", "id": model_id(arrays).hex(), "kind": "exact", "licence": "Apache-2.0"}
    out = parser.parse_args().out
    write_folder(
        out, {"entropy.npz": data.getvalue(), "card.json": json.dumps(card, indent=2).encode()}
    )
    print(out, card["id"], len(rows), "tables")


if __name__ == "__main__":
    main()
