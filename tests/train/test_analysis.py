"""The analysis that leaves noise out: its start, its training, its file; and a codec read back."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", exc_type=ImportError)
pytest.importorskip("onnx", exc_type=ImportError)

import tiny_analysis  # noqa: E402 - needs torch
from pellucid.codec.geometry import to_blocks  # noqa: E402
from pellucid.errors import OptionError, PellucidError  # noqa: E402
from pellucid.nets.denoising_analysis import DenoisingAnalysis  # noqa: E402
from pellucid.runtime import CodecModel  # noqa: E402
from pellucid.runtime.store import PACKAGED  # noqa: E402
from pellucid.train.analysis_trainer import AnalysisTrainer  # noqa: E402
from pellucid.train.checkpoint import read_state  # noqa: E402
from pellucid.train.import_codec import import_codec  # noqa: E402
from pellucid.train.networks import integer_layers  # noqa: E402
from pellucid.train.recipe import AnalysisRecipe, load_recipe  # noqa: E402
from shipped import CODECS  # noqa: E402
from tiny_model import synthetic_picture, synthetic_tiles  # noqa: E402

RECIPES = Path(__file__).resolve().parents[2] / "recipes"
QUALITY = 60


@pytest.fixture(scope="module")
def trainer(tiny_folder: Path) -> AnalysisTrainer:
    """At step 0."""
    return tiny_analysis.new_trainer(tiny_folder)


def inputs(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """A picture (1, 3, 128, 128) in 0-1, blocks of it, and their noise level maps."""
    picture = synthetic_picture(seed, 128, 128)
    levels = torch.rand(1, 2, 16, 16, generator=torch.Generator().manual_seed(seed)) * 0.2
    return torch.from_numpy(picture).permute(2, 0, 1)[None] / 255, to_blocks(picture), levels


@pytest.mark.parametrize("name", CODECS)
def test_a_shipped_codec_comes_back_with_the_same_integers(name: str) -> None:
    codec, recipe = import_codec(PACKAGED / name)
    assert recipe.name == name
    stored = np.load(PACKAGED / name / "entropy.npz")
    for layer, found in integer_layers(codec).items():
        for part, array in vars(found).items():
            np.testing.assert_array_equal(array, stored[f"{layer}.{part}"], f"{layer}.{part}")


@pytest.mark.parametrize("name", CODECS)
def test_its_transforms_compute_what_the_files_do(name: str) -> None:
    codec, _ = import_codec(PACKAGED / name)
    model = CodecModel(PACKAGED / name, threads=1)
    x, blocks, _ = inputs()
    quality = torch.tensor([float(QUALITY)])
    with torch.no_grad():
        y = codec.encode(x, quality)
        z = codec.hyper_analysis(y)
        decoded = 255 * codec.decode(y, quality)
    scale, gain = (model.vector(part, QUALITY) for part in ("analysis_scale", "gain"))
    (found,) = model.analysis(blocks=blocks, scale=scale)
    np.testing.assert_allclose(y.numpy(), found * gain, rtol=1e-3, atol=2e-3)
    np.testing.assert_allclose(z.numpy(), model.hyper_analysis(y=y.numpy())[0], atol=2e-3)
    scaled = y.numpy() * model.vector("inverse_gain", QUALITY)
    (samples,) = model.synthesis(
        "samples", y=scaled, scale=model.vector("synthesis_scale", QUALITY)
    )
    unshuffled = torch.nn.functional.pixel_unshuffle(decoded, 8).numpy()
    np.testing.assert_allclose(unshuffled, samples, atol=0.02)


def test_what_is_no_codec_is_refused(tmp_path: Path) -> None:
    shutil.copytree(PACKAGED / "m", tmp_path / "m")
    shutil.copy(PACKAGED / "m/analysis.onnx", tmp_path / "m/synthesis.onnx")
    with pytest.raises(PellucidError, match="can't be trained with"):
        import_codec(tmp_path / "m")


def test_it_starts_as_the_plain_analysis(trainer: AnalysisTrainer) -> None:
    x, _, _ = inputs()
    scale = torch.exp2(trainer.codec.log_analysis_scale(torch.tensor([60.0])))
    with torch.no_grad():
        plain = trainer.codec.analysis(x, scale)
        found = trainer.net(x, scale, torch.zeros(1, 2, 128, 128))
    torch.testing.assert_close(found, plain)


@pytest.mark.parametrize("objective", ["latents", "rate"])
def test_it_learns_and_the_codec_stays(tiny_folder: Path, objective: str) -> None:
    """From steps on the same batches, which it must get better at."""
    trainer = tiny_analysis.new_trainer(tiny_folder, objective=objective)
    before = {name: value.clone() for name, value in trainer.codec.state_dict().items()}

    def loss() -> float:
        with tiny_analysis.quick(), torch.random.fork_rng(), torch.no_grad():
            torch.manual_seed(0)
            generators = [g.manual_seed(5) for g in trainer.generators]
            assert generators
            return sum(float(trainer.loss(0.0)[0]) for _ in range(4))

    first = loss()
    tiny_analysis.train(trainer, 30, of=60)
    assert loss() < first
    for name, value in trainer.codec.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_the_file_computes_what_the_net_does(trainer: AnalysisTrainer, tmp_path: Path) -> None:
    tiny_analysis.ruffle(trainer.average)
    model = CodecModel(tiny_analysis.install(trainer, tmp_path), threads=1)
    assert model.can_denoise
    assert model.denoising_halo == 2, "four blocks reach half a latent each"
    x, blocks, levels = inputs()
    maps = levels.repeat_interleave(8, dim=2).repeat_interleave(8, dim=3)
    scale = model.vector("analysis_scale", QUALITY)
    with torch.no_grad():
        wanted = trainer.average(x, torch.from_numpy(scale), maps).numpy()
    told = 255 * levels.numpy()
    (found,) = model.denoising_analysis(blocks=blocks, scale=scale, maps=told)
    np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=2e-3)


def test_one_of_another_codec_is_refused(trainer: AnalysisTrainer, tmp_path: Path) -> None:
    made = tiny_analysis.install(trainer, tmp_path)
    shutil.copytree(PACKAGED / "m", tmp_path / "m")
    shutil.copy(made / "denoising_analysis.onnx", tmp_path / "m")
    with pytest.raises(PellucidError, match="is of another codec than the folder's"):
        _ = CodecModel(tmp_path / "m").denoising_analysis


def test_a_run_goes_on_from_its_checkpoint(trainer: AnalysisTrainer, tiny_folder: Path) -> None:
    again = tiny_analysis.new_trainer(tiny_folder)
    again.restore(trainer.state(), Path("x"))
    assert isinstance(again.average, DenoisingAnalysis)
    for name, value in trainer.average.state_dict().items():
        assert torch.equal(again.average.state_dict()[name], value)


@pytest.mark.parametrize(
    "path", sorted(RECIPES.glob("analysis-*.toml")), ids=lambda path: path.stem
)
def test_recipes_load_and_their_checkpoints_fit(path: Path) -> None:
    recipe = load_recipe(path)
    assert isinstance(recipe, AnalysisRecipe)
    assert path.stem == f"analysis-{recipe.name}"
    start = RECIPES.parent / "checkpoints" / f"{path.stem}.pt"
    fresh = AnalysisTrainer(recipe, synthetic_tiles(1), torch.device("cpu"))
    fresh.start_from(read_state(start, torch.device("cpu")), start)
    assert fresh.progress.earlier > 0


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"objective": "psnr"}, "objective is 'psnr'; it must be one of latents, rate"),
        ({"cleaning": -1}, "cleaning is -1"),
        ({"patch": 96}, "patch is 96"),
    ],
)
def test_recipes_are_checked(given: dict[str, object], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        replace(AnalysisRecipe(name="x"), **given)
