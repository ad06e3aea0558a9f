from __future__ import annotations

import math
import struct
from dataclasses import dataclass, replace

import numpy as np
import pytest
from click.testing import CliRunner

from pellucid.cli.bench import bench as commands
from pellucid.errors import InputError, OptionError, OutputError
from pellucid.evaluate import bench
from pellucid.evaluate.benches.toy import BENCH, Plan, from_sheet, to_sheet
from pellucid.evaluate.benches.toy_rows import (
    ROWS,
    RUNS,
    ToyResult,
    ToyRun,
    comparisons,
    load_rows,
    nearest,
    psnr_at,
)
from pellucid.evaluate.peers.toy import CLEANERS, CODERS
from pellucid.evaluate.peers.toy_base import (
    Coder,
    System,
    ToyDenoiser,
)
from pellucid.evaluate.report import markdown, write_report
from pellucid.evaluate.runs import load_runs


def write_mnist(folder, train, test):
    """The two idx files of pictures: strokes of their own on black."""
    folder.mkdir()
    for part, count in (("train", train), ("t10k", test)):
        pictures = np.zeros((count, 28, 28), np.uint8)
        for number in range(count):
            pictures[number, 4 + number % 9 : 20, 10 : 14 + number % 5] = 200 + number
        head = struct.pack(">4I", 0x803, count, 28, 28)
        (folder / f"{part}-images-idx3-ubyte").write_bytes(head + pictures.tobytes())


@dataclass
class StubCodec:
    """Drops low bits: the setting is how many it keeps. `broken` gives another shape."""

    version: str = "stub 1"
    broken: bool = False
    learnt: int = 0

    def system(self, _threads):
        return System(
            task="compress",
            name="cnn",
            version=self.version,
            train=self.train,
            settings={"single": (2.0, 4.0), "sheet": (4.0, 8.0)},
        )

    def train(self, pictures, budget):
        self.learnt += 1
        assert budget.seconds == 30
        return Coder(self.encode, self.decode, f"{len(pictures)} pictures", 1000)

    def encode(self, picture, setting):
        step = 256 >> int(setting)
        return (picture // step * step).tobytes()

    def decode(self, data, shape):
        picture = np.frombuffer(data, np.uint8).reshape(shape)
        return picture[1:] if self.broken else picture


def untouched(_threads):
    """Takes nothing off."""

    def denoise(noisy, sigma):
        assert sigma == 25
        return noisy

    made = ToyDenoiser(denoise)
    return System(
        task="denoise", name="noisy", version="stub 1", train=lambda *_: made, learns=False
    )


@pytest.fixture
def stub(monkeypatch):
    codec = StubCodec()
    monkeypatch.setitem(CODERS, "cnn", codec.system)
    monkeypatch.setitem(CLEANERS, "noisy", untouched)
    return codec


@pytest.fixture
def plan(tmp_path):
    write_mnist(tmp_path / "digits", train=12, test=20)
    names = ("cnn", "noisy")
    return Plan(
        data=(tmp_path / "digits",), out=tmp_path / "out", systems=names, minutes=0.5, held_out=20
    )


def measured(plan):
    return bench.run(BENCH, plan)


@pytest.fixture
def only_codec(monkeypatch):
    monkeypatch.delitem(CLEANERS, "cnn")


@pytest.mark.usefixtures("only_codec")
def test_rows_for_every_file_and_a_row_for_every_run(plan, stub):
    outcome = measured(replace(plan, command="the command"))
    assert outcome.failures == []
    assert outcome.new_rows == 2 * 20 + 2 * 1 + 1 + 20 + 1
    rows = ROWS.read(plan.out / "toy-cnn.tsv")
    single = [row for row in rows if row.files == "single" and row.setting == 2]
    assert [row.picture for row in single] == list(range(20))
    assert {(row.bytes, row.pixels) for row in single} == {(784, 784)}
    (sheet,) = [row for row in rows if row.files == "sheet" and row.setting == 8]
    assert (sheet.pictures, sheet.pixels, sheet.bytes) == (20, 20 * 784, 20 * 784)
    assert math.isinf(sheet.psnr)
    assert [row.files for row in rows[:2]] == ["sheet", "sheet"], "in order"
    noisy = ROWS.read(plan.out / "toy-noisy.tsv")
    assert len(noisy) == 20
    assert all(abs(row.psnr - 20.17) < 4 for row in noisy)
    runs = {one.system: one for one in RUNS.load(plan.out)}
    assert (runs["cnn"].learnt, runs["cnn"].train_pictures) == ("12 pictures", 12)
    assert (runs["noisy"].train_pictures, runs["noisy"].train_s) == (0, 0)
    text = markdown(BENCH.sections["toy"](plan.out))
    assert text.startswith(
        "Pictures: MNIST 20 to report on and 12 others to learn from. Systems that learn had 0.5 "
    )
    assert "Measured with `the command`." in text
    (made,) = load_runs(plan.out, "toy")
    assert set(made.files) == {"toy-cnn.tsv", "toy-noisy.tsv", "toy-runs.tsv"}


@pytest.mark.usefixtures("only_codec")
def test_it_goes_on_where_it_stopped_and_drops_what_is_stale(plan, stub):
    measured(plan)
    assert measured(plan).new_rows == 0
    assert stub.learnt == 1
    stub.version = "stub 2"
    assert measured(plan).new_rows == 43
    assert measured(replace(plan, train=6)).new_rows == 43
    assert measured(replace(plan, train=6, fresh=True)).new_rows == 64
    assert len(load_rows(plan.out)) == 62
    assert len(ROWS.load(plan.out)) == 62


@pytest.mark.usefixtures("only_codec")
def test_rows_of_a_run_that_was_cut_off_are_made_anew(plan, stub):
    measured(plan)
    runs = [run for run in RUNS.load(plan.out) if run.system != "cnn"]
    RUNS.write(plan.out / RUNS.file, runs)
    assert {row.system for row in load_rows(plan.out)} == {"noisy"}
    assert measured(plan).new_rows == 43
    assert len(ROWS.load(plan.out)) == 62


@pytest.mark.usefixtures("only_codec")
def test_a_system_that_fails_has_no_rows(plan, stub):
    measured(plan)
    stub.broken = True
    outcome = measured(replace(plan, fresh=True))
    assert len(outcome.failures) == 1
    assert outcome.failures[0].startswith("mnist, compress by cnn: cnn gave uint8 (27, 28, 1)")
    assert len(load_rows(plan.out)) == 20


def test_wrong_options(plan, stub, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    for change, error, message in (
        ({"minutes": 0.0}, OptionError, "more than 0"),
        ({"rounds": 0}, OptionError, "at least 1, got 0"),
        ({"systems": ("lstm",)}, OptionError, "'lstm'"),
        ({"threads": 0}, OptionError, "at least 1, got 0"),
        ({"data": (tmp_path / "none",)}, InputError, "isn't a folder"),
        ({"out": tmp_path / "file" / "out"}, OutputError, "can't write"),
    ):
        with pytest.raises(error, match=message):
            measured(replace(plan, **change))


def test_sheets_come_apart_as_they_were():
    for count in (1, 7, 10, 100):
        pictures = np.random.default_rng(count).integers(0, 256, (count, 6, 4, 3), np.uint8)
        sheet = to_sheet(pictures)
        assert sheet.shape == (max(1, count // 10) * 6, min(10, count) * 4, 3)
        assert np.array_equal(from_sheet(sheet, 6, 4), pictures)


def result(**changes) -> ToyResult:
    base = ToyResult("cnn", "mnist", "compress", "single", 4.0, 0, 1, 1000, 125, 20.0, 0.9, 0.002)
    return replace(base, **changes)


def test_curves_are_read_between_their_points():
    curve = [result(), result(setting=6.0, bytes=500, psnr=30.0)]
    assert [one.rate for one in curve] == [1.0, 4.0]
    assert psnr_at(curve, 2.0) == pytest.approx(25)
    assert psnr_at(curve, 0.9) is psnr_at(curve, 4.1) is psnr_at([], 1.0) is None
    assert nearest(curve, 1.9) is curve[0]
    assert nearest(curve, 2.1) is curve[1]


def test_numbers_are_over_all_pictures(tmp_path):
    rows = [
        result(),
        result(picture=1, bytes=375, psnr=math.inf, ssim=0.7, run_s=0.004),
        result(system="webp", files="sheet", pictures=100, pixels=10**5, bytes=12500, setting=5.0),
        result(system="webp", files="sheet", pictures=100, pixels=10**5, bytes=50000, setting=9.0),
    ]
    sheet, _, ours = comparisons(rows, "mnist", "compress")
    assert (ours.rate, ours.ssim, ours.run_ms) == pytest.approx((2.0, 0.8, 3.0))
    assert ours.psnr == pytest.approx(20 + 10 * math.log10(2)), "of the mean squared error"
    assert (sheet.system, sheet.rate, sheet.run_ms) == ("webp", 1.0, 0.02)
    ROWS.add(tmp_path, rows)
    for name in ("cnn", "webp"):
        RUNS.add(tmp_path, [ToyRun(name, "mnist", "compress", 0, 2, 0.0, 0, 2, 0.0, "", 0, "1")])
    text = markdown(BENCH.tables(tmp_path))
    assert "| WebP | sheet | 1.00 | 20.00 | 0.900 | 20.00 |" in text
    assert "nearest 2.00 bits per pixel (that of the CNN with 4 bits a number)" in text


def test_a_section_without_rows_says_so(tmp_path):
    assert BENCH.sections["toy"](tmp_path) == []
    with pytest.raises(InputError, match="pellucid bench toy"):
        write_report(BENCH, tmp_path)


def test_the_command_on_real_systems(tmp_path):
    write_mnist(tmp_path / "mnist", train=12, test=10)
    options = ["--data", str(tmp_path), "-o", str(tmp_path / "out"), "--quick"]
    run = CliRunner().invoke(commands, ["toy", *options, "--systems", "jpeg420,webp,noisy"])
    assert run.exit_code == 0, run.output
    assert "## MNIST, 28x28 grey: denoise, sigma 25" in run.output
    assert "| JPEG 4:2:0 | each its own |" in run.output
    assert (tmp_path / "out" / "toy.md").read_text(encoding="utf-8").startswith("# Beside what")
    text = markdown(BENCH.sections["toy"](tmp_path / "out"))
    assert text.startswith("Pictures: MNIST 10 to report on. ")
    assert "### MNIST, 28x28 grey: denoise, sigma 25" in text
    wrong = CliRunner().invoke(commands, ["toy", "--data", str(tmp_path), "--systems", "x"])
    assert wrong.exit_code != 0
