"""How the learning rate goes: warm-up, constant, decay; and runs that go on from each other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

torch = pytest.importorskip("torch", exc_type=ImportError)
pytest.importorskip("onnx", exc_type=ImportError)

import tiny_model  # noqa: E402 - needs torch
from pellucid.errors import InputError, OptionError, OutputError  # noqa: E402
from pellucid.train.checkpoint import read_state, write_state  # noqa: E402
from pellucid.train.codec_trainer import CodecTrainer  # noqa: E402
from pellucid.train.optimisers import WARM_STEPS, Schedule  # noqa: E402
from pellucid.train.run import RunOptions, train_model  # noqa: E402


def test_a_constant_rate_has_no_end() -> None:
    schedule = Schedule("constant")
    assert schedule.part(1e9, 60) == 0
    rates = [schedule.rate(0.0, step) for step in (0, WARM_STEPS // 2, WARM_STEPS, 10**7)]
    assert rates == pytest.approx([1 / WARM_STEPS, 0.5, 1, 1], abs=0.01)


def test_a_decay_falls_to_nothing() -> None:
    schedule = Schedule("decay")
    assert schedule.part(30, 60) == 0.5
    assert schedule.part(61, 60) == 1
    rates = [schedule.rate(part / 100, 10**6) for part in range(101)]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] == 1
    assert rates[-1] == 0


def test_an_unknown_schedule_is_named() -> None:
    with pytest.raises(OptionError, match="'steps' is not one of cosine, constant, decay"):
        Schedule("steps")


def test_a_copy_of_a_constant_run_is_decayed(tmp_path: Path) -> None:
    (tmp_path / "tiny.toml").write_text(tiny_model.TOML)
    for seed in range(2):
        Image.fromarray(tiny_model.synthetic_picture(seed)).save(tmp_path / f"{seed}.png")
    options = RunOptions(tmp_path, 0.02, tmp_path / "constant", "cpu", schedule="constant")
    with tiny_model.quick():
        train_model(tmp_path / "tiny.toml", options, lambda _line: None)
    run = options.output / "tiny.pt"
    before = torch.load(run, weights_only=True)
    with pytest.raises(OptionError, match="would be written over"):
        train_model(tmp_path / "tiny.toml", replace(options, start=run), print)
    copy = replace(options, output=tmp_path / "shipped", start=run, schedule="decay")
    with tiny_model.quick():
        train_model(tmp_path / "tiny.toml", copy, lambda _line: None)
    after = torch.load(copy.output / "tiny.pt", weights_only=True)
    assert torch.load(run, weights_only=True)["progress"] == before["progress"], "untouched"
    assert after["progress"]["earlier"] == before["progress"]["pixels"]
    assert after["progress"]["step"] > 0


def test_a_checkpoint_gives_what_its_optimiser_knows_and_weights_do_not(tmp_path: Path) -> None:
    trainer = tiny_model.new_trainer()
    tiny_model.train(trainer, 3)
    write_state(tmp_path / "run.pt", trainer.state())
    write_state(tmp_path / "weights.pt", trainer.averaged())
    recipe = replace(tiny_model.RECIPE, rate=7e-4)
    for name, steps in (("run", 3), ("weights", 0)):
        other = CodecTrainer(recipe, trainer.tiles, torch.device("cpu"), fresh=False)
        other.start_from(read_state(tmp_path / f"{name}.pt", other.device), tmp_path / f"{name}.pt")
        (optimiser,) = other.optimisers
        known = [int(state["step"]) for state in optimiser.state.values()]
        assert max(known, default=0) == steps
        assert optimiser.param_groups[0]["peak"] == 7e-4, "the recipe's own"
        assert other.progress.earlier == trainer.progress.pixels > 0
        assert other.progress.step == 0
        mine, own = trainer.net.state_dict(), other.net.state_dict()
        if name == "run":
            assert all(torch.equal(mine[key], own[key]) for key in mine)


def test_a_checkpoint_made_on_another_device_keeps_this_ones_kernels(tmp_path: Path) -> None:
    """Its rate as a number of Python, or as a tensor of a device, is not taken over."""
    trainer = tiny_model.new_trainer()
    tiny_model.train(trainer, 2)
    write_state(tmp_path / "run.pt", trainer.state())
    state = torch.load(tmp_path / "run.pt", weights_only=True)
    for group in state["optimisers"][0]["param_groups"]:
        group |= {"lr": torch.tensor(0.5), "peak": 9.0, "capturable": True}
    torch.save(state, tmp_path / "other.pt")
    trainer.restore(read_state(tmp_path / "other.pt", trainer.device), tmp_path / "other.pt")
    groups = trainer.optimisers[0].param_groups
    assert groups[0]["peak"] == tiny_model.RECIPE.rate
    assert not groups[0]["capturable"]
    tiny_model.train(trainer, 1)
    assert isinstance(groups[0]["lr"], float)


def test_a_run_is_not_gone_on_with_by_another_schedule(tmp_path: Path) -> None:
    trainer = tiny_model.new_trainer()
    trainer.schedule = Schedule("constant")
    write_state(tmp_path / "run.pt", trainer.state())
    trainer.schedule = Schedule("cosine")
    with pytest.raises(InputError, match="schedule constant, not cosine; go on with --schedule"):
        trainer.restore(read_state(tmp_path / "run.pt", trainer.device), tmp_path / "run.pt")


def test_options_that_contradict_each_other_are_refused_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "tiny.toml").write_text(tiny_model.TOML)
    (tmp_path / "file").write_text("")
    torch.save([1], tmp_path / "list.pt")
    wide = Path(__file__).resolve().parents[2] / "checkpoints" / "codec-s.pt"
    trainer = tiny_model.new_trainer()
    trainer.schedule = Schedule("constant")
    write_state(tmp_path / "tiny.pt", trainer.state())
    options = RunOptions(tmp_path / "no pictures", 1, tmp_path / "out", "cpu")
    for changes, error, message in (
        ({"schedule": "decay"}, OptionError, "name its checkpoint with --start"),
        ({"resume": True}, InputError, "to go on from; leave out --resume"),
        ({"resume": True, "start": tmp_path / "w.pt"}, OptionError, "leave out --start or"),
        ({"output": tmp_path / "file"}, OutputError, "cannot write to"),
        ({"start": tmp_path / "file"}, InputError, "file can't be read"),
        ({"start": tmp_path / "list.pt"}, InputError, "is no checkpoint, it holds a list"),
        ({"start": wide}, InputError, r"another net than the recipe's \[shape\] makes"),
        ({"output": tmp_path, "resume": True}, InputError, "schedule constant, not cosine"),
    ):
        with pytest.raises(error, match=message):
            train_model(tmp_path / "tiny.toml", replace(options, **changes), print)


def test_an_interrupted_run_saves_what_it_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    trainer, saved = tiny_model.new_trainer(), []

    def stop(part: float) -> None:
        trainer.progress.step += 1
        if trainer.progress.step == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(trainer, "step", stop)
    with pytest.raises(KeyboardInterrupt):
        trainer.run(1.0, save=lambda: saved.append(trainer.progress.step), report=print)
    assert saved == [3]
