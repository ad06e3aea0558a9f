"""Every kind of exact file is explained: floats with marks, pairs, many channels, DICOM."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

import pellucid
from pellucid.explaining.page import page_of

RNG = np.random.default_rng(0)
FLOATS = RNG.normal(0, 3, (90, 80)).astype(np.float32).cumsum(axis=0)
MARKED = FLOATS.copy()
MARKED[3:9, 4:20] = np.nan
MARKED[0, :2] = np.inf, -np.inf
LARGEST = FLOATS.copy()
LARGEST[:40], LARGEST[40:] = -3e38, 3e38
COLOURS = RNG.integers(0, 200, (90, 80, 3)).astype(np.uint8)
DEPTH = COLOURS[..., :1].astype(np.uint16) * 9

CASES = {
    "float32": (FLOATS, {"lossless": True}, 1),
    "float32 bounded": (FLOATS, {"max_error": 0.1}, 1),
    "float16 bounded": (FLOATS.astype(np.float16), {"max_error": 0.1}, 1),
    "marks": (MARKED, {"lossless": True}, 1),
    "marks bounded": (MARKED, {"max_error": 0.1}, 1),
    "nothing but marks": (np.full((20, 20), np.nan, np.float32), {"lossless": True}, 1),
    "largest floats": (LARGEST, {"lossless": True}, 1),
    "pair": (DEPTH, {"guide": COLOURS, "lossless": True}, 4),
    "pair bounded": (DEPTH, {"guide": COLOURS, "max_error": 3}, 4),
    "int16": ((FLOATS * 50).astype(np.int16), {"lossless": True}, 1),
    "60 channels": (RNG.integers(0, 50, (40, 30, 60)).astype(np.uint16), {"lossless": True}, 60),
    "20 float channels": (
        RNG.normal(0, 1, (40, 30, 20)).astype(np.float32),
        {"max_error": 0.01},
        20,
    ),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", CASES)
def test_a_file_of_any_kind(tmp_path: Path, name: str) -> None:
    samples, options, planes = CASES[name]
    path = tmp_path / "a.pel"
    path.write_bytes(pellucid.compress(samples, **options))
    found = pellucid.explain(path)
    held = samples if samples.ndim == 3 else samples[..., None]
    assert found.after.dtype == held.dtype
    assert found.after.shape == held.shape
    marks = ~np.isfinite(held.astype(np.float64))
    assert np.array_equal(found.after[marks], held[marks], equal_nan=True)
    off = found.after[~marks].astype(np.float64) - held[~marks]
    assert found.half_width == options.get("max_error", 0)  # in the samples' unit
    assert np.abs(off).max(initial=0) <= found.half_width
    assert found.bits.total == pytest.approx(8 * path.stat().st_size)
    assert found.bits.planes.shape == (planes,)
    page = page_of(found, "a", "1")
    assert ("Every sample is exact" in page) == (found.half_width == 0)
    assert f"<dd>{held.shape[1]} x {held.shape[0]}</dd>" in page
    assert f"<dd>{held.shape[2]} of {held.dtype}</dd>" in page


def test_a_dicom_file(tmp_path: Path) -> None:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID, dataset.SOPInstanceUID = CTImageStorage, generate_uid(entropy_srcs=["a"])
    dataset.Rows, dataset.Columns, dataset.NumberOfFrames = 90, 80, 2
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.PixelRepresentation = 0
    dataset.PixelData = np.stack([DEPTH, DEPTH // 2]).tobytes()
    dataset["PixelData"].VR = "OW"
    dataset.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    (tmp_path / "a.pel").write_bytes(pellucid.compress(tmp_path / "a.dcm", max_error=2))
    found = pellucid.explain(tmp_path / "a.pel")
    stored = pydicom.dcmread(tmp_path / "a.dcm").pixel_array.transpose(1, 2, 0)
    assert np.abs(found.after.astype(int) - stored).max() <= found.half_width == 2
    assert found.bits.container["dicm"] > 0
    assert "Every sample is within 2" in page_of(found, "a", "1")


@pytest.mark.filterwarnings("error")
def test_the_largest_floats_are_drawn_apart() -> None:
    from pellucid.explaining.page.draw import shown

    drawn = shown(LARGEST[..., None])
    assert (drawn[:40] == 0).all()
    assert (drawn[40:] == 255).all()
