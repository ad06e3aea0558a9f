"""Which models a verb uses: name -> id, as found in the process that asks.

The client asks once, and so does each worker: where the ids differ, outputs would, too. Models are
looked for when that is asked, so that naming a verb loads no networks.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pellucid import CompressOptions

EXACT = "exact"  # the tables that lossless and error-bounded files are coded with

Prints = dict[str, str]


def prints_to_compress(options: CompressOptions) -> Prints:
    """Of the codec, of the exact layer, which may replace it, and of the denoiser.

    Raises:
        OptionError: there is no such model.
    """
    from pellucid.denoising.options import DEFAULT_DENOISER

    found = {} if options.bound is not None else print_of(options.model_folder)
    if options.denoising:
        found |= prints_to_denoise(DEFAULT_DENOISER)
    return found | print_of_exact()


def prints_to_denoise(model: str) -> Prints:
    """Of a denoiser; OptionError if there is no such."""
    from pellucid.runtime import DENOISER, locate

    return {f"{DENOISER} {name}": one for name, one in print_of(locate(model, DENOISER)).items()}


def prints_to_decode() -> Prints:
    """Of all that a .pel file may need: any codec that is installed, and the exact layer."""
    from pellucid.runtime import installed_models

    return installed_models() | print_of_exact()


def print_of(folder: Path) -> Prints:
    """Of the model in a folder."""
    from pellucid.runtime import read_card

    card = read_card(folder)
    return {card["name"]: card["id"]}


def print_of_exact() -> Prints:
    """Of the exact layer."""
    from pellucid.exact import exact_model

    return {EXACT: exact_model()[1].hex()}
