"""Rules of pictures made so that predictors are as large as they can be."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid.entropy import SymbolDecoder, SymbolEncoder
from pellucid.errors import DamagedFileError
from pellucid.exact import exact_model, fit
from pellucid.exact.rules import LARGEST, take_rules
from pictures import unpacked


def test_weights_step_by_what_a_symbol_holds() -> None:
    weights = np.array([[LARGEST, 5], [-LARGEST, 6], [LARGEST, -7]], np.int32)
    assert fit.reachable(weights).tolist() == [[LARGEST, 5], [0, 6], [LARGEST, -7]]
    assert weights[1, 0] == -LARGEST


@pytest.mark.parametrize("classes", [0, 9, 127, 128 + 9, 255])
def test_numbers_of_classes_that_are_none(classes: int) -> None:
    tables, _ = exact_model()
    encoder = SymbolEncoder(tables)
    encoder.put_uniform(np.array([classes, *[0] * 200], np.int32), 8)
    with pytest.raises(DamagedFileError, match=f"a pass of {classes % 128} classes"):
        take_rules(SymbolDecoder(encoder.finish(), tables), 16, tables)


@pytest.mark.parametrize("slope", [220, 400])
def test_planes_that_follow_each_other_steeply(slope: int) -> None:
    """One way in calm places and the other in restless ones."""
    rng = np.random.default_rng(1)
    other = rng.integers(0, 2, (200, 200))
    other[100:] *= 100
    plane = np.where(np.arange(200)[:, None] < 100, 20000 + slope * other, 30000 - slope * other)
    plane = np.clip(plane + rng.integers(0, 2, plane.shape), 0, 65535)
    picture = np.stack([plane, other, np.zeros_like(other)], 2).astype(np.uint16)
    assert np.array_equal(unpacked(pellucid.compress(picture, lossless=True)), picture)
