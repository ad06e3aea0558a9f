from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from pellucid.errors import (
    InputError,
    MissingExtraError,
    OptionError,
    OutputError,
    PellucidError,
)
from pellucid.evaluate import compress_bench as bench
from pellucid.evaluate import store
from pellucid.evaluate.peers import FACTORIES
from pellucid.evaluate.record import read_results


@pytest.fixture
def plan(tmp_path, picture):
    data = tmp_path / "data"
    data.mkdir()
    for name, crop in (("one", 96), ("two", 64)):
        Image.fromarray(picture[:crop]).save(data / f"{name}.png")
    return bench.Plan(
        data=data, out=tmp_path / "out", codecs=("webp",), metrics=("psnr",), repeats=0, processes=0
    )


@pytest.fixture
def stub(monkeypatch, stub_peer):
    peer = stub_peer()
    monkeypatch.setitem(FACTORIES, "webp", lambda threads: peer)
    return peer


def rows_of(plan):
    return read_results(store.sweep_path(plan.out, "webp"))


def test_a_row_for_every_picture_and_setting(plan, stub):
    outcome = bench.run(plan)
    rows = rows_of(plan)
    assert outcome.new_rows == len(rows) == 12
    assert [(r.image, r.setting) for r in rows] == [
        (image, float(s)) for image in ("one", "two") for s in stub.settings
    ]
    first = rows[0]
    assert first.bpp == pytest.approx(8 * first.bytes / (96 * 128), abs=1e-6)
    assert first.ms_ssim is None
    assert (plan.out / store.MACHINE).exists()


@pytest.mark.skipif(sys.platform == "win32", reason="stands in by a shell script")
def test_butteraugli_is_kept_with_the_program_that_measured_it(plan, stub, tmp_path, monkeypatch):
    program = tmp_path / "bin" / "butteraugli_main"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 1.25\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    bench.run(plan)
    assert {row.butteraugli for row in rows_of(plan)} == {None}
    assert "programs" not in store.load_machine(plan.out)
    bench.run(replace(plan, metrics=("psnr", "butteraugli")))
    assert {row.butteraugli for row in rows_of(plan)} == {1.25}
    assert store.load_machine(plan.out)["programs"] == {"butteraugli": "butteraugli_main"}


def test_an_interrupted_run_goes_on_where_it_stopped(plan, stub):
    bench.run(plan)
    path = store.sweep_path(plan.out, "webp")
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole[: len(whole) * 3 // 4], encoding="utf-8")
    kept = len(read_results(path))
    outcome = bench.run(plan)
    assert outcome.new_rows == 12 - kept > 0
    assert len(rows_of(plan)) == 12
    before = stub.encoded
    assert bench.run(plan).new_rows == 0
    assert stub.encoded == before


def test_rows_of_another_version_threads_or_metrics_are_made_again(plan, stub):
    bench.run(plan)
    stub.version = "stub 2"
    assert bench.run(plan).new_rows == 12
    assert {row.versions for row in rows_of(plan)} == {"stub 2"}
    assert bench.run(replace(plan, threads=1)).new_rows == 12
    pytest.importorskip("scipy")
    assert bench.run(replace(plan, threads=1, metrics=("psnr", "ms_ssim"))).new_rows == 12
    assert all(row.ms_ssim for row in rows_of(plan))
    assert bench.run(replace(plan, threads=1)).new_rows == 0
    assert bench.run(replace(plan, threads=1, fresh=True)).new_rows == 12


def test_one_failure_does_not_stop_the_others(plan, stub):
    stub.fail_at = 3
    (plan.data / "broken.png").write_bytes(b"not a picture")
    outcome = bench.run(plan)
    assert len(rows_of(plan)) == 10
    assert len(outcome.failures) == 3
    assert outcome.failures[0].startswith("broken.png: ")
    assert outcome.failures[1] == "one by webp at 3: stub fails here"


def test_a_missing_codec_is_told_and_left_out(plan, stub, monkeypatch):
    def missing(threads):
        raise MissingExtraError("imagecodecs", "bench")

    monkeypatch.setitem(FACTORIES, "jxl", missing)
    lines = []
    outcome = bench.run(replace(plan, codecs=("jxl", "webp")), lines.append)
    assert outcome.codecs == ["webp"]
    assert lines[0].startswith("without jxl: imagecodecs is not installed")


def test_quick_takes_a_few_settings_from_end_to_end(plan, stub):
    bench.run(replace(plan, quick=True, images=1))
    assert [row.setting for row in rows_of(plan)] == [1, 3, 4, 6]


def test_speed_rows(plan, stub, monkeypatch):
    asked = []

    def peaks(name, setting, rgb, *, threads, folder):
        asked.append((name, setting, rgb.shape, threads, folder.is_dir()))
        return 90.04, 80.0

    monkeypatch.setattr(bench, "peaks_of_codec", peaks)
    monkeypatch.setattr(bench, "can_measure", lambda: True)
    bench.run(replace(plan, repeats=2))
    rows = store.load_speed(plan.out)
    assert [(row.image, row.repeats) for row in rows] == [("one", 2), ("two", 2)]
    assert [(row.encode_mb, row.decode_mb) for row in rows] == [(90.0, 80.0), (None, None)]
    assert asked == [("webp", rows[0].setting, (96, 128, 3), plan.threads, True)]


def test_memory_that_cannot_be_measured_is_told(plan, stub, monkeypatch):
    def peaks(*_words, **_more):
        raise PellucidError("no memory")

    monkeypatch.setattr(bench, "peaks_of_codec", peaks)
    monkeypatch.setattr(bench, "can_measure", lambda: True)
    outcome = bench.run(replace(plan, repeats=1, images=1))
    assert outcome.failures == ["memory of webp: no memory"]
    assert [row.encode_mb for row in store.load_speed(plan.out)] == [None]


def test_two_processes_score_alike(picture):
    from pellucid.evaluate.scoring import Scorer

    decoded = [np.clip(picture.astype(int) + k, 0, 255).astype(np.uint8) for k in (1, 5, 9)]
    with Scorer(["psnr"], processes=0) as here, Scorer(["psnr"], processes=2) as there:
        assert here(picture, decoded) == there(picture, decoded)


def test_pictures_too_small_for_a_metric_get_an_empty_cell():
    pytest.importorskip("scipy")
    from pellucid.evaluate.scoring import score

    tiny = np.zeros((5, 5, 3), np.uint8)
    assert score(tiny, tiny + np.uint8(1), ["psnr", "ms_ssim"]) == {
        "psnr": 48.1308,
        "ms_ssim": None,
    }


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"metrics": ("psnr", "vmaf")}, OptionError, "no metric called 'vmaf'"),
        ({"metrics": ()}, OptionError, "must include psnr"),
        ({"images": 0}, OptionError, "at least 1, got 0"),
        ({"repeats": -1}, OptionError, "repeats"),
        ({"codecs": ("bpg",)}, OptionError, "no codec called 'bpg'"),
    ],
)
def test_wrong_options(plan, change, error, message):
    with pytest.raises(error, match=message):
        bench.run(replace(plan, **change))


def test_folders(plan, stub, tmp_path):
    with pytest.raises(InputError, match="isn't a folder"):
        bench.run(replace(plan, data=tmp_path / "none"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no pictures"):
        bench.run(replace(plan, data=tmp_path / "empty"))
    (plan.data / "one.jpg").write_bytes(b"")
    with pytest.raises(InputError, match="more than one picture called 'one'"):
        bench.run(plan)
    (plan.data / "one.jpg").unlink()
    blocker = tmp_path / "file"
    blocker.write_bytes(b"")
    with pytest.raises(OutputError, match="can't write"):
        bench.run(replace(plan, out=blocker / "out"))
