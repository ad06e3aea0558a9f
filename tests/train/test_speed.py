"""What a run does to use its machine, and that what it learns stays the same."""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import replace
from statistics import fmean

import pytest

torch = pytest.importorskip("torch", exc_type=ImportError)

import tiny_model  # noqa: E402 - needs torch
from pellucid.errors import OutputError, PellucidError  # noqa: E402
from pellucid.train import speed  # noqa: E402
from pellucid.train.checkpoint import write_state  # noqa: E402
from pellucid.train.codec_trainer import CodecTrainer  # noqa: E402
from pellucid.train.data import HELD_OUT_EVERY, held_out, random_crops  # noqa: E402
from pellucid.train.speed import fit, fit_batch, fit_precision, time_limit  # noqa: E402
from pellucid.train.trainer import Trainer  # noqa: E402

DRAWS = 40  # of the noise in the rate, which changes a loss by 2 %
FIRST_HELD_OUT = [2, 57, 123]  # for ever: weights of years to come must not have seen them


def losses(steps: int, *, bfloat16: bool) -> list[float]:
    trainer = tiny_model.new_trainer()
    trainer.use_bfloat16(bfloat16)
    found = []
    for _ in range(steps // 10):
        tiny_model.train(trainer, 10, of=steps)
        found.append(trainer.read_figures(10)["loss"])
    return found


def test_bfloat16_learns_the_same() -> None:
    """Within 0.3 % after the same steps; what decides bits stays in float32."""
    plain, half = losses(40, bfloat16=False), losses(40, bfloat16=True)
    assert plain != half, "something is computed otherwise"
    assert half[-1] == pytest.approx(plain[-1], rel=3e-3)
    assert plain[-1] < plain[0]


def test_bfloat16_is_for_what_blocks_add() -> None:
    trainer = tiny_model.new_trainer()
    trainer.use_bfloat16(True)
    seen: dict[str, torch.dtype] = {}

    def note(name: str):
        def keep(_module, _inputs, output) -> None:
            seen[name] = output.dtype

        return keep

    for name, module in trainer.net.named_modules():
        if isinstance(module, torch.nn.Conv2d):
            module.register_forward_hook(note(name))
    trainer.loss(0.0)
    half = {name for name, kind in seen.items() if kind == torch.bfloat16}
    assert half
    assert all(name.split(".")[0] in ("analysis", "synthesis") for name in half)
    assert all(name.split(".")[1] not in ("enter", "leave") for name in half)
    assert {seen["analysis.leave"], seen["hyper_decoder.mean"]} == {torch.float32}


@pytest.mark.parametrize(("gain", "kept"), [(2.0, True), (1.0, False)])
def test_the_faster_number_format_is_kept(
    monkeypatch: pytest.MonkeyPatch, gain: float, kept: bool
) -> None:
    trainer = tiny_model.new_trainer()
    lines: list[str] = []
    monkeypatch.setattr(speed, "has_bfloat16_units", lambda _device: True)
    monkeypatch.setattr(
        speed, "pixels_per_second", lambda t, _seconds: gain if t.net.analysis.in_bfloat16 else 1.0
    )
    fit_precision(trainer, lines.append, 1.0)
    assert trainer.net.analysis.in_bfloat16 == trainer.net.synthesis.in_bfloat16 == kept
    assert len(lines) == 1
    assert f"{gain:.2f} times as fast" in lines[0]
    monkeypatch.setattr(speed, "has_bfloat16_units", lambda _device: False)
    fit_precision(trainer, lines.append, 1.0)
    assert not trainer.net.analysis.in_bfloat16
    assert "float32 throughout" in lines[1]


def test_the_smallest_batch_that_keeps_a_device_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = tiny_model.new_trainer()
    before = [group["peak"] for group in trainer.optimisers[0].param_groups]
    lines: list[str] = []

    def measured(trainer: Trainer, _seconds: float) -> float:
        if trainer.recipe.batch == 128:
            raise torch.OutOfMemoryError
        return {32: 80.0, 64: 100.0}[trainer.recipe.batch]

    monkeypatch.setattr(speed, "pixels_per_second", measured)
    fit_batch(trainer, lines.append, 1.0)
    assert trainer.crop_size(0.0) == trainer.crop_size(1.0) == (64, 256)
    after = [group["peak"] for group in trainer.optimisers[0].param_groups]
    assert after == [2.0 * peak for peak in before], "never more than twice the recipe's"
    assert lines[0].startswith("64 crops of 256 x 256 at 2.0 times the recipe's rate")

    monkeypatch.setattr(speed, "pixels_per_second", lambda *_: raise_memory())
    kept = trainer.recipe
    fit_batch(trainer, lines.append, 1.0)
    assert trainer.recipe == kept


def test_a_run_does_not_depend_on_what_was_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "has_bfloat16_units", lambda _device: True)
    monkeypatch.setattr(speed, "PROBE_SECONDS", 0.0)
    monkeypatch.setattr(speed, "LEAST_GAIN", 1e9)
    found = []
    for tried in (False, True):
        trainer = tiny_model.new_trainer()
        if tried:
            fit(trainer, lambda _line: None, compiled=False)
        tiny_model.train(trainer, 2)
        found.append(trainer.net.analysis.leave.weight.clone())
    assert torch.equal(*found)


def raise_memory() -> float:
    raise torch.OutOfMemoryError


def test_what_does_not_compile_runs_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = tiny_model.new_trainer()
    lines: list[str] = []

    def broken(function, **_options):
        def call(*_arguments):
            raise RuntimeError("no such compiler\nmore")

        return call

    monkeypatch.setattr(torch, "compile", broken)
    fit(trainer, lines.append, compiled=True)
    assert lines[-1] == "not compiled: no such compiler"
    tiny_model.train(trainer, 1)
    assert trainer.progress.step == 1


def test_a_compiler_that_takes_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = tiny_model.new_trainer()
    lines: list[str] = []
    finished = []

    def endless(_function, **_options):
        return lambda *_: (time.sleep(5), finished.append(True))

    monkeypatch.setattr(torch, "compile", endless)
    fit(trainer, lines.append, compiled=True, limit=0.2)
    assert not finished
    assert "took more than 0.2 s" in lines[-1]
    with time_limit(0.05), nullcontext():
        pass
    time.sleep(0.1)  # the clock is off again


def test_a_compiler_that_is_stopped_may_clean_up():
    cleaned = []

    def compiler() -> None:
        try:
            time.sleep(5)
        finally:
            time.sleep(1.2)
            cleaned.append(True)

    with pytest.raises(TimeoutError), time_limit(0.05):
        compiler()
    assert cleaned


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # PyTorch's own, of its compiler
@pytest.mark.parametrize(
    "options",
    [{"backend": "eager", "fullgraph": True}, pytest.param({}, marks=pytest.mark.slow)],
    ids=["traced", "compiled"],
)
@pytest.mark.parametrize("objective", ["mse", "eye"])
def test_compiled_steps_learn_the_same(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, object], objective: str
) -> None:
    """Traced as one graph, without a break that would ask Python in the middle of a step."""
    if not options and not speed.has_compiler(torch.device("cpu")):
        pytest.skip("no C++ compiler")
    given = torch.compile
    monkeypatch.setattr(torch, "compile", lambda function, **own: given(function, **own, **options))
    recipe = replace(tiny_model.RECIPE, objective=objective)
    with tiny_model.quick():
        trainer, plain = (
            CodecTrainer(recipe, tiny_model.synthetic_tiles(2), torch.device("cpu")) for _ in "ab"
        )
        lines: list[str] = []
        fit(trainer, lines.append, compiled=True)
        assert "compiled in" in lines[-1]
        x = random_crops(plain.tiles, 4, 64, torch.Generator().manual_seed(3))
        quality = torch.tensor([10.0, 30, 50, 90])
        loss, figures = trainer.measure(x, quality)
        _, expected = plain.measure(x, quality)

        def mean_loss(own: Trainer) -> float:
            torch.manual_seed(0)  # draws the same noise, but in compiled steps
            draws = range(1 if options else DRAWS)
            return fmean(float(own.measure(x, quality)[1]["loss"]) for _ in draws)

        found, wanted = mean_loss(trainer), mean_loss(plain)
    assert figures.keys() == expected.keys()
    assert float(figures["psnr"]) == pytest.approx(float(expected["psnr"]), abs=0.02)
    assert found == pytest.approx(wanted, rel=0.02)
    assert loss.requires_grad
    torch.compiler.reset()


def test_a_step_reads_nothing_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """On an accelerator each such read would wait for all that was asked before."""
    trainer = tiny_model.new_trainer()
    tiny_model.train(trainer, 1)  # makes the optimiser's state

    def refuse(*_arguments):
        raise AssertionError("a step waits for the device")

    for name in ("item", "tolist", "__bool__", "__float__", "__int__", "nonzero", "cpu"):
        monkeypatch.setattr(torch.Tensor, name, refuse)
    trainer.set_rate(1.0)
    trainer.learn(0.0)


def test_a_diverged_run_says_so_and_keeps_what_was_written(tmp_path) -> None:
    trainer = tiny_model.new_trainer()
    tiny_model.train(trainer, 1)
    write_state(tmp_path / "run.pt", trainer.state())
    whole = (tmp_path / "run.pt").read_bytes()
    with torch.no_grad():
        trainer.average.analysis.enter.weight[0, 0] = float("nan")
        trainer.net.analysis.enter.weight[0, 0] = float("nan")
    for state in (trainer.state, trainer.averaged):
        with pytest.raises(PellucidError, match=r"diverged, analysis\.enter\.weight"):
            write_state(tmp_path / "run.pt", state())
    tiny_model.train(trainer, 1)
    with pytest.raises(PellucidError, match="diverged before step 2"):
        trainer.read_figures(1)
    assert (tmp_path / "run.pt").read_bytes() == whole


def test_no_space_while_writing(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = tiny_model.new_trainer()
    write_state(tmp_path / "w.pt", trainer.averaged())
    whole = (tmp_path / "w.pt").read_bytes()

    def full(_state, path) -> None:
        path.write_bytes(b"half")
        raise RuntimeError("PytorchStreamWriter failed writing file: No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(OutputError, match=r"w\.pt, which is as it was before: .*No space left"):
        write_state(tmp_path / "w.pt", trainer.averaged())
    assert (tmp_path / "w.pt").read_bytes() == whole
    assert [path.name for path in tmp_path.iterdir()] == ["w.pt"]


def test_crops_are_whole_when_as_large_as_tiles() -> None:
    tiles = tiny_model.synthetic_tiles(2)
    crops = random_crops(tiles, 6, 256, torch.Generator().manual_seed(0))
    assert crops.is_contiguous(memory_format=torch.channels_last)
    views = [
        turned.flip(flips)
        for tile in tiles.float() / 255
        for turned in (tile, tile.transpose(1, 2))
        for flips in ((), (1,), (2,), (1, 2))
    ]
    for crop in crops:
        assert any(torch.equal(crop, view) for view in views)


def test_the_same_pictures_are_held_out_wherever_they_lie() -> None:
    kept = [held_out(bytes([a, b])) for a in range(64) for b in range(64)]
    assert [number for number, one in enumerate(kept) if one][:3] == FIRST_HELD_OUT
    assert sum(kept) / len(kept) == pytest.approx(1 / HELD_OUT_EVERY, rel=0.3)


def test_two_processes_train_a_codec(tmp_path) -> None:
    from PIL import Image

    from pellucid.train.run import RunOptions, train_model

    for number in range(3):
        Image.fromarray(tiny_model.synthetic_picture(number)).save(tmp_path / f"{number}.png")
    (tmp_path / "tiny.toml").write_text("last_part = 0.0\n" + tiny_model.TOML)
    options = RunOptions(tmp_path, 0.03, tmp_path / "runs", processes=2)
    folder = train_model(tmp_path / "tiny.toml", options, print)
    state = torch.load(tmp_path / "runs" / "tiny.pt", weights_only=True)
    done = state["progress"]
    assert done["pixels"] == done["step"] * 2 * 2 * 64 * 64
    assert (folder / "card.json").is_file()
