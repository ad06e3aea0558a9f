"""From a trained denoising analysis to the file that goes into its codec's folder.

    denoising_analysis.onnx   samples, scale and maps -> y; which codec it is of, and its reach
    card.json                 id, data, steps, minutes, machine, seed, scores

`python -m tools.ship_models` puts both into the codec's folder, where nothing else changes, and so
neither does its id.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from torch import Tensor

from pellucid.runtime import network_id
from pellucid.runtime.model import DENOISING, read_card
from pellucid.runtime.store import ANALYSIS
from pellucid.train.analysis_trainer import AnalysisTrainer, scores
from pellucid.train.folder import write_model
from pellucid.train.networks import denoising_analysis


def export_analysis(
    trainer: AnalysisTrainer, held_out: Tensor, folder: Path, report: Callable[[str], None]
) -> Path:
    """Write the averaged weights of `trainer`; replaces `folder` only when done."""
    net = trainer.average.cpu().eval()
    codec, blocks = trainer.codec.cpu(), len(net.clean) + 1 + len(net.rest)
    facts = {
        "codec": read_card(trainer.folder)["id"],
        "halo": str((blocks + 1) // 2),  # latents; a block reaches half of one
    }
    data = denoising_analysis(net, facts)
    rows = list(scores(codec, net, held_out, trainer.codec_recipe))
    files = {DENOISING: data}
    identity = write_model(
        trainer, folder, ANALYSIS, network_id(data), files, held_out=rows, **facts
    )
    report(f"{DENOISING} {identity} in {folder}")
    return folder
