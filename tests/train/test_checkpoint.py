"""Weights that a new run starts from, also with more blocks than they have."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch", exc_type=ImportError)

import tiny_model  # noqa: E402 - needs torch
from pellucid.errors import InputError, OutputError  # noqa: E402
from pellucid.nets.denoiser import DenoiserShape  # noqa: E402
from pellucid.train.checkpoint import (  # noqa: E402
    only_run,
    read_state,
    write_state,
)
from pellucid.train.codec_trainer import CodecTrainer  # noqa: E402
from pellucid.train.denoiser_trainer import DenoiserTrainer  # noqa: E402
from pellucid.train.export import gain_arrays  # noqa: E402
from pellucid.train.recipe import DenoiserRecipe, load_recipe  # noqa: E402
from pellucid.train.run import (  # noqa: E402
    RunOptions,
    make_trainer,
    train_model,
)


def test_weights_start_a_net_with_more_blocks(tmp_path: Path) -> None:
    small = tiny_model.new_trainer()
    tiny_model.train(small, 2)
    tiny_model.ruffle(small.average)
    write_state(tmp_path / "weights.pt", small.averaged())
    shape = small.recipe.shape
    more = {
        "analysis_blocks": shape.analysis_blocks + 1,
        "synthesis_blocks": shape.synthesis_blocks + 1,
    }
    recipe = replace(small.recipe, shape=replace(shape, **more))
    large = CodecTrainer(recipe, tiny_model.synthetic_tiles(2), torch.device("cpu"))
    large.start_from(read_state(tmp_path / "weights.pt", large.device), tmp_path / "weights.pt")
    small.average.load_state_dict(
        {n: v.half().float() for n, v in small.average.state_dict().items()}
    )
    x, quality = torch.rand(1, 3, 64, 64), torch.tensor([50.0])
    with torch.no_grad():
        assert torch.allclose(large.net.encode(x, quality), small.average.encode(x, quality))
        y = torch.rand(1, shape.latents, 4, 4)
        assert torch.allclose(large.net.decode(y, quality), small.average.decode(y, quality))
    wide = replace(recipe, shape=replace(shape, trunk=shape.trunk + 4))
    other = CodecTrainer(wide, tiny_model.synthetic_tiles(2), torch.device("cpu"))
    with pytest.raises(InputError, match="another net"):
        other.start_from(read_state(tmp_path / "weights.pt", other.device), tmp_path / "weights.pt")
    (tmp_path / "weights.pt").write_bytes(b"cut off")
    with pytest.raises(InputError, match="can't be read"):
        small.start_from(read_state(tmp_path / "weights.pt", small.device), tmp_path / "weights.pt")


def test_weights_start_a_denoiser_with_more_blocks(tmp_path: Path) -> None:
    tiles = tiny_model.synthetic_tiles(2)
    recipe = DenoiserRecipe("tiny", shape=DenoiserShape((4, 4), (1,), 1, (0,)))
    small = DenoiserTrainer(recipe, tiles, torch.device("cpu"))
    torch.nn.init.normal_(small.average.leave.weight, std=0.1)
    write_state(tmp_path / "weights.pt", small.averaged())
    more = replace(recipe, shape=DenoiserShape((4, 4), (2,), 2, (1,)))
    large = DenoiserTrainer(more, tiles, torch.device("cpu"))
    large.start_from(read_state(tmp_path / "weights.pt", large.device), tmp_path / "weights.pt")
    known = {n: v.half().float() for n, v in small.average.state_dict().items()}
    small.average.load_state_dict(known)
    noisy, maps = torch.rand(1, 3, 32, 32), torch.rand(1, 2, 32, 32)
    with torch.no_grad():
        out = small.average(noisy, maps)
        assert not torch.allclose(out, noisy)
        for net in (large.net, large.average):
            assert torch.allclose(net(noisy, maps), out, atol=1e-6)
    write_state(tmp_path / "large.pt", large.averaged())
    with pytest.raises(InputError, match="another net"):
        small.start_from(read_state(tmp_path / "large.pt", small.device), tmp_path / "large.pt")


def test_a_checkpoint_of_another_version_is_refused(tmp_path: Path) -> None:
    trainer = tiny_model.new_trainer()
    write_state(tmp_path / "run.pt", trainer.state())
    trainer.restore(read_state(tmp_path / "run.pt", trainer.device), tmp_path / "run.pt")
    state = torch.load(tmp_path / "run.pt", weights_only=True)
    state["codec"] = state.pop("net")
    torch.save(state, tmp_path / "old.pt")
    with pytest.raises(InputError, match="no checkpoint of this version, it lacks net; start anew"):
        trainer.restore(read_state(tmp_path / "old.pt", trainer.device), tmp_path / "old.pt")


CHECKPOINTS = Path(__file__).parents[2] / "checkpoints"
RECIPES = Path(__file__).parents[2] / "recipes"


@pytest.mark.parametrize("name", sorted(path.stem for path in CHECKPOINTS.glob("*.pt")))
def test_kept_weights_start_a_run(name: str) -> None:
    """Each file in `checkpoints/`, with the recipe that it was made by."""
    path = CHECKPOINTS / f"{name}.pt"
    recipe = load_recipe(RECIPES / f"{name.removesuffix('-constant')}.toml")
    trainer = make_trainer(recipe, tiny_model.synthetic_tiles(1), torch.device("cpu"), path)
    state = read_state(path, trainer.device)
    assert trainer.progress.step == 0
    assert trainer.progress.earlier == sum(
        state["progress"].get(k, 0) for k in ("pixels", "earlier")
    )
    for net in (trainer.net, trainer.average):
        kept = net.state_dict()
        assert all(torch.equal(kept[key], value.float()) for key, value in state["average"].items())


def test_a_trainer_takes_what_it_gave() -> None:
    """The dict that goes to a checkpoint holds plain values and tensors, and is all there is."""
    trainer = tiny_model.new_trainer()
    tiny_model.train(trainer, 2)
    given = copy.deepcopy(trainer.state())
    tiny_model.train(trainer, 1)
    trainer.restore(given, Path("nowhere.pt"))
    again = trainer.state()
    assert again["progress"] == given["progress"]
    assert all(torch.equal(again["net"][key], value) for key, value in given["net"].items())
    assert torch.equal(again["generators"][0], given["generators"][0])


def test_a_second_run_on_a_checkpoint_is_refused(tmp_path: Path) -> None:
    """Another process holds the lock; the file that a killed one leaves behind does not count."""
    run = tmp_path / "run.pt"
    code = (
        "import sys, pathlib; from pellucid.train.checkpoint import only_run\n"
        "with only_run(pathlib.Path(sys.argv[1])):\n"
        "    print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(run)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline().strip() == b"held"
        said = rf"process {other.pid}, writes .*run\.pt; wait for its end, or choose another -o"
        with pytest.raises(OutputError, match=said), only_run(run):
            pass
        other.kill()
    (lock,) = tmp_path.iterdir()
    assert lock.read_text() == str(other.pid)
    with only_run(run):
        assert lock.read_text() == str(os.getpid())
    assert list(tmp_path.iterdir()) == []


def test_a_run_holds_its_checkpoint(tmp_path: Path) -> None:
    """`train_model` says so before it reads a picture."""
    (tmp_path / "tiny.toml").write_text(tiny_model.TOML)
    options = RunOptions(tmp_path / "no pictures", 1, tmp_path / "out", "cpu")
    options.output.mkdir()
    with (
        only_run(options.output / "tiny.pt"),
        pytest.raises(OutputError, match=rf"another run, process {os.getpid()}, writes"),
    ):
        train_model(tmp_path / "tiny.toml", options, print)


def test_no_minutes_export_weights_as_they_are(tmp_path: Path) -> None:
    for number in range(2):
        picture = Image.fromarray(tiny_model.synthetic_picture(number))
        picture.save(tmp_path / f"{number}.png")
    (tmp_path / "tiny.toml").write_text(tiny_model.TOML)
    trainer = tiny_model.new_trainer()
    tiny_model.ruffle(trainer.average)
    write_state(tmp_path / "start.pt", trainer.averaged())
    with tiny_model.quick():
        options = RunOptions(tmp_path, 0, tmp_path / "out", "cpu", start=tmp_path / "start.pt")
        folder = train_model(tmp_path / "tiny.toml", options, print)
    with np.load(folder / "gains.npz") as gains:
        for name, values in gain_arrays(trainer.average.half().float()).items():
            assert np.array_equal(gains[name], values)
    card = json.loads((folder / "card.json").read_text("utf-8"))
    assert (card["steps"], card["tune"]) == (0, "psnr")
