"""What only an accelerator does: steps replayed as one graph. Run there before a long training."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch", exc_type=ImportError)

import tiny_model  # noqa: E402 - needs torch
from pellucid.train import speed  # noqa: E402
from pellucid.train.checkpoint import read_state, write_state  # noqa: E402
from pellucid.train.codec_trainer import CodecTrainer  # noqa: E402
from pellucid.train.speed import fit  # noqa: E402

pytestmark = [
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an accelerator"),
    pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning"),
]


def new_trainer(monkeypatch: pytest.MonkeyPatch) -> CodecTrainer:
    monkeypatch.setattr(speed, "BATCHES", (2, 4))
    monkeypatch.setattr(speed, "PROBE_SECONDS", 0.1)
    with tiny_model.quick():
        return CodecTrainer(tiny_model.RECIPE, tiny_model.synthetic_tiles(6), torch.device("cuda"))


def moved(trainer: CodecTrainer, steps: int) -> float:
    """Loss over `steps` more steps; fails unless they move the weights."""
    before = trainer.net.analysis.enter.weight.detach().clone()
    for _ in range(steps):
        trainer.step(0.3)
    assert not torch.equal(before, trainer.net.analysis.enter.weight)
    return trainer.read_figures(steps)["loss"]


@pytest.mark.parametrize("compiled", [False, True])
def test_a_replayed_step_learns(monkeypatch: pytest.MonkeyPatch, compiled: bool) -> None:
    trainer, lines = new_trainer(monkeypatch), []
    fit(trainer, lines.append, compiled=compiled)
    assert lines[-1] == "steps are replayed as one graph"
    first = moved(trainer, 30)
    assert moved(trainer, 60) < first


def test_a_step_waits_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = new_trainer(monkeypatch)
    moved(trainer, 2)
    torch.cuda.set_sync_debug_mode("error")
    try:
        trainer.learn(0.0)
    finally:
        torch.cuda.set_sync_debug_mode("default")


def test_a_resumed_run_goes_on_learning(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    trainer = new_trainer(monkeypatch)
    moved(trainer, 3)
    write_state(tmp_path / "run.pt", trainer.state())
    resumed = new_trainer(monkeypatch)
    resumed.restore(read_state(tmp_path / "run.pt", resumed.device), tmp_path / "run.pt")
    fit(resumed, lambda _line: None, compiled=False)
    moved(resumed, 5)


def test_a_recording_that_fails_leaves_a_run_that_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    trainer, lines = new_trainer(monkeypatch), []
    learn, calls = trainer.learn, []

    def fails_when_recorded(part: float, seconds: float = 0.0) -> float:
        calls.append(part)
        took = learn(part, seconds)
        if len(calls) == 4:  # after three to warm up
            float(trainer.sums["loss"])  # can't be recorded
        return took

    monkeypatch.setattr(trainer, "learn", fails_when_recorded)
    fit(trainer, lines.append, compiled=False)
    assert lines[-1].startswith("steps are not recorded")
    moved(trainer, 3)
