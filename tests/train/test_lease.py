"""A plan carried out in seconds: its checks, what it writes, and that it goes on from that."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

torch = pytest.importorskip("torch", exc_type=ImportError)
pytest.importorskip("onnx", exc_type=ImportError)

import tiny_model  # noqa: E402 - needs torch
from pellucid.errors import (  # noqa: E402
    InputError,
    OptionError,
    OutputError,
    PellucidError,
)
from pellucid.train import speed  # noqa: E402
from pellucid.train import trainer as trainer_module  # noqa: E402
from pellucid.train.checkpoint import write_state  # noqa: E402
from pellucid.train.lease import (  # noqa: E402
    Lease,
    load_plan,
    main,
)

RECIPES = Path(__file__).resolve().parents[2] / "recipes"
PLAN = """\
data = "."
[[run]]
recipe = "tiny.toml"
start = "weights.pt"
share = 0.5
[[run]]
recipe = "eye.toml"
after = "tiny"
share = 0.5
schedule = "decay"
"""
SECONDS = 10.0
CPU = torch.device("cpu")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for seed in range(2):
        Image.fromarray(tiny_model.synthetic_picture(seed)).save(tmp_path / f"{seed}.png")
    (tmp_path / "tiny.toml").write_text(tiny_model.TOML)
    eye = tiny_model.TOML.replace('name = "tiny"', 'name = "tiny"\nobjective = "eye"')
    (tmp_path / "eye.toml").write_text(eye)
    (tmp_path / "plan.toml").write_text(PLAN)
    return tmp_path


def rows(out: Path) -> list[dict[str, str]]:
    head, *lines = (out / "figures.tsv").read_text().splitlines()
    return [dict(zip(head.split("\t"), line.split("\t"), strict=True)) for line in lines]


@pytest.mark.slow
def test_a_plan_ends_in_time(folder: Path) -> None:
    """By the clock, as the machine is lent: most of it for training, on a machine of its own."""
    write_state(folder / "weights.pt", tiny_model.new_trainer().averaged())
    with tiny_model.quick():
        began = time.monotonic()
        lease = Lease(load_plan(folder / "plan.toml"), SECONDS, folder / "out", CPU, judged=1)
        lease.carry_out(folder)
    assert time.monotonic() - began < SECONDS + 0.5
    assert lease.training > 0.5 * SECONDS


def test_a_plan_is_gone_on_with(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainer_module, "REPORT_EVERY", 5)
    monkeypatch.setattr(speed, "has_bfloat16_units", lambda _device: False)  # timing takes seconds
    write_state(folder / "weights.pt", tiny_model.new_trainer().averaged())
    out = folder / "out"
    pixels = []
    for _ in range(2):
        with tiny_model.quick():
            lease = Lease(load_plan(folder / "plan.toml"), SECONDS, out, CPU, judged=1)
            lease.carry_out(folder)
        assert lease.training > 0
        done = [torch.load(out / f"{name}.pt", weights_only=True) for name in ("tiny", "eye")]
        assert all(state["progress"]["step"] > 0 for state in done)
        pixels.append([s["progress"]["pixels"] + s["progress"]["earlier"] for s in done])
    assert pixels[1][0] > pixels[0][0], "the second call goes on from the first"
    assert pixels[0][1] > pixels[0][0], "the second run of a plan from the one before"
    found = rows(out)
    assert {row["run"] for row in found} == {"tiny", "eye"}
    assert {"loss", "bpp", "unlike", "held_out_loss"} <= {row["figure"] for row in found}
    assert "of the time was training" in (out / "log.txt").read_text()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no runs"),
        ("run = 3", "has no runs"),
        ("[[run]]\nshare = 1.0", "needs a recipe"),
        ('[[run]]\nrecipe = "a.toml"\nshare = 0', "share above 0"),
        ('[[run]]\nrecipe = "a.toml"\nspeed = 1', "unknown key 'speed'"),
        ('[[run]]\nrecipe = "a.toml"\nname = 3', "name is 3"),
        ('[[run]]\nrecipe = "a.toml"\nschedule = "steps"', "'steps' is not one of"),
        ('[[run]]\nrecipe = "a.toml"\nafter = "b"', "comes after 'b'"),
        ('minutes = 1\n[[run]]\nrecipe = "a.toml"', "beside the runs"),
        ('[[run]]\nrecipe = "a.toml"\n[[run]]\nrecipe = "a.toml"', "two runs are called a"),
        ('[[run]]\nrecipe = "a.toml"\nname = "../x"', "must be a plain one"),
        ('[[run]]\nrecipe = "a"\n[[run]]\nrecipe = "b"\nafter = "a"\nstart = "c"', "both a start"),
    ],
)
def test_a_wrong_plan_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "plan.toml").write_text(text)
    with pytest.raises(OptionError, match=message):
        load_plan(tmp_path / "plan.toml")


def test_a_run_that_fails_leaves_the_others_their_time(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speed, "has_bfloat16_units", lambda _device: False)  # timing takes seconds
    (folder / "other.toml").write_text(tiny_model.TOML.replace("trunk = 16", "trunk = 20"))
    write_state(folder / "weights.pt", tiny_model.new_trainer().averaged())
    (folder / "plan.toml").write_text(
        PLAN.replace('"tiny.toml"', '"other.toml"').replace(
            'after = "tiny"', 'start = "weights.pt"'
        )
    )
    out = folder / "out"
    lease = Lease(load_plan(folder / "plan.toml"), SECONDS, out, CPU, judged=1)
    with tiny_model.quick(), pytest.raises(PellucidError, match="other did not end well"):
        lease.carry_out(folder)
    assert "other: " in (out / "log.txt").read_text()
    assert "is of another net than" in (out / "log.txt").read_text()
    assert torch.load(out / "eye.pt", weights_only=True)["progress"]["step"] > 0


def test_a_plan_that_asks_for_more_time_than_there_is(folder: Path) -> None:
    plan = load_plan(folder / "plan.toml")
    with pytest.raises(OptionError, match=r"run tiny would get 0\.5 of 1 s"):
        Lease(plan, 1.0, folder / "out", CPU).carry_out(folder)
    (folder / "greedy.toml").write_text(PLAN.replace("0.5", "0.6"))
    with pytest.raises(OptionError, match=r"ask for 1\.20 of the time"):
        load_plan(folder / "greedy.toml").check(100)
    assert not (folder / "out").exists(), "nothing was begun"


def test_what_cannot_be_read_or_written_is_said_by_the_command(folder: Path) -> None:
    def error_of(*words: str) -> str:
        with pytest.raises(SystemExit) as caught:
            main([*words, "--seconds", "5", "-o", str(folder / "o")])
        return str(caught.value)

    assert "can't be read" in error_of(str(folder / "nowhere.toml"))
    (folder / "no_data.toml").write_text(PLAN.replace('data = "."', ""))
    assert "say where pictures are with --data" in error_of(str(folder / "no_data.toml"))
    assert "device 'tpu'" in error_of(str(folder / "plan.toml"), "--device", "tpu")
    lease = Lease(load_plan(folder / "plan.toml"), 5, folder / "plan.toml", CPU)
    with pytest.raises(OutputError, match="cannot write"):
        lease.add("log.txt", "line")


def test_the_plan_that_would_run_today_is_whole() -> None:
    plan = load_plan(RECIPES / "lease.toml")
    plan.check(540)
    for run in plan.runs:
        assert (plan.folder / run.recipe).is_file()
        assert not run.start or (plan.folder / run.start).is_file()


def test_a_shard_cut_short_gives_no_picture(folder: Path) -> None:
    from pellucid.train import pack

    whole = folder / "whole.bin"
    pack.write_shard([folder / "0.png", folder / "1.png"], whole)
    data = whole.read_bytes()
    assert len(list(pack.read_shard(whole))) == 2
    for length in (9, 20, 100, len(data) - 1):
        (folder / "cut.bin").write_bytes(data[:length])
        with pytest.raises(InputError, match="cut short or damaged"):
            list(pack.read_shard(folder / "cut.bin"))
    (folder / "cut.bin").write_bytes(data + b"more")
    with pytest.raises(InputError, match="cut short or damaged"):
        list(pack.read_shard(folder / "cut.bin"))
    (folder / "cut.bin").write_bytes(data[:8] + b"\xff" * 8 + data[16:])
    with pytest.raises(InputError, match="cut short or damaged"):
        list(pack.read_shard(folder / "cut.bin"))


def test_a_lent_machine_needs_few_packages() -> None:
    """PyTorch, NumPy and Pillow: no coder, no runtime, nothing of the other extras."""
    absent = ("constriction", "onnxruntime", "onnx", "click", "imagecodecs", "tifffile", "scipy")
    code = (
        f"import sys; sys.modules |= dict.fromkeys({absent}); "
        "import pellucid.train.lease, pellucid.train.pack"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
