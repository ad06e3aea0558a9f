"""The files of conformance/v1: what is good decodes for ever, what is bad is refused as it says."""

from __future__ import annotations

import importlib.util
import json
import tracemalloc
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from codec.test_grain import specified
from pellucid.bitstream import PelFile, require_supported
from pellucid.errors import DamagedFileError, FormatError, LimitError
from pellucid.exact.tables import FOLDER as EXACT_FOLDER
from pellucid.pixels import read_image
from pictures import unpacked
from spec_files import spec, spec_alpha, spec_exact, spec_kept

FOLDER = Path(__file__).resolve().parent.parent / "conformance" / "v1"
CASES = sorted(path.parent.name for path in (FOLDER / "good").glob("*/case.json"))
GOOD = [name for name in CASES if not name.startswith(("exact_", "deep_", "kept_"))]
DEEP = [name for name in CASES if name.startswith(("deep_", "kept_"))]  # learned: alpha, 16 bits
KEPT = [name for name in CASES if name.startswith("kept_")]
EXACT = [name for name in CASES if name.startswith("exact_")]
GRAIN = sorted(path.parent.name for path in (FOLDER / "good").glob("*/grain.npy"))
BAD: dict[str, dict[str, str]] = json.loads((FOLDER / "bad" / "cases.json").read_text("utf-8"))
MODELS = EXACT_FOLDER.parent
MIB = 2**20


def good(name: str) -> tuple[bytes, dict[str, Any]]:
    folder = FOLDER / "good" / name
    case: dict[str, Any] = json.loads((folder / "case.json").read_text("utf-8"))
    return (folder / "file.pel").read_bytes(), case


def bad(name: str) -> bytes:
    return (FOLDER / "bad" / f"{name}.pel").read_bytes()


def read_container(data: bytes) -> None:
    """All that can be checked without a model."""
    file = PelFile.parse(data)
    require_supported(file.header)
    for layer in file.header.layer_numbers:
        for number in range(file.header.tile_count):
            file.tile(number, layer=layer)


def bad_files() -> Any:
    """The module tools/bad_files.py, which is in no package that tests can import."""
    path = FOLDER.parent.parent / "tools" / "bad_files.py"
    spec = importlib.util.spec_from_file_location("bad_files", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


REFUSED = (FormatError, LimitError)  # limits are of pictures, too


def refused_at_once(data: bytes) -> bool:
    """Whether the file is refused before its tiles are looked at."""
    try:
        require_supported(PelFile.parse(data).header)
    except REFUSED:
        return True
    return False


def test_every_case_is_listed() -> None:
    assert sorted(path.stem for path in (FOLDER / "bad").glob("*.pel")) == sorted(BAD)
    readme = (FOLDER / "README.md").read_text("utf-8")
    for name in [*CASES, *BAD]:
        assert f"| `{name}` |" in readme


def test_bad_cases_are_as_made_today() -> None:
    """The tool still makes the same files: a changed case would be another case."""
    made = bad_files().container_cases()
    assert made.keys() <= BAD.keys()
    for name, case in made.items():
        assert bad(name) == case.data
        assert BAD[name] == {"error": case.error, "stage": case.stage, "tests": case.tests}


def test_every_error_of_a_file_has_a_case() -> None:
    errors = {error.__name__ for error in (*FormatError.__subclasses__(), LimitError)}
    assert {case["error"] for case in BAD.values()} == errors


@pytest.mark.parametrize("name", [name for name in BAD if BAD[name]["stage"] == "container"])
def test_bad_container(name: str) -> None:
    data = bad(name)
    calls = [read_container]
    if refused_at_once(data):  # then the whole decoder refuses it in the same way
        calls.append(pellucid.decompress)
    tracemalloc.start()
    try:
        for call in calls:
            with pytest.raises(REFUSED) as caught:
                call(data)
            assert type(caught.value).__name__ == BAD[name]["error"], str(caught.value)
        assert tracemalloc.get_traced_memory()[1] < 16 * MIB
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", [name for name in BAD if BAD[name]["stage"] == "decode"])
def test_bad_decode(name: str) -> None:
    data = bad(name)
    read_container(data)  # nothing is wrong there
    with pytest.raises(FormatError) as caught:
        unpacked(data)
    assert type(caught.value).__name__ == BAD[name]["error"], str(caught.value)


@pytest.mark.parametrize("name", [name for name in BAD if name.startswith("exact_")])
def test_bad_exact_in_the_second_decoder(name: str) -> None:
    kind = {"UnknownModelError": "unknown model", "DamagedFileError": "damaged"}
    with pytest.raises(spec.PelError) as caught:
        spec_exact.decode_samples(bad(name), EXACT_FOLDER)
    assert caught.value.kind == kind[BAD[name]["error"]]


@pytest.mark.parametrize("name", [name for name in BAD if name.startswith(("deep_", "kept_"))])
def test_bad_alpha_and_depth_in_the_second_decoder(name: str) -> None:
    kinds = {
        "UnknownModelError": "unknown model",
        "DamagedFileError": "damaged",
        "UnsupportedError": "unknown feature",
    }
    with pytest.raises(spec.PelError) as caught:
        spec_alpha.decode_picture(bad(name), MODELS / "m", EXACT_FOLDER)
    assert caught.value.kind == kinds[BAD[name]["error"]]


def test_a_deflated_bomb_takes_no_memory() -> None:
    with suppress(FormatError):
        unpacked(bad("exact_kind"))  # loads what is loaded once
    tracemalloc.start()
    try:
        with pytest.raises(DamagedFileError):
            unpacked(bad("exact_deflated_bomb"))
        assert tracemalloc.get_traced_memory()[1] < MIB
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", CASES)
def test_good_latents_and_metadata(name: str) -> None:
    data, case = good(name)
    info = pellucid.info(data, latents=True)
    assert info.latents_sha256 == case["latents_sha256"]
    assert info.model_id == case["model"]["id"]
    metadata = {kind: payload.hex() for kind, payload in PelFile.parse(data).metadata.items()}
    assert metadata == case["metadata"]
    assert pellucid.verify(data).sound


@pytest.mark.parametrize("name", GOOD)
def test_good_samples(name: str) -> None:
    data, case = good(name)
    expected, _ = read_image(FOLDER / "good" / name / "expected.png")
    decoded = unpacked(data)
    assert list(decoded.shape) == list(expected.shape) == case["shape"]
    difference = decoded.astype(np.float64) - expected
    assert np.abs(difference).max() <= case["bounds"]["peak"]
    assert np.sqrt(np.mean(difference**2)) <= case["bounds"]["rms"]


@pytest.mark.parametrize("name", DEEP)
def test_good_alpha_and_depth(name: str) -> None:
    """Both decoders: alpha as it was, colours of 8 and 16 bits within what section 8 allows."""
    data, case = good(name)
    picture, expected = (
        np.load(FOLDER / "good" / name / f"{n}.npy") for n in ("input", "expected")
    )
    model = MODELS / case["model"]["name"]
    theirs, shown = spec_alpha.decode_picture(data, model, EXACT_FOLDER)
    assert shown == case["latents_sha256"]
    alpha = pellucid.info(data).alpha
    assert alpha == (picture.shape[2] in (2, 4))
    for decoded in (unpacked(data), theirs):
        assert decoded.dtype.name == expected.dtype.name == case["dtype"]
        assert list(decoded.shape) == list(expected.shape) == case["shape"]
        difference = decoded.astype(np.float64) - expected
        assert np.abs(difference).max() <= case["bounds"]["peak"]
        assert np.sqrt(np.mean(difference**2)) <= case["bounds"]["rms"]
        if alpha:
            assert np.array_equal(decoded[..., -1], picture[..., -1])
    if name == "deep_flat":
        assert np.array_equal(expected, picture)
    if name == "deep_slope":
        assert len(np.unique(expected)) > 1000


@pytest.mark.parametrize("name", KEPT)
def test_good_source(name: str) -> None:
    """Both decoders: every sample as it was, or within the bound as it has been."""
    data, case = good(name)
    folder = FOLDER / "good" / name
    picture = np.load(folder / "input.npy")
    bound = case["source_error"]
    expected = np.load(folder / "source.npy") if bound else picture
    theirs, said = spec_kept.decode_source(data, EXACT_FOLDER)
    assert said == pellucid.info(data).source_error == bound
    for decoded in (unpacked(data, which="source"), theirs):
        assert decoded.dtype == expected.dtype == case["dtype"]
        assert np.array_equal(decoded, expected)
    off = np.abs(expected.astype(np.int64) - picture)
    assert off.max() == bound
    if pellucid.info(data).alpha:
        assert off[..., -1].max() == 0


@pytest.mark.parametrize("name", EXACT)
def test_good_exact_samples(name: str) -> None:
    data, case = good(name)
    folder = FOLDER / "good" / name
    picture = np.load(folder / "input.npy")
    expected = np.load(folder / "expected.npy") if case["max_error"] else picture
    assert expected.dtype.name == case["dtype"]
    assert list(expected.shape) == case["shape"]
    for decoded in (unpacked(data), spec_exact.decode_samples(data, EXACT_FOLDER)):
        assert decoded.dtype == expected.dtype
        assert decoded.tobytes() == expected.tobytes()
    if (folder / "guide.npy").exists():
        guide = np.load(folder / "guide.npy")
        for decoded in (
            unpacked(data, which="guide"),
            spec_exact.decode_samples(data, EXACT_FOLDER, "guide"),
        ):
            assert decoded.dtype == guide.dtype
            assert np.array_equal(decoded, guide)
    if expected.dtype.kind == "f":
        known = np.isfinite(picture)
        assert np.array_equal(known, np.isfinite(expected))
        off = np.abs(
            np.subtract(expected, picture, where=known, dtype=float, out=np.zeros(known.shape))
        )
    else:
        off = np.abs(expected.astype(np.int64) - picture)
    assert off.max() <= case["max_error"]
    assert pellucid.info(data).max_error == case["max_error"]
    if pellucid.info(data).alpha:
        assert off[..., -1].max() == 0


@pytest.mark.parametrize("name", GRAIN)
def test_good_grain(name: str) -> None:
    """As it was, and, at some places, as section 18 has it word for word."""
    expected = np.load(FOLDER / "good" / name / "grain.npy")
    data, _ = good(name)
    clean, model = unpacked(data), PelFile.parse(data).noise
    assert np.array_equal(unpacked(data, grain=1), expected)
    if clean.shape[2] == 4:
        assert np.array_equal(expected[..., 3], clean[..., 3])
    ends, random = np.iinfo(clean.dtype), np.random.default_rng(0)
    for place in random.integers(0, (*clean.shape[:2], len(model.strengths)), (60, 3)).tolist():
        y, x, c = place
        value = specified(model, c, y, x, int(clean[y, x, c]))
        assert expected[y, x, c] == min(max(value, ends.min), ends.max)


def test_exact_cases_are_of_every_kind() -> None:
    kinds = set()
    for name in EXACT:
        file = PelFile.parse(good(name)[0])
        (layer,) = file.header.layer_numbers
        kinds.add((layer, file.tile(0, layer=layer)[0 if layer == 1 else 2]))
    assert kinds >= {(1, 0), (1, 1), (1, 2), (2, 2)}
