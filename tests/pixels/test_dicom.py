"""DICOM files made here: stored values, elements and UIDs through .pel files, and denoised."""

from __future__ import annotations

import json
import sys
import tracemalloc
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
import pytest
from click.testing import CliRunner
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    generate_uid,
)

import pellucid
from opened import read_samples, write_samples
from pellucid.bitstream import Limits, PelFile
from pellucid.bitstream.writer import write_file
from pellucid.cli import main
from pellucid.errors import (
    DamagedFileError,
    InputError,
    LimitError,
    MissingExtraError,
    OutputError,
    PellucidError,
)
from pellucid.pixels import ImageInfo, open_image
from pellucid.pixels.dicom import Change, stored_of

SETS = Path(__file__).resolve().parents[3] / "shared" / "data" / "test" / "dicom"


def head(height: int, width: int, **elements: object) -> Dataset:
    """A CT picture's elements, without pixels."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = CTImageStorage
    dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=["a"])
    dataset.SOPClassUID = CTImageStorage
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID
    dataset.StudyInstanceUID = generate_uid(entropy_srcs=["b"])
    dataset.PatientName = "Nobody^Test"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.RescaleSlope, dataset.RescaleIntercept = "1", "-1024"
    dataset.WindowCenter, dataset.WindowWidth = "40", "400"
    dataset.add_new(0x00091001, "LO", "private")
    dataset.Rows, dataset.Columns = height, width
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.PixelRepresentation = 0
    for name, value in elements.items():
        setattr(dataset, name, value)
    return dataset


def saved(dataset: Dataset, samples: np.ndarray, path: Path) -> Path:
    """A file of the data set with samples (height, width, ..) of its type."""
    dataset.PixelData = samples.tobytes() + b"\0" * (samples.nbytes % 2)
    dataset["PixelData"].VR = "OB" if dataset.BitsAllocated <= 8 else "OW"
    dataset.save_as(path, enforce_file_format=True)
    return path


def slope(height: int = 40, width: int = 50, high: int = 4000) -> np.ndarray:
    y, x = np.mgrid[:height, :width]
    grain = np.random.default_rng(3).integers(-9, 10, (height, width))
    return np.clip(high * (x + y) / (height + width) + grain, 0, high).astype(np.uint16)


def run(*words: object, code: int = 0) -> str:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == code, result.output + result.stderr
    return result.output + result.stderr


def kinds(folder: Path) -> dict[str, Path]:
    """A file of each kind that goes in."""
    grey = slope()
    eight = (grey // 16).astype(np.uint8)
    bits8 = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}
    rgb = {**bits8, "SamplesPerPixel": 3, "PhotometricInterpretation": "RGB"}
    colours = np.stack([eight, 255 - eight, eight // 2], axis=-1)
    made = {}

    def add(name: str, samples: np.ndarray, **elements: object) -> None:
        dataset = head(40, 50, **elements)
        made[name] = saved(dataset, samples, folder / f"{name}.dcm")

    add("uint16", grey)
    add("int16", grey.astype(np.int16) - 2000, PixelRepresentation=1, BitsStored=16, HighBit=15)
    add("uint8", eight, **bits8)
    add("int8", (eight.astype(int) - 128).astype(np.int8), **bits8, PixelRepresentation=1)
    add("rgb", colours, **rgb, PlanarConfiguration=0)
    add("planar", colours.transpose(2, 0, 1), **rgb, PlanarConfiguration=1)
    add("frames", np.stack([grey, grey // 2, grey + 1, grey // 3]), NumberOfFrames=4)
    add("rgb_frames", np.stack([colours, 255 - colours]), **rgb, PlanarConfiguration=0,
        NumberOfFrames=2)  # fmt: skip
    add("palette", eight // 8, **{**bits8, "PhotometricInterpretation": "PALETTE COLOR"},
        RedPaletteColorLookupTableDescriptor=[32, 0, 16])  # fmt: skip
    bit = np.packbits((grey > 2000).ravel(), bitorder="little")
    add("bits", bit, **{**bits8, "BitsAllocated": 1, "BitsStored": 1, "HighBit": 0})
    for name, syntax in (("implicit", ImplicitVRLittleEndian), ("big", ExplicitVRBigEndian)):
        dataset = head(40, 50)
        dataset.file_meta.TransferSyntaxUID = syntax
        order = ">u2" if name == "big" else "<u2"
        made[name] = saved(dataset, grey.astype(order), folder / f"{name}.dcm")
    made["rle"] = folder / "rle.dcm"
    dataset = pydicom.dcmread(made["uint16"])
    dataset.compress(pydicom.uid.RLELossless, generate_instance_uid=False)
    dataset.save_as(made["rle"])
    return made


def without_pixels(dataset: Dataset) -> dict:
    skipped = ("PixelData", "FloatPixelData")
    return {element.tag: element.value for element in dataset if element.keyword not in skipped}


NAMES = ["uint16", "int16", "uint8", "int8", "rgb", "planar", "frames", "rgb_frames", "palette",
         "bits", "implicit", "big", "rle"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_lossless_gives_the_same_instance(tmp_path: Path, name: str) -> None:
    source = kinds(tmp_path)[name]
    run("compress", source, "--lossless")
    run("decompress", source.with_suffix(".pel"), "-o", tmp_path / "back.dcm")
    before, after = pydicom.dcmread(source), pydicom.dcmread(tmp_path / "back.dcm")
    assert np.array_equal(before.pixel_array, after.pixel_array)
    assert before.pixel_array.dtype == after.pixel_array.dtype
    assert without_pixels(before) == without_pixels(after)
    assert after.file_meta.MediaStorageSOPInstanceUID == before.SOPInstanceUID
    about = pellucid.info(source.with_suffix(".pel"))
    assert not about.alpha
    assert about.metadata["dicom"] < 3000


def test_bits_above_those_stored_come_back_and_are_not_filtered(tmp_path: Path) -> None:
    """An overlay in bit 15 of 12-bit values is part of the instance."""
    samples = slope()
    samples[5:9, 5:30] |= 0x8000
    source = saved(head(40, 50), samples, tmp_path / "overlay.dcm")
    run("compress", source, "--lossless")
    run("decompress", source.with_suffix(".pel"), "-o", tmp_path / "back.dcm")
    before, after = pydicom.dcmread(source), pydicom.dcmread(tmp_path / "back.dcm")
    assert before.PixelData == after.PixelData
    assert before.SOPInstanceUID == after.SOPInstanceUID
    run("denoise", source, "--sigma", 20, "--model", "s")
    clean = np.frombuffer(pydicom.dcmread(tmp_path / "overlay.clean.dcm").PixelData, "<u2")
    clean = clean.reshape(40, 50)
    overlaid = samples > 4095
    assert np.array_equal(clean[overlaid], samples[overlaid])
    assert clean[~overlaid].max() <= 4095
    assert not np.array_equal(clean, samples)
    high = saved(head(40, 50, HighBit=15), slope() * 16, tmp_path / "high.dcm")
    assert "up to bit 15" in run("denoise", high, "--sigma", 20, "--model", "s", code=1)
    assert not (tmp_path / "high.clean.dcm").exists()


def test_big_endian_comes_in_this_machines_order(tmp_path: Path) -> None:
    source = kinds(tmp_path)["big"]
    with open_image(source) as opened:
        assert opened.dtype == np.uint16
        assert np.array_equal(opened.read()[..., 0], slope())
    file = pellucid.compress(source, lossless=True, guide=source)
    assert np.array_equal(pellucid.decompress(file, which="guide"), slope())


@pytest.mark.parametrize("kind", ["bytes", "odd", "frames", "bits", "packed"])
def test_big_endian_keeps_its_bytes(tmp_path: Path, kind: str) -> None:
    """There 8-bit samples lie two in a word, single bits as pydicom writes and reads them."""
    bits = kind in ("bits", "packed")
    height, width = (33, 51) if kind == "odd" else (40, 56)
    eight = (slope(height, width) // 16).astype(np.uint8)
    depth = 1 if bits else 8
    dataset = head(height, width, BitsAllocated=depth, BitsStored=depth, HighBit=depth - 1)
    dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    stacked = eight
    if kind == "frames":
        stacked, dataset.NumberOfFrames = np.stack([eight, 255 - eight]), 2
    data = stacked.tobytes() + b"\0" * (stacked.size % 2)
    if bits:
        data = np.packbits((eight > 100).ravel(), bitorder="little").tobytes()
    else:
        data = np.frombuffer(data, "<u2").astype(">u2").tobytes()
    dataset.PixelData = data
    dataset["PixelData"].VR = "OB" if kind == "packed" else "OW"
    source = tmp_path / "big.dcm"
    dataset.save_as(source, enforce_file_format=True)
    run("compress", source, "--lossless")
    run("decompress", source.with_suffix(".pel"), "-o", tmp_path / "back.dcm")
    before, after = pydicom.dcmread(source), pydicom.dcmread(tmp_path / "back.dcm")
    assert before.PixelData == after.PixelData
    assert np.array_equal(before.pixel_array, after.pixel_array)
    if not bits:
        assert np.array_equal(after.pixel_array, stacked)


def test_within_a_bound_is_another_instance_that_says_so(tmp_path: Path) -> None:
    source = kinds(tmp_path)["uint16"]
    run("compress", source, "--max-error", 5)
    run("decompress", source.with_suffix(".pel"), "-o", tmp_path / "back.dcm")
    run("decompress", source.with_suffix(".pel"), "-o", tmp_path / "again.dcm")
    assert (tmp_path / "back.dcm").read_bytes() == (tmp_path / "again.dcm").read_bytes()
    before, after = pydicom.dcmread(source), pydicom.dcmread(tmp_path / "back.dcm")
    off = np.abs(before.pixel_array.astype(int) - after.pixel_array)
    assert 0 < off.max() <= 5
    assert after.SOPInstanceUID == after.file_meta.MediaStorageSOPInstanceUID
    assert after.SOPInstanceUID != before.SOPInstanceUID
    assert after.StudyInstanceUID == before.StudyInstanceUID
    assert after.LossyImageCompression == "01"
    ratio = before.pixel_array.nbytes / source.with_suffix(".pel").stat().st_size
    assert float(after.LossyImageCompressionRatio) == pytest.approx(ratio, abs=0.01)
    assert list(after.ImageType) == ["DERIVED", "PRIMARY", "AXIAL"]
    assert after.SourceImageSequence[0].ReferencedSOPInstanceUID == before.SOPInstanceUID
    assert "within 5" in after.DerivationDescription
    run("compress", tmp_path / "back.dcm", "--max-error", 20)
    run("decompress", tmp_path / "back.pel", "-o", tmp_path / "third.dcm")
    third = pydicom.dcmread(tmp_path / "third.dcm")
    assert len(third.LossyImageCompressionRatio) == len(third.LossyImageCompressionMethod) == 2


def test_other_formats_get_the_stored_values(tmp_path: Path) -> None:
    source = kinds(tmp_path)["uint16"]
    run("compress", source, "--lossless")
    said = run("decompress", source.with_suffix(".pel"))
    assert ".png can't hold metadata; left out: DICOM" in said
    assert np.array_equal(read_samples(source.with_suffix(".png"))[0][..., 0], slope())
    pel, part = source.with_suffix(".pel"), tmp_path / "part.dcm"
    assert "not the whole picture" in run(
        "decompress", pel, "-o", part, "--region", "0,0,9,9", code=1
    )
    np.save(tmp_path / "a.npy", slope())
    run("compress", tmp_path / "a.npy", "--lossless")
    said = run("decompress", tmp_path / "a.pel", "-o", part, code=1)
    assert "needs the elements" in said
    assert not part.exists()


def test_what_cannot_be_kept_is_refused(tmp_path: Path) -> None:
    made = kinds(tmp_path)
    with pytest.raises(InputError, match="lossless or max_error only"):
        pellucid.compress(made["uint8"])
    with pytest.raises(LimitError, match="50 x 40"):
        pellucid.compress(made["uint8"], lossless=True, limits=Limits(max_pixels=1999))
    deep = saved(head(40, 50, BitsAllocated=32, BitsStored=32, HighBit=31),
                 slope().astype(np.uint32), tmp_path / "deep.dcm")  # fmt: skip
    with pytest.raises(InputError, match="32 bits"):
        pellucid.compress(deep, lossless=True)
    ybr = head(40, 50, BitsAllocated=8, BitsStored=8, HighBit=7, SamplesPerPixel=3,
               PhotometricInterpretation="YBR_FULL", PlanarConfiguration=0)  # fmt: skip
    saved(ybr, np.zeros((40, 50, 3), np.uint8), tmp_path / "ybr.dcm")
    with pytest.raises(InputError, match="YBR_FULL"):
        pellucid.compress(tmp_path / "ybr.dcm", lossless=True)
    dataset = head(40, 50)
    dataset.save_as(tmp_path / "none.dcm", enforce_file_format=True)
    with pytest.raises(InputError, match="can't be decoded"):
        pellucid.compress(tmp_path / "none.dcm", lossless=True)
    with pytest.raises(InputError, match="no such file"):
        pellucid.compress(tmp_path / "missing.dcm", lossless=True)
    _, info = read_samples(made["uint8"])
    with pytest.raises(OutputError, match="don't fit"):
        write_samples(tmp_path / "wide.dcm", slope()[..., None], info)


def test_damaged_files_are_refused_whatever_is_damaged(tmp_path: Path) -> None:
    data = kinds(tmp_path)["uint16"].read_bytes()
    rng = np.random.default_rng(2)
    refused = 0
    for number in range(120):
        broken = bytearray(data)
        if number % 2:
            broken = broken[: int(rng.integers(133, len(data)))]
        else:
            broken[int(rng.integers(132, 1100))] = int(rng.integers(256))
        try:
            samples, _ = read_samples(bytes(broken))
        except (InputError, LimitError):
            refused += 1
        else:
            assert samples.size
    assert refused > 50


def test_deflated_elements_are_read_and_never_inflated_without_bound(tmp_path: Path) -> None:
    dataset = head(40, 50)
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    source = saved(dataset, slope(), tmp_path / "deflated.dcm")
    samples, info = read_samples(source)
    assert np.array_equal(samples[..., 0], slope())
    assert info.dicom is not None
    assert b"Nobody^Test" in info.dicom
    with pytest.raises(InputError, match="damaged or cut off"):
        read_samples(source.read_bytes()[:-100])
    dataset.add_new(0x00091002, "OB", bytes(80 << 20))
    hostile = saved(dataset, slope(), tmp_path / "hostile.dcm").read_bytes()
    assert len(hostile) < 100_000
    tracemalloc.start()
    with pytest.raises(LimitError, match="inflates to more than"):
        read_samples(hostile, max_pixels=2000)
    with pytest.raises(DamagedFileError, match="deflated"):
        write_samples(tmp_path / "a.dcm", slope(), ImageInfo(50, 40, 1, 16, dicom=hostile))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20


def test_what_is_wrong_is_one_line(tmp_path: Path) -> None:
    data = kinds(tmp_path)["uint16"].read_bytes()
    damaged = data.replace(b"\x28\0\0\x01US", b"\x28\0\0\x01U\0")
    with pytest.raises(InputError, match=r"Unknown Value .* in tag \(0028,0100\)$"):
        pellucid.compress(damaged, lossless=True)


def packed_with(**elements: object) -> bytes:
    """Elements as in a chunk, with some set, empty if None, and those that are "gone" left out."""
    dataset = head(40, 50)
    for name, value in elements.items():
        if value == "gone":
            delattr(dataset, name)
        else:
            setattr(dataset, name, value)
    out = BytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


@pytest.mark.parametrize(
    ("elements", "error"),
    [
        ({"Rows": "gone"}, DamagedFileError),
        ({"Columns": None}, DamagedFileError),
        ({"SamplesPerPixel": None}, DamagedFileError),
        ({"BitsAllocated": "gone"}, OutputError),
        ({"BitsAllocated": 24}, OutputError),
        ({"SOPClassUID": "gone"}, OutputError),
    ],
)
def test_elements_of_a_hostile_file_give_clear_errors(
    tmp_path: Path, elements: dict[str, object], error: type[PellucidError]
) -> None:
    """A chunk is any DICOM file, whatever it lacks."""
    info = ImageInfo(50, 40, 1, 16, dicom=packed_with(**elements))
    change = Change("within 1", 2.0)
    with pytest.raises(error):
        write_samples(tmp_path / "a.dcm", slope()[..., None], info, change=lambda: change)
    assert not (tmp_path / "a.dcm").exists()


@pytest.mark.parametrize(
    "elements", [{"BitsStored": None}, {"BitsStored": 60000}, {"HighBit": None}]
)
def test_elements_that_say_nothing_of_the_bits_are_not_filtered(elements: dict) -> None:
    with pytest.raises(InputError):
        stored_of(packed_with(**elements), "x.dcm")


def test_a_hostile_chunk_does_not_break_decompress(tmp_path: Path) -> None:
    kinds(tmp_path)
    run("compress", tmp_path / "uint16.dcm", "--lossless")
    pel = tmp_path / "uint16.pel"
    file = PelFile.parse(pel.read_bytes())
    tiles = [bytes(file.tile(number, layer=1)) for number in range(file.header.tile_count)]
    chunks = {**file.metadata, "dicom": packed_with(Rows="gone")}
    pel.write_bytes(write_file(file.header, chunks, tiles))
    said = run("decompress", pel, "-o", tmp_path / "a.dcm", code=1)
    assert "describes no picture" in said
    assert not (tmp_path / "a.dcm").exists()


def test_without_pydicom_the_error_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = kinds(tmp_path)["uint16"]
    monkeypatch.setitem(sys.modules, "pydicom", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'pellucid\[science\]'"):
        pellucid.compress(source, lossless=True)


def test_denoised_is_derived_and_padding_and_range_stay(tmp_path: Path) -> None:
    samples = slope(64, 80, 4095)
    rng = np.random.default_rng(1)
    noisy = np.clip(samples + rng.normal(0, 60, samples.shape), 0, 4095).astype(np.uint16)
    noisy[:10, :20] = 63
    source = saved(head(64, 80, PixelPaddingValue=63, SmallestImagePixelValue=0), noisy,
                   tmp_path / "ct.dcm")  # fmt: skip
    said = json.loads(run("denoise", source, "--model", "s", "--json").splitlines()[0])
    assert said["output"].endswith("ct.clean.dcm")
    assert 30 < said["estimate"]["sigma"] < 120
    before, after = pydicom.dcmread(source), pydicom.dcmread(tmp_path / "ct.clean.dcm")
    clean = after.pixel_array
    assert clean.max() <= 4095
    assert (clean[:10, :20] == 63).all()
    known = np.s_[10:, 20:]
    error = [np.abs(a[known] - samples[known].astype(float)).mean() for a in (noisy, clean)]
    assert error[1] < 0.6 * error[0]
    assert after.SOPInstanceUID != before.SOPInstanceUID
    assert after.ImageType[0] == "DERIVED"
    assert "noise reduced" in after.DerivationDescription
    assert "LossyImageCompression" not in after
    assert "SmallestImagePixelValue" not in after
    assert after.RescaleIntercept == before.RescaleIntercept


def test_frames_are_denoised_one_by_one_and_indices_not_at_all(tmp_path: Path) -> None:
    made = kinds(tmp_path)
    assert "left out" not in run("denoise", made["frames"], "--sigma", 8, "--model", "s")
    clean = pydicom.dcmread(tmp_path / "frames.clean.dcm").pixel_array
    source = pydicom.dcmread(made["frames"]).pixel_array
    for before, after in zip(source, clean, strict=True):
        alone = pellucid.denoise(before, sigma=8, model="s")
        assert np.array_equal(np.clip(alone, 0, 4095), after)
    for name in ("palette", "bits"):
        assert "have no noise" in run("denoise", made[name], "--model", "s", code=1).replace(
            "which have", "have"
        )


@pytest.mark.skipif(not SETS.is_dir(), reason="the test pictures are not there")
@pytest.mark.parametrize("path", sorted(SETS.glob("*.dcm")), ids=lambda path: path.stem)
def test_files_of_real_machines(tmp_path: Path, path: Path) -> None:
    before = pydicom.dcmread(path)
    samples, info = read_samples(path)
    assert info.dicom is not None
    write_samples(tmp_path / "a.dcm", samples, info)
    after = pydicom.dcmread(BytesIO((tmp_path / "a.dcm").read_bytes()))
    assert np.array_equal(before.pixel_array, after.pixel_array)
    assert before.SOPInstanceUID == after.SOPInstanceUID
