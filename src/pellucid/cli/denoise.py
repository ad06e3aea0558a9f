"""`pellucid denoise`: picture(s) -> clean picture(s)."""

from __future__ import annotations

import os
import time
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import click

import pellucid
from pellucid.cli import _options as options
from pellucid.cli._batch import Part, Report, Work, run_command
from pellucid.cli._jobs import Job, Outputs
from pellucid.cli._options import option
from pellucid.cli.compress import ARRAYS, PICTURES
from pellucid.pixels import WRITERS

WHITE = {"uint8": 255, "uint16": 65535}
SAME_SUFFIX = WRITERS.keys() - {".jpg", ".jpeg"}
OTHER_SUFFIX = ".png"  # for formats that would add noise (JPEG) or can't hold the result (GIF)
GIVEN = ("sigma", "strength", "mask", "guide", "nodata", "model")  # options in JSON
SMALL = 17  # samples a side, from which noise can be measured in a square


def suffix_of(source: Path) -> str:
    """That of what is made of a picture."""
    return source.suffix if source.suffix.lower() in SAME_SUFFIX else OTHER_SUFFIX


OUTPUTS = Outputs(
    suffix_of,
    (*PICTURES, *ARRAYS),
    "its output would replace it; choose another name with -o",
    own=(".pel",),
    mark=".clean",
)


@click.command(short_help="Pictures without their noise.")
@options.sigma_option(
    metavar="auto|N",
    help="Standard deviation of the noise in the file's own unit; auto measures it.",
)
@options.strength_option(metavar="0..1", type=float, help="How much of it to take off.")
@option(
    "--mask",
    "Grey picture of the same size: white full strength, black none.",
    options.FILE,
    "FILE",
)
@option(
    "--guide",
    "Another picture of the same scene, size and place, such as a visible one for infrared.",
    options.FILE,
    "FILE",
)
@option(
    "--nodata",
    "Pixels of this value stay, and no other becomes it, such as 0 in depth maps.",
    float,
    "N",
)
@options.model_option
@options.device_option
@options.page_option
@options.limits_option
@options.batch_options
def denoise(batch: options.Batch, **wanted: Any) -> None:
    """Take noise and JPEG artefacts off pictures: photo.png -> photo.clean.png.

    Grey and RGB of 8 and 16 bits with or without transparency, float32 TIFF, DICOM, Zarr, .npy
    arrays, of any number of channels; type, format and metadata stay. A JPEG becomes a PNG, unless
    OUT says otherwise. Large TIFF, Zarr and .npy of up to 4 channels are never in memory as a
    whole.
    """
    asked = options_of(measure=batch.as_json, **wanted)
    run_command(batch, *work_of(asked, force=batch.force))


def options_of(*, model: str, measure: bool = False, **wanted: Any) -> pellucid.DenoiseOptions:
    """By the options of the command; raises OptionError.

    `measure`: the noise is measured where sigma is given, too.
    """
    if os.path.isfile(model) and Path(model).with_name("card.json").is_file():
        model = str(Path(model).parent)
    measure = measure or wanted["sigma"] == "auto"
    asked = pellucid.DenoiseOptions(model=model, measure=measure, **wanted)
    asked.check_model()  # a wrong name is wrong usage, said once
    return asked


def work_of(asked: pellucid.DenoiseOptions, *, force: bool = False) -> tuple[Outputs, Work]:
    """What is made of what, and how."""
    return OUTPUTS, partial(denoise_one, asked, force)


def denoise_one(asked: pellucid.DenoiseOptions, force: bool, job: Job, part: Part) -> Report:
    """Denoise one file."""
    started = time.perf_counter()
    result = pellucid.denoise_file(
        job.source, job.output, **vars(asked), force=force, progress=part
    )
    return report(asked, result, time.perf_counter() - started)


def report(
    asked: pellucid.DenoiseOptions, result: pellucid.DenoiseResult, seconds: float
) -> Report:
    """What a person and a program should know."""
    height, width, channels = result.shape
    fields = {
        "width": width,
        "height": height,
        "channels": channels,
        "dtype": result.dtype,
        **{name: getattr(asked, name) for name in GIVEN},
        "model_id": result.model_id,
        "engine": result.engine,
        "estimate": None if result.noise is None else asdict(result.noise),
        "not_finite": result.not_finite,
    }
    said = list(result.left_out)  # its remarks come as warnings
    if asked.sigma == "auto" and asked.strength > 0 and result.found_no_noise:
        small = f", and a side below {SMALL} is little to measure it by"
        said.append(
            f"no noise found, so nothing was changed{small if min(height, width) < SMALL else ''}; "
            "if there is some (clipped or constant places can hide it), give its strength with "
            "--sigma"
        )
    return Report(f"{describe(asked, result)}, {seconds:.2f} s", fields, tuple(said))


def describe(asked: pellucid.DenoiseOptions, result: pellucid.DenoiseResult) -> str:
    """The noise in words: how much, of what, and what was taken off."""
    noise, given = (None, " (given)") if asked.sigma != "auto" else (result.noise, "")
    sigma = asked.sigma if noise is None else noise.sigma
    assert isinstance(sigma, float)
    unit = f" of {WHITE[result.dtype]}" if result.dtype in WHITE else ""
    number = f"{sigma:,.0f}" if 100 <= sigma < 1e6 else f"{sigma:.3g}"
    words = [f"noise {number}{unit}{given}"]
    if noise is not None and noise.jpeg_quality is not None:
        words.append(f"JPEG of quality {noise.jpeg_quality}")
    if asked.strength != 1:
        words.append(f"strength {asked.strength:g}")
    return ", ".join(words)
