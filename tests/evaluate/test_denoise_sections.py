"""The tables of the docs that are made from rows of `bench denoise`."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest

from pellucid.errors import InputError
from pellucid.evaluate import runs
from pellucid.evaluate.benches import denoise_tools as tools
from pellucid.evaluate.benches.denoise import BENCH
from pellucid.evaluate.benches.denoise_rows import SPEED_ROWS, SWEEP, DenoiseResult, DenoiseTiming
from pellucid.evaluate.registry import SECTIONS as ALL
from pellucid.evaluate.report import NOT_YET, markdown, sync_page


def make_row(method="pellucid-m", task="gaussian", data="cbsd68", image="one", **changes):
    values = {
        "level": 25.0,
        "told": "25",
        "width": 1000,
        "height": 1000,
        "noisy_psnr": 20.17,
        "psnr": 31.0,
        "ssim": 0.9,
        "seconds": 0.25,
        "threads": 2,
        "repeats": 1,
        "version": "stub 1",
    }
    return DenoiseResult(method, task, data, image=image, **values | changes)


def section(name, folder):
    """What stands between the markers."""
    return markdown(BENCH.sections[name](folder))


@pytest.mark.parametrize("name", BENCH.sections)
def test_without_rows_it_says_so(tmp_path, name):
    page = tmp_path / "page.md"
    page.write_text(f"<!-- {name}:start -->\n<!-- {name}:end -->\n", encoding="utf-8")
    assert not sync_page(page, tmp_path, ALL)
    assert page.read_text("utf-8").split("\n")[1] == NOT_YET


def test_the_overview_compares_the_same_pictures(tmp_path):
    rows = [
        make_row(),
        make_row(image="two", psnr=33.0),
        make_row("bm3d", psnr=30.5),
        make_row(data="own", image="two"),
    ]
    SWEEP.add(tmp_path, rows)
    timed = [make_row(), make_row("bm3d", seconds=50.0)]
    SPEED_ROWS.add(tmp_path, [DenoiseTiming(**asdict(row)) for row in timed])
    facts, machine = {"pellucid-m": {"kmac": 18.04}}, {"processor": "P", "cores": 2}
    files = [SPEED_ROWS.file]
    runs.save_runs(tmp_path, [runs.Run("denoise", "speed", "", machine, files, facts)])
    text = section("denoise", tmp_path)
    assert "| method | sigma 25 | s/megapixel | kMAC/pixel |" in text
    assert "| noisy | 20.17 |  |  |" in text
    assert "| pellucid m | 31.00 | 0.25 | 18.0 |" in text
    assert "| BM3D (non-commercial) | 30.50 | 50 | – |" in text
    assert "CBSD68, 1 picture with" in text
    assert text.endswith("Over all 2 pictures pellucid m has 32.00.")
    assert "2 threads asked for on P (2 cores)." in section("denoise-speed", tmp_path)


def test_the_overview_of_noise_that_nobody_told(tmp_path):
    own = {"told": "auto"}
    rows = [
        make_row(task="real", data="cc15", level=0.0, noisy_psnr=33.0, psnr=36.0, **own),
        make_row(
            "bm3d", "real", "cc15", level=0.0, noisy_psnr=33.0, told="5", psnr=34.0, ssim=None
        ),
        make_row(
            "bm3d", "real", "cc15", level=0.0, noisy_psnr=33.0, told="10", psnr=35.0, ssim=None
        ),
        make_row("tv", "real", "cc15", image="other", level=0.0, told="5"),
        make_row(task="jpeg", data="kodak24", level=10.0, noisy_psnr=27.0, psnr=28.5, **own),
    ]
    SWEEP.add(tmp_path, rows)
    lines = section("denoise", tmp_path).splitlines()
    assert lines[0] == "| noise of | before | pellucid m | BM3D (non-commercial) |"
    assert "| cameras, CC15 | 33.00 | 36.00 | 35.00 |" in lines
    assert "| JPEG quality 10, Kodak | 27.00 | 28.50 | – |" in lines


def test_a_task_has_a_table_a_set(tmp_path):
    SWEEP.add(tmp_path, [make_row(), make_row(data="kodak24", psnr=32.0)])
    text = section("denoise-gaussian", tmp_path)
    assert text.index("CBSD68: 1 picture.") < text.index("Kodak: 1 picture.")
    assert "| pellucid m | 31.00 / 0.9000 |" in text
    assert section("denoise-real", tmp_path) == ""


def test_blocks(tmp_path):
    tools.BLOCKS.add(
        tmp_path, [tools.BlockSpeed("pair", 18.0, 0.45, 2, 0.25, 144.0, 7, 512, "v 1")]
    )
    text = section("denoise-blocks", tmp_path)
    assert "| pair | 18.0 | 0.450 | 0.250 | 144 |" in text
    assert "medians of 7 interleaved runs, v 1" in text


def test_repeated_structure(tmp_path):
    tiles = [
        tools.TileScore(f"set/{n}.png", 0, 0, "repeated", 0.5 + n / 10, 40.0 * n, 9.0, *rest)
        for n in range(3)
        for rest in ((25, "pellucid-m", 30.0), (25, "ffdnet", 31.0 + n))
    ]
    peer = replace(tiles[0], method="bm3d", psnr=30.5)
    tools.SCORES.add(tmp_path, [*tiles, peer])
    lines = section("denoise-structure", tmp_path).split("\n")
    assert lines[0] == (
        "| tiles | sigma | pellucid m | FFDNet, more | BM3D (non-commercial), more |"
    )
    assert "| repeated | 25 | 30.00 | +2.00 (3) | +0.50 (1) |" in lines
    assert "| - period below 25 | 25 | 30.00 | +1.00 (1) | +0.50 (1) |" in lines
    assert "| saturated | 25 |  |  |  |" in lines
    assert "| correlation with the peak | 25 |  | +1.00 (3) |  |" in lines


def test_the_overview_shows_the_set_that_most_methods_ran_on(tmp_path):
    SWEEP.add(tmp_path, [make_row(data="a"), make_row("tv", data="b"), make_row(data="b")])
    assert "b, 1 picture with white noise" in section("denoise", tmp_path)


def test_a_page_follows_its_sections(tmp_path):
    page = tmp_path / "page.md"
    names = ("denoise-jpeg", "denoise-speed")
    lines = [f"<!-- {name}:{place} -->" for name in names for place in ("start", "end")]
    page.write_text("\n".join(["# title", *lines, "end"]), encoding="utf-8")
    wanted = {name: ALL[name] for name in names}
    assert not sync_page(page, tmp_path, wanted, check=True)
    assert not sync_page(page, tmp_path, wanted)
    assert page.read_text("utf-8").count(NOT_YET) == 2
    assert sync_page(page, tmp_path, wanted, check=True)
    with pytest.raises(InputError, match="has the marker denoise-jpeg; known are denoise-grey"):
        sync_page(page, tmp_path, {"denoise-grey": ALL["denoise-grey"]})
