"""The sequences of conformance/v1: each gives for ever the frames that it gave."""

from __future__ import annotations

import hashlib
import json
from fractions import Fraction
from pathlib import Path

import pytest

import pellucid
from pellucid.errors import DamagedFileError
from spec_files import spec_sequence

FOLDER = Path(__file__).resolve().parent.parent / "conformance" / "v1" / "sequences"
CASES = json.loads((FOLDER / "cases.json").read_text("utf-8"))


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_every_case_is_listed() -> None:
    assert {path.stem for path in FOLDER.glob("*.pels")} == CASES.keys()


@pytest.mark.parametrize("name", CASES)
def test_frames(name: str) -> None:
    case, path = CASES[name], FOLDER / f"{name}.pels"
    if case["error"] is not None:
        with pytest.raises(pellucid.PellucidError) as caught:
            pellucid.open_sequence(path)
        assert type(caught.value).__name__ == case["error"]
    with pellucid.open_sequence(path, keep_going=case["error"] is not None) as found:
        assert len(found) == len(case["frames"])
        assert bool(found.damage) == (case["error"] is not None)
        for number, expected in enumerate(case["frames"]):
            if expected is None:
                with pytest.raises(DamagedFileError, match=f"frame {number}"):
                    found.pel(number)
            else:
                assert sha256(found.pel(number)) == expected
                assert found[number].shape == (6, 7, 3)
        assert (found.about.rate, found.about.rotation) == (Fraction(30000, 1001), 90)
        assert found.about.tags == {"title": "Prüfung"}
        assert found.read_attached("notes.txt") == b"PK\3\4 is no member here"


@pytest.mark.parametrize("name", [name for name in CASES if CASES[name]["error"] is None])
def test_the_second_reader_gives_the_same(name: str) -> None:
    about, frames, attached = spec_sequence.frames_of((FOLDER / f"{name}.pels").read_bytes())
    given = [None if isinstance(each.data, str) else sha256(each.data) for each in frames.values()]
    assert given == CASES[name]["frames"]
    assert [each.timestamp for each in frames.values()] == [-3003, 0, 3003, 9009]
    assert (about["width"], about["rotation"]) == (7, 90)
    assert list(attached) == ["notes.txt"]
