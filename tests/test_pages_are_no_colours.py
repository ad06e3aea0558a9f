"""Pages and frames are no colours: what a file says of them, and where they may be written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import pellucid
from cli_files import with_header
from dicom_files import saved_frames
from opened import open_parts, read_samples, write_samples
from pellucid.cli import main
from pellucid.explaining.page import page_of
from pellucid.pixels.axes import unpack_axes

OTHER = 2  # colour in the header: no colour meaning
HEADER, COLOUR = 16, 13  # where HEAD's payload begins, and colour in it


def run(*words: object, code: int = 0) -> str:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == code, result.output + result.stderr
    return result.output + result.stderr


def stack(count: int) -> np.ndarray:
    """(count, 40, 50) uint8, each page another."""
    y, x = np.mgrid[:40, :50]
    return np.stack([(y * (n + 1) + 3 * x) % 256 for n in range(count)]).astype(np.uint8)


@pytest.fixture(params=["tiff", "dicom"])
def pages(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A file of three grey pages or frames."""
    if request.param == "dicom":
        return saved_frames(stack(3), tmp_path / "in.dcm")
    tifffile = pytest.importorskip("tifffile")
    tifffile.imwrite(tmp_path / "in.tif", stack(3), photometric="minisblack")
    return tmp_path / "in.tif"


def test_three_pages_are_no_rgb(pages: Path, tmp_path: Path) -> None:
    run("compress", pages, "--lossless")
    pel = pages.with_suffix(".pel")
    data = pel.read_bytes()
    assert data[HEADER + COLOUR] == OTHER
    assert pellucid.info(pel).pages == 3
    assert "3 pages of grey, uint8" in run("info", pel)
    for suffix in (".png", ".jpg", ".webp", ".ppm"):
        said = run("decompress", pel, "-o", tmp_path / f"x{suffix}", code=1)
        assert "3 pages or frames, and no colours; write .tif, .npy or .zarr" in said
        assert not (tmp_path / f"x{suffix}").exists()


def test_explain_draws_the_first_page(pages: Path, tmp_path: Path) -> None:
    one = pellucid.explain(pellucid.compress(stack(1)[0], lossless=True))
    three = pellucid.explain(pellucid.compress(pages, lossless=True))
    drawn = [page_of(found, "x", "1").partition("<figure>")[2][:400] for found in (one, three)]
    assert drawn[0][:300] == drawn[1][:300]
    assert "The first of 3 pages" in page_of(three, "x", "1")


def test_an_old_file_says_rgb_and_is_refused_too(pages: Path, tmp_path: Path) -> None:
    data = pellucid.compress(pages, lossless=True)
    (tmp_path / "old.pel").write_bytes(with_header(data, COLOUR, b"\1"))
    assert "3 pages" in run("info", tmp_path / "old.pel")
    said = run("decompress", tmp_path / "old.pel", "-o", tmp_path / "x.png", code=1)
    assert "no colours" in said


def test_they_come_back_as_pages_of_a_tiff(pages: Path, tmp_path: Path) -> None:
    tifffile = pytest.importorskip("tifffile")
    run("compress", pages, "--lossless")
    said = run("decompress", pages.with_suffix(".pel"), "-o", tmp_path / "x.tif")
    assert "50 x 40, 3 pages of grey" in said
    assert np.array_equal(tifffile.imread(tmp_path / "x.tif"), stack(3))
    with tifffile.TiffFile(tmp_path / "x.tif") as file:
        assert len(file.pages) == 3


def test_frames_that_are_read_whole_are_written_so(tmp_path: Path) -> None:
    tifffile = pytest.importorskip("tifffile")
    samples, info = read_samples(saved_frames(stack(3), tmp_path / "in.dcm"))
    assert unpack_axes(info.axes, 3) == (("Q", 3),)
    with pytest.raises(pellucid.errors.OutputError, match="3 pages or frames"):
        write_samples(tmp_path / "x.png", samples, info)
    write_samples(tmp_path / "x.tif", samples, info)
    assert np.array_equal(tifffile.imread(tmp_path / "x.tif"), stack(3))


def test_frames_of_colours_keep_them(tmp_path: Path) -> None:
    tifffile = pytest.importorskip("tifffile")
    colours = np.stack([stack(2), 255 - stack(2), stack(2) // 2], axis=-1)
    source = saved_frames(colours, tmp_path / "in.dcm")
    run("compress", source, "--lossless")
    assert "2 pages of RGB, uint8" in run("info", tmp_path / "in.pel")
    run("decompress", tmp_path / "in.pel", "-o", tmp_path / "x.tif")
    with tifffile.TiffFile(tmp_path / "x.tif") as file:
        assert [page.photometric.name for page in file.pages] == ["RGB", "RGB"]
        assert np.array_equal(file.asarray(), colours)
    run("decompress", tmp_path / "in.pel", "-o", tmp_path / "x.dcm")
    assert np.array_equal(read_samples(tmp_path / "x.dcm")[0], read_samples(source)[0])


def test_one_frame_is_a_picture(tmp_path: Path) -> None:
    source = saved_frames(stack(1), tmp_path / "one.dcm")
    assert read_samples(source)[1].axes is None
    many = saved_frames(stack(3), tmp_path / "many.dcm")
    with open_parts(many, page=1) as parts:
        assert parts is not None
        assert parts[1].axes is None


def test_lines_say_what_channels_are(tmp_path: Path) -> None:
    zarr = pytest.importorskip("zarr")
    for count, kind in ((2, "2 channels"), (4, "4 channels")):
        path = tmp_path / f"{count}.zarr"
        store = zarr.create_array(
            path, shape=(count, 40, 50), chunks=(1, 40, 50), dtype="u1",
            dimension_names=("c", "y", "x"),
        )  # fmt: skip
        store[:] = stack(count)
        run("compress", path, "--lossless")
        assert f", {kind}, uint8" in run("info", path.with_suffix(".pel"))
        said = run("decompress", path.with_suffix(".pel"), "-o", tmp_path / f"{count}.tif")
        assert said.split("\n")[0].endswith(f"50 x 40, {kind}")
    for channels, kind in ((2, "grey with alpha"), (3, "RGB"), (4, "RGB with alpha")):
        mode = {2: "LA", 3: "RGB", 4: "RGBA"}[channels]
        picture = Image.fromarray(stack(channels).transpose(1, 2, 0).copy(), mode)
        picture.save(tmp_path / "a.png")
        run("compress", tmp_path / "a.png", "--lossless", "--force")
        assert f", {kind}, uint8" in run("info", tmp_path / "a.pel")
        said = run("decompress", tmp_path / "a.pel", "-o", tmp_path / "b.png", "--force")
        assert f"50 x 40, {kind}\n" in said


def test_dicom_output_names_only_what_can_hold_the_samples(tmp_path: Path) -> None:
    for samples, named in (
        (stack(1)[0], ".png .jpg .jpeg .webp .bmp .ppm .pgm .npy .tif .zarr"),
        (stack(1)[0].astype(np.int16), ".npy .tif .zarr"),
        (stack(5).transpose(1, 2, 0), ".npy .tif .zarr"),
    ):
        data = pellucid.compress(samples, lossless=True)
        (tmp_path / "a.pel").write_bytes(data)
        said = run("decompress", tmp_path / "a.pel", "-o", tmp_path / "x.dcm", code=1)
        assert f"these can hold it: {named}\n" in said
