from __future__ import annotations

import math
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from pellucid.errors import InputError, MissingExtraError, OptionError, PellucidError
from pellucid.evaluate.bench import run
from pellucid.evaluate.benches.compress import BENCH, Plan
from pellucid.evaluate.metrics import (
    DEFAULT_METRICS,
    METRICS,
    PROGRAMS,
    butteraugli,
    program,
    score,
)

installed = any(shutil.which(name) for name in PROGRAMS)
needs_program = pytest.mark.skipif(not installed, reason="no program measures Butteraugli here")
needs_sh = pytest.mark.skipif(sys.platform == "win32", reason="stands in by a shell script")


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """Makes a program of a name that says something."""

    def make(name: str, body: str) -> Path:
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        path.chmod(0o755)
        return path

    monkeypatch.setenv("PATH", str(tmp_path))
    return make


@needs_program
def test_alike_is_nothing_and_more_damage_is_further(picture, noisy):
    worse = np.clip(2 * noisy.astype(int) - picture, 0, 255).astype(np.uint8)
    same, near, far = (butteraugli(picture, other) for other in (picture, noisy, worse))
    assert same == 0 < near < far
    scale = METRICS["butteraugli"].quality_for_bd
    assert math.inf == scale(same) > scale(near) > scale(far)


def test_halving_a_distance_counts_alike_anywhere():
    scale = METRICS["butteraugli"].quality_for_bd
    assert scale(1) - scale(2) == pytest.approx(scale(20) - scale(40)) == pytest.approx(3.0103)


@needs_sh
def test_the_program_is_the_first_that_is_there(picture, stand_in):
    later = stand_in("butteraugli_main", "echo 2.5\necho '3-norm: 1.25'")
    assert program() == later
    assert butteraugli(picture, picture) == 2.5
    assert program().stem in PROGRAMS
    first = stand_in("butteraugli", "echo 1.5")
    assert program() == first
    assert butteraugli(picture, picture) == 1.5


@needs_sh
@pytest.mark.parametrize(
    "body", ["echo broken >&2; exit 3", "echo broken", "echo 1; exit 1", "true"]
)
def test_a_program_that_fails_is_named_with_what_it_said(body, picture, stand_in):
    stand_in("butteraugli", body)
    with pytest.raises(PellucidError, match=r"butteraugli gave no distance: \w"):
        butteraugli(picture, picture)


def test_a_missing_program_is_named_with_the_way_to_get_it(picture, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingExtraError, match="apt-get install butteraugli"):
        butteraugli(picture, picture)
    with pytest.raises(MissingExtraError, match="butteraugli"):
        run(BENCH, Plan(data=tmp_path, out=tmp_path, metrics=("psnr", "butteraugli"), repeats=0))


def test_what_it_cannot_compare_is_refused(picture):
    with pytest.raises(OptionError, match="96"):
        butteraugli(picture, picture[:50])
    with pytest.raises(InputError, match="16"):
        butteraugli(picture[:15], picture[:15])
    assert score(picture[:15], picture[:15], ["butteraugli"]) == {"butteraugli": None}


def test_it_is_measured_only_when_asked_for():
    assert set(METRICS) - set(DEFAULT_METRICS) == {"butteraugli"}
