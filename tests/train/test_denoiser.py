"""Training of the denoiser, stopping and going on, and what is exported."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", exc_type=ImportError)
pytest.importorskip("onnx", exc_type=ImportError)

import tiny_denoiser as tiny  # noqa: E402 - needs torch
from pellucid.errors import InputError, OptionError, PellucidError  # noqa: E402
from pellucid.evaluate.macs import macs_per_pixel  # noqa: E402
from pellucid.nets.denoiser import Denoiser, DenoiserShape  # noqa: E402
from pellucid.runtime import DenoiserModel, network_id  # noqa: E402
from pellucid.train.checkpoint import read_state, write_state  # noqa: E402
from pellucid.train.denoiser_trainer import DenoiserTrainer  # noqa: E402
from pellucid.train.export_denoiser import (  # noqa: E402
    centre,
    denoiser_graph,
    import_denoiser,
)
from pellucid.train.recipe import DenoiserRecipe, load_recipe  # noqa: E402
from tiny_model import synthetic_tiles  # noqa: E402

RECIPES = Path(__file__).resolve().parents[2] / "recipes"
MOST_KMAC = {"l": 33, "m": 20, "s": 6, "xs": 2.6}
SHAPES = [tiny.SHAPE, DenoiserShape((4, 6, 8), (1, 0), 1, (2, 0)), DenoiserShape((6,), (), 2, ())]


def inputs(height: int = 48, width: int = 64, seed: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    """noisy (1, 3, H, W) and maps (1, 2, H, W)."""
    generator = torch.Generator().manual_seed(seed)
    noisy = torch.rand(1, 3, height, width, generator=generator)
    return noisy, 0.2 * torch.rand(1, 2, height, width, generator=generator)


def ruffled(shape: DenoiserShape) -> Denoiser:
    torch.manual_seed(4)
    net = Denoiser(shape)
    tiny.ruffle(net)
    return net.requires_grad_(False)


def saved(net: Denoiser, folder: Path) -> DenoiserModel:
    """Its graph as a model with a card."""
    folder.mkdir(parents=True, exist_ok=True)
    data = denoiser_graph(net)
    (folder / "denoiser.onnx").write_bytes(data)
    shape = {"multiple": net.shape.multiple, "reach": net.shape.reach}
    card = {"name": "x", "id": network_id(data).hex(), "kind": "denoiser", **shape}
    (folder / "card.json").write_text(json.dumps(card))
    return DenoiserModel(folder, threads=1)


def test_it_starts_as_the_identity() -> None:
    noisy, maps = inputs()
    assert not tiny.noise_of(tiny.new_trainer().net, noisy, maps).any()


def test_a_few_steps_take_noise_off() -> None:
    trainer = tiny.new_trainer()
    tiny.train(trainer, 60, of=60)
    clean = synthetic_tiles(4, seed=50)[..., :64, :64].float() / 255
    generator = torch.Generator().manual_seed(1)
    for sigma in (25 / 255, 50 / 255):
        noisy = clean + sigma * torch.randn(clean.shape, generator=generator)
        maps = torch.zeros(4, 2, 64, 64)
        maps[:, 0] = sigma
        left = noisy - tiny.noise_of(trainer.average, noisy, maps) - clean
        assert 20 * torch.log10((noisy - clean).std() / left.std()) > 1.5


def test_steps_report_what_they_should() -> None:
    trainer = tiny.new_trainer()
    tiny.train(trainer, 1, of=10)
    figures = trainer.read_figures(1)
    assert set(figures) == {"loss", "gain"}
    assert figures["gain"] == pytest.approx(0, abs=1e-5)
    tiny.train(trainer, 1, of=10)
    assert trainer.progress.step == 2
    assert trainer.progress.pixels == 2 * tiny.RECIPE.batch * tiny.RECIPE.patch**2


@pytest.mark.parametrize("bfloat16", [False, True])
def test_stopping_and_going_on_gives_the_same_weights(tmp_path: Path, bfloat16: bool) -> None:
    recipe = replace(tiny.RECIPE, bfloat16=bfloat16)
    stopped, straight = tiny.new_trainer(recipe), tiny.new_trainer(recipe)
    tiny.train(stopped, 4, of=8)
    write_state(tmp_path / "tiny.pt", stopped.state())
    resumed = tiny.new_trainer(recipe)
    resumed.restore(read_state(tmp_path / "tiny.pt", resumed.device), tmp_path / "tiny.pt")
    assert resumed.progress == stopped.progress
    tiny.train(resumed, 4, of=8)
    tiny.train(straight, 8, of=8)
    for part in ("net", "average"):
        ours, theirs = getattr(resumed, part).state_dict(), getattr(straight, part).state_dict()
        assert all(torch.equal(ours[name], theirs[name]) for name in theirs), part


def test_a_checkpoint_without_all_random_states_is_still_read(tmp_path: Path) -> None:
    trainer = tiny.new_trainer()
    tiny.train(trainer, 1, of=8)
    write_state(tmp_path / "tiny.pt", trainer.state())
    state = torch.load(tmp_path / "tiny.pt", weights_only=True)
    state["generator"] = state.pop("generators")[0]  # as the first versions wrote it
    torch.save(state, tmp_path / "old.pt")
    resumed = tiny.new_trainer()
    resumed.restore(read_state(tmp_path / "old.pt", resumed.device), tmp_path / "old.pt")
    assert resumed.progress == trainer.progress
    assert torch.equal(resumed.generator.get_state(), trainer.generator.get_state())


def test_a_checkpoint_of_another_shape_is_refused(tmp_path: Path) -> None:
    write_state(tmp_path / "tiny.pt", tiny.new_trainer().state())
    other = tiny.new_trainer(replace(tiny.RECIPE, shape=SHAPES[1]))
    with pytest.raises(InputError, match="shape"):
        other.restore(read_state(tmp_path / "tiny.pt", other.device), tmp_path / "tiny.pt")


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: f"{len(shape.widths)} levels")
def test_the_export_is_the_net(tmp_path: Path, shape: DenoiserShape) -> None:
    net = ruffled(shape)
    model = saved(net, tmp_path / "one")
    net.load_state_dict({k: v.half().float() for k, v in net.state_dict().items()})
    sides = (shape.multiple, 2 * shape.multiple, 10 * shape.multiple)
    for height, width in zip(sides, reversed(sides), strict=True):
        noisy, maps = inputs(height, width)
        expected = tiny.noise_of(net, noisy, maps).numpy()
        given = model.noise(noisy=noisy.numpy(), maps=maps.numpy())
        assert np.abs(given - expected).max() < 2e-5 * np.abs(expected).max()


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: f"{len(shape.widths)} levels")
def test_nothing_beyond_the_reach_changes_a_sample(tmp_path: Path, shape: DenoiserShape) -> None:
    net = ruffled(shape)
    model = saved(net, tmp_path / "one")
    side = (2 * shape.reach // shape.multiple + 2) * shape.multiple
    noisy, maps = (part.numpy() for part in inputs(side, side))
    before = model.noise(noisy=noisy, maps=maps)
    seen = 0
    for place in range(side // 2, side // 2 + shape.multiple):
        for name in ("noisy", "maps"):
            other = {"noisy": noisy.copy(), "maps": maps.copy()}
            other[name][:, :, place, place] += 100
            changed = np.abs(model.noise(**other) - before).max(axis=(0, 1)) > 0
            for axis in (0, 1):
                places = np.flatnonzero(changed.any(axis=axis))
                seen = max(seen, *np.abs(places - place))
    assert shape.reach / 3 < seen <= shape.reach


@pytest.mark.parametrize("factor", [1e-3, 0.5, 300.0])
def test_scaling_scales(factor: float) -> None:
    noisy, maps = inputs()
    net = ruffled(tiny.SHAPE)
    one, other = tiny.noise_of(net, noisy, maps), tiny.noise_of(net, factor * noisy, factor * maps)
    assert torch.allclose(other / factor, one, atol=1e-5)


@pytest.mark.parametrize("path", sorted(RECIPES.glob("denoise-*.toml")), ids=lambda p: p.stem)
def test_recipes_keep_to_their_cost(tmp_path: Path, path: Path) -> None:
    recipe = load_recipe(path)
    assert isinstance(recipe, DenoiserRecipe)
    assert path.stem == recipe.label == f"denoise-{recipe.name}"
    assert recipe.patch % recipe.shape.multiple == recipe.last_patch % recipe.shape.multiple == 0
    mixture = recipe.mixture
    assert mixture.grain + mixture.camera + mixture.jpeg < 1
    graph = tmp_path / "denoiser.onnx"
    graph.write_bytes(denoiser_graph(Denoiser(recipe.shape)))
    assert 0 < macs_per_pixel(graph) <= 1000 * MOST_KMAC[recipe.name]


def test_macs_are_those_of_the_shape(tmp_path: Path) -> None:
    graph = tmp_path / "denoiser.onnx"
    graph.write_bytes(denoiser_graph(Denoiser(DenoiserShape((8, 12), (1,), 2, (1,)))))
    half = 17 * 8 * 9 + 2 * (2 * 8 * 8 * 9) + 8 * 12 * 9  # enter, a block each way, leave
    half += 2 * 12  # offset
    quarter = 8 * 12 * 4 + 2 * (2 * 12 * 12 * 9) + 12 * 32  # down, two blocks, up
    assert macs_per_pixel(graph) == pytest.approx(half / 4 + quarter / 16)


def test_the_exported_folder_says_how_it_came_about(tmp_path: Path) -> None:
    trainer = tiny.new_trainer()
    tiny.train(trainer, 2, of=2)
    folder = tiny.export(trainer, tmp_path)
    assert {path.name for path in folder.iterdir()} == {"denoiser.onnx", "card.json"}
    card = json.loads((folder / "card.json").read_text())
    assert (card["name"], card["kind"], card["steps"]) == ("tiny", "denoiser", 2)
    assert (card["multiple"], card["reach"]) == (tiny.SHAPE.multiple, tiny.SHAPE.reach)
    assert [row["sigma"] for row in card["held_out"]] == [5, 15, 25, 50, 75]
    assert card["id"] == DenoiserModel(folder).id.hex()
    again = tiny.export(trainer, tmp_path / "again")
    assert json.loads((again / "card.json").read_text()) == card


def test_a_denoiser_is_read_back_for_more_training(tmp_path: Path) -> None:
    trainer = tiny.new_trainer()
    tiny.ruffle(trainer.average)
    net = import_denoiser(tiny.export(trainer, tmp_path))
    assert net.shape == tiny.SHAPE
    for name, value in trainer.average.state_dict().items():
        assert torch.equal(net.state_dict()[name], value.half().float()), name


def test_one_that_another_version_wrote_is_not(tmp_path: Path) -> None:
    folder = tiny.export(tiny.new_trainer(), tmp_path)
    card = json.loads((folder / "card.json").read_text())
    for shape in ({"widths": [8, 12]}, {"wings": 2}, {**card["recipe"]["shape"], "middle": 3}):
        card["recipe"]["shape"] = shape
        (folder / "card.json").write_text(json.dumps(card))
        with pytest.raises(PellucidError, match="can't be trained further"):
            import_denoiser(folder)


def test_settings_of_a_denoiser_are_checked(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(tiny.TOML + "\n[mixture]\nrain = 0.2\n")
    with pytest.raises(
        OptionError, match="unknown key 'rain'; known: camera, clean, clipped, grain"
    ):
        load_recipe(path)
    path.write_text(tiny.TOML)
    recipe = load_recipe(path)
    assert isinstance(recipe, DenoiserRecipe)
    assert recipe.shape == tiny.SHAPE
    with tiny.quick():
        assert DenoiserTrainer(recipe, synthetic_tiles(2), torch.device("cpu")).progress.step == 0


def test_export_takes_the_bias_out(tmp_path: Path) -> None:
    trainer = tiny.new_trainer()
    tiny.ruffle(trainer.average)
    net = trainer.average
    clean = torch.full((1, 3, 96, 96), 0.5)
    noise = 0.1 * torch.randn(clean.shape, generator=torch.Generator().manual_seed(5))
    maps = torch.zeros(1, 2, 96, 96)
    maps[:, 0] = 0.1
    inner = (..., slice(16, -16), slice(16, -16))

    def shift() -> float:
        with torch.no_grad():
            return float((net(clean + noise, maps) - clean - noise)[inner].mean(dim=(2, 3)).norm())

    before = shift()
    centre(net, torch.full((16, 3, 96, 96), 128, dtype=torch.uint8))
    assert shift() < 0.2 * before
    with torch.no_grad():
        kept = net(clean + noise, 0 * maps)
    net.offset.zero_()
    with torch.no_grad():
        assert torch.equal(kept, net(clean + noise, 0 * maps)), "told of nothing, it adds nothing"
