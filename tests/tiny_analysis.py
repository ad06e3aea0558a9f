"""An analysis that leaves noise out, made in seconds for the codec of `tiny_model`, for tests."""

from __future__ import annotations

import shutil
from pathlib import Path

import torch

from pellucid.nets.denoising_analysis import DenoisingAnalysis
from pellucid.nets.transforms import DepthConvBlock
from pellucid.train.analysis_trainer import AnalysisTrainer
from pellucid.train.degrade import Mixture
from pellucid.train.export_analysis import export_analysis
from pellucid.train.recipe import AnalysisRecipe
from tiny_model import quick, synthetic_tiles

MIXTURE = Mixture(clean=0.1)
__all__ = ["install", "new_trainer", "quick", "ruffle", "train"]


def new_trainer(codec: Path, objective: str = "rate") -> AnalysisTrainer:
    """At step 0, for the codec in a folder."""
    recipe = AnalysisRecipe(
        name="tiny",
        codec=str(codec),
        cleaning=2,
        objective=objective,
        mixture=MIXTURE,
        patch=64,
        batch=4,
        last_patch=128,
        ema=0.9,
    )
    with quick():
        return AnalysisTrainer(recipe, synthetic_tiles(6), torch.device("cpu"))


def train(trainer: AnalysisTrainer, steps: int, *, of: int) -> None:
    """Take `steps` steps of a run of `of`."""
    with quick():
        for _ in range(steps):
            trainer.step(trainer.progress.step / of)


@torch.no_grad()
def ruffle(net: DenoisingAnalysis) -> None:
    """Random weights for the layers that training starts as nothing."""
    generator = torch.Generator().manual_seed(7)
    for module in net.clean.modules():
        if isinstance(module, DepthConvBlock):
            for layer in (module.leave, module.narrow):
                draws = torch.randn(layer.weight.shape, generator=generator)
                layer.weight.add_(0.1 * draws)


def install(trainer: AnalysisTrainer, folder: Path) -> Path:
    """A copy of the codec's folder with the analysis in it, in `folder`."""
    made = folder / "tiny"
    shutil.copytree(trainer.folder, made, dirs_exist_ok=True)
    with quick():
        place = export_analysis(
            trainer, synthetic_tiles(2, seed=100), folder / "made", lambda _: None
        )
    shutil.copy(place / "denoising_analysis.onnx", made)
    return made
