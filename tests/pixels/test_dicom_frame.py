"""One frame of a DICOM file: its samples, its own elements, and another instance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from click.testing import CliRunner
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate_extended, generate_frames
from pydicom.sequence import Sequence
from pydicom.uid import (
    EnhancedMRImageStorage,
    RLELossless,
)

import pellucid
from dicom_files import dataset_of, saved
from opened import open_parts
from pellucid.bitstream import Limits
from pellucid.cli import main
from pellucid.errors import InputError, LimitError, OptionError
from pictures import unpacked

FRAMES = np.random.default_rng(4).integers(0, 4096, (4, 40, 50)).astype(np.uint16)


def item(**elements: object) -> Dataset:
    made = Dataset()
    for name, value in elements.items():
        setattr(made, name, value)
    return made


def run(*words: object, code: int = 0) -> str:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == code, result.output + result.stderr
    return result.output + result.stderr


@pytest.mark.parametrize("kind", ["grey", "rgb", "rle"])
def test_a_frame_is_another_instance_that_names_its_source(tmp_path: Path, kind: str) -> None:
    stacked = FRAMES
    if kind == "rgb":
        stacked = np.stack([FRAMES >> 4, FRAMES >> 5, FRAMES & 255], axis=-1).astype(np.uint8)
    source = saved(dataset_of(stacked), tmp_path / "many.dcm")
    if kind == "rle":
        dataset = pydicom.dcmread(source)
        dataset.compress(RLELossless, generate_instance_uid=False)
        dataset.save_as(source)
    for name in ("a", "b"):
        run("compress", source, "--lossless", "--page", 2, "-o", tmp_path / f"{name}.pel")
        run("decompress", tmp_path / f"{name}.pel", "-o", tmp_path / f"{name}.dcm")
    assert (tmp_path / "a.dcm").read_bytes() == (tmp_path / "b.dcm").read_bytes()
    before, after = pydicom.dcmread(source), pydicom.dcmread(tmp_path / "a.dcm")
    assert np.array_equal(after.pixel_array, stacked[2])
    assert after.NumberOfFrames == 1
    assert after.SOPInstanceUID == after.file_meta.MediaStorageSOPInstanceUID
    assert after.SOPInstanceUID != before.SOPInstanceUID
    assert after.ImageType[0] == "DERIVED"
    assert "frame 3 of 4" in after.DerivationDescription
    named = after.SourceImageSequence[0]
    assert named.ReferencedSOPInstanceUID == before.SOPInstanceUID
    assert named.ReferencedFrameNumber == 3
    others = [pellucid.compress(source, lossless=True, page=page) for page in (1, 2)]
    assert others[0] != others[1]
    assert others[1] == pellucid.compress(source.read_bytes(), lossless=True, page=2)


def test_only_what_belongs_to_the_frame_stays(tmp_path: Path) -> None:
    groups = [item(FrameContentSequence=[item(StackID=str(n))]) for n in range(4)]
    dataset = dataset_of(
        FRAMES,
        EnhancedMRImageStorage,
        PerFrameFunctionalGroupsSequence=Sequence(groups),
        SharedFunctionalGroupsSequence=[item(PixelMeasuresSequence=[item(SliceThickness="2")])],
        FrameIncrementPointer=[0x00181065, 0x0018106C],
        FrameTimeVector=["0", "10", "20", "30"],
        SynchronizationChannel=[7, 8],
        SliceVector=[4, 3, 2, 1],
        ReferringPhysicianName="kept",
        ConcatenationUID="1.2.3",
        InConcatenationNumber=1,
    )
    source = saved(dataset, tmp_path / "mr.dcm")
    run("compress", source, "--lossless", "--page", 1)
    run("decompress", tmp_path / "mr.pel", "-o", tmp_path / "one.dcm")
    after = pydicom.dcmread(tmp_path / "one.dcm")
    (group,) = after.PerFrameFunctionalGroupsSequence
    assert group.FrameContentSequence[0].StackID == "1"
    assert len(after.SharedFunctionalGroupsSequence) == 1
    assert float(after.FrameTimeVector) == 0  # a first frame has none before it
    assert list(after.SynchronizationChannel) == [7, 8]  # two, so not one a frame
    assert after.SliceVector == 3
    assert after.ReferringPhysicianName == "kept"
    assert "ConcatenationUID" not in after
    assert "InConcatenationNumber" not in after


def test_numbers_of_frames_go(tmp_path: Path) -> None:
    told = {
        "StartTrim": 1,
        "StopTrim": 4,
        "RepresentativeFrameNumber": 3,
        "FrameNumbersOfInterest": [1, 3],
        "FrameOfInterestDescription": ["a", "b"],
        "FrameOfInterestType": ["A", "B"],
        "RWavePointer": [2],
        "RecommendedViewingMode": "SUB",
        "FrameDelay": "5",
    }
    mask = item(MaskOperation="AVG_SUB", MaskFrameNumbers=[1], ApplicableFrameRange=[2, 4])
    dataset = dataset_of(FRAMES, MaskSubtractionSequence=[mask], FrameTime="40", **told)
    source = saved(dataset, tmp_path / "a.dcm")
    for page in (0, 2):
        out = tmp_path / f"{page}.dcm"
        pellucid.decompress_file(pellucid.compress(source, lossless=True, page=page), out)
        after = pydicom.dcmread(out)
        assert np.array_equal(after.pixel_array, FRAMES[page])
        gone = {name for name in (*told, "MaskSubtractionSequence") if name not in after}
        assert gone == {*told, "MaskSubtractionSequence"} - ({"FrameDelay"} if page == 0 else set())
        assert after.FrameTime == 40


def test_single_bits_of_frames_that_begin_within_a_byte(tmp_path: Path) -> None:
    bits = np.random.default_rng(5).integers(0, 2, (5, 5, 7)).astype(np.uint8)
    dataset = dataset_of(bits)
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 1, 1, 0
    dataset.PixelData = np.packbits(bits.ravel(), bitorder="little").tobytes()
    source = saved(dataset, tmp_path / "bits.dcm")
    for page in range(5):
        data = pellucid.compress(source, lossless=True, page=page)
        assert np.array_equal(unpacked(data)[..., 0], bits[page])
        pellucid.decompress_file(data, tmp_path / "one.dcm", force=True)
        assert np.array_equal(pydicom.dcmread(tmp_path / "one.dcm").pixel_array, bits[page])
    pellucid.compress(source, lossless=True, page=2, limits=Limits(max_pixels=44))
    with pytest.raises(LimitError, match="5 channels"):  # all of which must be decoded
        pellucid.compress(source, lossless=True, page=2, limits=Limits(max_pixels=43))


def test_an_image_type_of_one_value_is_one(tmp_path: Path) -> None:
    source = saved(dataset_of(FRAMES, ImageType="ORIGINAL"), tmp_path / "a.dcm")
    data = pellucid.compress(source, lossless=True, page=1)
    pellucid.decompress_file(data, tmp_path / "b.dcm")
    assert pydicom.dcmread(tmp_path / "b.dcm").ImageType == "DERIVED"


@pytest.mark.parametrize("page", [None, 3])
def test_offsets_of_compressed_frames_go_with_them(tmp_path: Path, page: int | None) -> None:
    dataset = dataset_of(FRAMES)
    dataset.compress(RLELossless, generate_instance_uid=False)
    packed = list(generate_frames(dataset.PixelData, number_of_frames=4))
    dataset.PixelData, offsets, lengths = encapsulate_extended(packed)
    dataset["PixelData"].is_undefined_length = True
    dataset.ExtendedOffsetTable, dataset.ExtendedOffsetTableLengths = offsets, lengths
    source = saved(dataset, tmp_path / "a.dcm")
    data = pellucid.compress(source, lossless=True, page=page)
    pellucid.decompress_file(data, tmp_path / "b.dcm")
    after = pydicom.dcmread(tmp_path / "b.dcm")
    assert np.array_equal(after.pixel_array, FRAMES if page is None else FRAMES[page])
    assert "ExtendedOffsetTable" not in after
    assert "ExtendedOffsetTableLengths" not in after


@pytest.mark.parametrize(
    ("elements", "why"),
    [
        ({"PerFrameFunctionalGroupsSequence": [item(StackID="1")] * 3}, "groups of 3 frames"),
        ({"GridFrameOffsetVector": ["0", "1", "2", "3"]}, "GridFrameOffsetVector"),
        ({"FrameIncrementPointer": "no tag"}, "elements that can't be"),
    ],
)
def test_what_can_not_be_cut_is_refused(
    tmp_path: Path, elements: dict[str, object], why: str
) -> None:
    dataset = dataset_of(FRAMES)
    if "FrameIncrementPointer" in elements:
        dataset.add_new(0x00280009, "LO", elements["FrameIncrementPointer"])
    else:
        for name, value in elements.items():
            setattr(dataset, name, value)
    source = saved(dataset, tmp_path / "a.dcm")
    assert why in run("compress", source, "--lossless", "--page", 1, code=1)
    assert not (tmp_path / "a.pel").exists()
    assert pellucid.compress(source, lossless=True)  # all frames can be kept


def test_an_overlay_of_all_frames_is_refused(tmp_path: Path) -> None:
    dataset = dataset_of(FRAMES)
    dataset.add_new(0x60000015, "IS", 4)
    source = saved(dataset, tmp_path / "a.dcm")
    with pytest.raises(InputError, match="overlay of 4 frames"):
        pellucid.compress(source, lossless=True, page=0)


def test_a_file_of_one_frame_is_that_frame(tmp_path: Path) -> None:
    source = saved(dataset_of(FRAMES[:1]), tmp_path / "one.dcm")
    alone = pellucid.compress(source, lossless=True)
    assert alone == pellucid.compress(source, lossless=True, page=0)
    assert "1 frame, 0, and no 1" in run("compress", source, "--lossless", "--page", 1, code=2)


def test_frames_that_are_not_there(tmp_path: Path) -> None:
    source = saved(dataset_of(FRAMES), tmp_path / "many.dcm")
    for *command, name in (["compress", "--lossless", "a.pel"], ["denoise", "a.dcm"]):
        said = run(*command[:1], source, *command[1:], "--page", 4, "-o", tmp_path / name, code=2)
        assert "has 4 frames, 0 to 3, and no 4" in said
        assert not (tmp_path / name).exists()
    for page in (-1, 1.5):
        with pytest.raises(OptionError, match=str(page)):
            pellucid.compress(source, lossless=True, page=page)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="lossless or max_error only"):
        pellucid.compress(source, page=1)


def test_the_limit_is_that_of_the_frame(tmp_path: Path) -> None:
    source = saved(dataset_of(np.concatenate([FRAMES] * 3)), tmp_path / "many.dcm")
    with pytest.raises(LimitError, match="12 channels"):
        pellucid.compress(source, lossless=True, limits=Limits(max_pixels=2000))
    assert pellucid.compress(source, lossless=True, page=11, limits=Limits(max_pixels=2000))
    with pytest.raises(LimitError):
        pellucid.compress(source, lossless=True, page=11, limits=Limits(max_pixels=1999))


def test_a_frame_denoised(tmp_path: Path) -> None:
    grey = 16 * np.mgrid[:40, :50].sum(axis=0)
    noise = np.random.default_rng(2).normal(0, 40, (4, 40, 50))
    noisy = np.clip(grey + 500 + noise, 0, 4095).astype(np.uint16)
    source = saved(dataset_of(noisy), tmp_path / "many.dcm")
    run("denoise", source, "--sigma", 40, "--model", "s", "--page", 2, "-o", tmp_path / "a.dcm")
    pellucid.denoise_file(source, tmp_path / "b.dcm", sigma=40, model="s", page=2)
    assert (tmp_path / "a.dcm").read_bytes() == (tmp_path / "b.dcm").read_bytes()
    after = pydicom.dcmread(tmp_path / "a.dcm")
    assert after.NumberOfFrames == 1
    assert np.array_equal(after.pixel_array, pellucid.denoise(noisy[2], sigma=40, model="s"))
    assert "frame 3 of 4; pellucid, noise reduced" in after.DerivationDescription
    frame, whole = after.SourceImageSequence
    assert whole.ReferencedSOPInstanceUID == pydicom.dcmread(source).SOPInstanceUID
    assert whole.ReferencedFrameNumber == 3
    with open_parts(source, page=2) as parts:
        assert parts is not None
        kept = parts[1].dicom
    assert kept is not None
    assert frame.ReferencedSOPInstanceUID.encode() in kept


def test_a_frame_explained(tmp_path: Path) -> None:
    """Frames lie like channels; four of them are no colour with transparency."""
    noisy = np.clip(500 + 40 * np.random.default_rng(2).normal(size=(4, 40, 50)), 0, 4095)
    source = saved(dataset_of(noisy.astype(np.uint16)), tmp_path / "many.dcm")
    options = {"task": "denoise", "sigma": 40.0, "model": "s"}
    found = pellucid.explain(source, page=2, **options)
    wanted = pellucid.explain(noisy[2].astype(np.uint16), **options)
    assert np.array_equal(found.before, wanted.before)
    assert np.array_equal(found.after, wanted.after)
    with pytest.raises(OptionError, match="the picture has 4 frames; choose one with --page N"):
        pellucid.explain(source, **options)
