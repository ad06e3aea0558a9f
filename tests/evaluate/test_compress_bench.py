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
from pellucid.evaluate import bench, fresh, runs
from pellucid.evaluate.benches.compress import BENCH, Plan
from pellucid.evaluate.benches.compress_rows import SPEED_ROWS, SWEEP, setting_near
from pellucid.evaluate.peers.lossy import LOSSY


@pytest.fixture
def plan(tmp_path, picture):
    data = tmp_path / "data"
    data.mkdir()
    for name, crop in (("one", 96), ("two", 64)):
        Image.fromarray(picture[:crop]).save(data / f"{name}.png")
    return Plan(
        data=data,
        out=tmp_path / "out",
        codecs=("webp",),
        models=(),
        metrics=("psnr",),
        repeats=0,
        processes=0,
        command="some words",
    )


@pytest.fixture
def stub(monkeypatch, stub_peer):
    peer = stub_peer()
    monkeypatch.setitem(LOSSY.makers, "webp", lambda threads: peer)
    return peer


def run(plan, *notify):
    return bench.run(BENCH, plan, *notify)


def rows_of(plan):
    return SWEEP.load(plan.out)


def test_a_row_for_every_picture_and_setting(plan, stub):
    outcome = run(plan)
    rows = rows_of(plan)
    assert outcome.new_rows == len(rows) == 12
    assert [(r.image, r.setting) for r in rows] == [
        (image, float(s)) for image in ("one", "two") for s in stub.settings
    ]
    first = rows[0]
    assert first.bpp == pytest.approx(8 * first.bytes / (96 * 128), abs=1e-6)
    assert first.ms_ssim is None
    (made,) = runs.load_runs(plan.out)
    assert (made.bench, made.what, made.command) == ("compress", "compression: data", "some words")
    assert made.files == ["compress-webp.tsv"]
    assert made.methods == {"webp": {"threading": "one thread"}}
    assert made.machine["pellucid"]


@pytest.mark.skipif(sys.platform == "win32", reason="stands in by a shell script")
def test_butteraugli_is_kept_with_the_program_that_measured_it(plan, stub, tmp_path, monkeypatch):
    program = tmp_path / "bin" / "butteraugli_main"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 1.25\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    run(plan)
    assert {row.butteraugli for row in rows_of(plan)} == {None}
    assert "butteraugli" not in runs.methods_of(plan.out, "compress")["webp"]
    run(replace(plan, metrics=("psnr", "butteraugli")))
    assert {row.butteraugli for row in rows_of(plan)} == {1.25}
    assert runs.methods_of(plan.out, "compress")["webp"]["butteraugli"] == "butteraugli_main"


def test_an_interrupted_run_goes_on_where_it_stopped(plan, stub):
    run(plan)
    (path,) = SWEEP.paths(plan.out)
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole[: len(whole) * 3 // 4], encoding="utf-8")
    kept = len(SWEEP.read(path))
    outcome = run(plan)
    assert outcome.new_rows == 12 - kept > 0
    assert len(rows_of(plan)) == 12
    before = stub.encoded
    assert run(plan).new_rows == 0
    assert stub.encoded == before


def test_rows_of_another_version_threads_or_metrics_are_made_again(plan, stub):
    run(plan)
    stub.version = "stub 2"
    assert run(plan).new_rows == 12
    assert {row.versions for row in rows_of(plan)} == {"stub 2"}
    assert run(replace(plan, threads=1)).new_rows == 12
    pytest.importorskip("scipy")
    assert run(replace(plan, threads=1, metrics=("psnr", "ms_ssim"))).new_rows == 12
    assert all(row.ms_ssim for row in rows_of(plan))
    assert run(replace(plan, threads=1)).new_rows == 0
    assert run(replace(plan, threads=1, fresh=True)).new_rows == 12


def test_one_failure_does_not_stop_the_others(plan, stub):
    stub.fail_at = 3
    (plan.data / "broken.png").write_bytes(b"not a picture")
    outcome = run(plan)
    assert len(rows_of(plan)) == 10
    assert len(outcome.failures) == 3
    assert outcome.failures[0].startswith("broken: ")
    assert outcome.failures[1] == "one by webp at 3: stub fails here"
    assert runs.load_runs(plan.out)[0].failures == outcome.failures


def test_a_missing_codec_is_told_and_left_out(plan, stub, monkeypatch):
    def missing(threads):
        raise MissingExtraError("imagecodecs", "bench")

    monkeypatch.setitem(LOSSY.makers, "jxl", missing)
    lines = []
    outcome = run(replace(plan, codecs=("jxl", "webp")), lines.append)
    assert list(outcome.missing) == ["jxl"]
    assert {row.codec for row in rows_of(plan)} == {"webp"}
    assert lines[0].startswith("without jxl: imagecodecs is not installed")


def test_quick_takes_a_few_settings_from_end_to_end(plan, stub):
    run(replace(plan, quick=True, images=1))
    assert [row.setting for row in rows_of(plan)] == [1, 3, 4, 6]


def test_speed_rows(plan, stub, monkeypatch):
    asked = []

    def measure(prepare, order):
        asked.append((prepare, order["task"], order["name"], order["setting"], order["threads"]))
        return fresh.Work((0.1,), {"compress": 90.04, "decompress": 80.0}[order["task"]], 1.0)

    monkeypatch.setattr(fresh, "measure", measure)
    monkeypatch.setattr(fresh, "can_measure", lambda: True)
    run(replace(plan, repeats=2))
    rows = SPEED_ROWS.load(plan.out)
    assert [(row.image, row.repeats) for row in rows] == [("one", 2), ("two", 2)]
    assert [(row.encode_mb, row.decode_mb) for row in rows] == [(90.0, 80.0), (None, None)]
    assert asked == [
        ("pellucid.evaluate.peers.lossy:work", task, "webp", rows[0].setting, plan.threads)
        for task in ("compress", "decompress")
    ]
    assert [made.files for made in runs.load_runs(plan.out)] == [
        ["compress-webp.tsv"],
        ["speed.tsv"],
    ]


def test_memory_that_cannot_be_measured_is_told(plan, stub, monkeypatch):
    def measure(*_words):
        raise PellucidError("no memory")

    monkeypatch.setattr(fresh, "measure", measure)
    monkeypatch.setattr(fresh, "can_measure", lambda: True)
    outcome = run(replace(plan, repeats=1, images=1))
    assert outcome.failures == ["memory of webp: no memory"]
    assert [row.encode_mb for row in SPEED_ROWS.load(plan.out)] == [None]


def test_two_processes_score_alike(picture):
    from pellucid.evaluate.metrics import scorer

    decoded = [np.clip(picture.astype(int) + k, 0, 255).astype(np.uint8) for k in (1, 5, 9)]
    with scorer(["psnr"], processes=0) as here, scorer(["psnr"], processes=2) as there:
        assert here(picture, decoded) == there(picture, decoded)


def test_pictures_too_small_for_a_metric_get_an_empty_cell():
    pytest.importorskip("scipy")
    from pellucid.evaluate.metrics import score

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
        run(replace(plan, **change))


def test_folders(plan, stub, tmp_path):
    with pytest.raises(InputError, match="isn't a folder"):
        run(replace(plan, data=tmp_path / "none"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no pictures"):
        run(replace(plan, data=tmp_path / "empty"))
    (plan.data / "one.jpg").write_bytes(b"")
    with pytest.raises(InputError, match="more than one picture called 'one'"):
        run(plan)
    (plan.data / "one.jpg").unlink()
    blocker = tmp_path / "file"
    blocker.write_bytes(b"")
    with pytest.raises(OutputError, match="can't write"):
        run(replace(plan, out=blocker / "out"))


def test_the_setting_nearest_to_a_rate(make_row):
    rows = [make_row(setting=s, bpp=b) for s, b in [(1, 0.2), (2, 0.6), (2, 1.0), (3, 1.4)]]
    assert setting_near(rows, bpp=0.75) == 2
    with pytest.raises(OptionError, match="no rows"):
        setting_near([])


def test_codecs_take_turns_to_be_timed(plan, stub_peer):
    peers = tuple(stub_peer(name) for name in ("a", "b"))
    run(replace(plan, peers=peers, repeats=2, images=1, memory=False))
    rows = SPEED_ROWS.load(plan.out)
    assert [(r.codec, r.repeats, r.image) for r in rows] == [("a", 2, "one"), ("b", 2, "one")]
    assert all(0 < r.encode_low <= r.encode_s <= r.encode_high for r in rows)
    assert all(0 < r.decode_low <= r.decode_s <= r.decode_high for r in rows)
    assert all(r.bytes > 0 and r.encode_mb is None for r in rows)
