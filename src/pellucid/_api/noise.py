"""The noise model of a file: what compression says of the noise it took off, and the grain that is
made of it.
"""

from __future__ import annotations

from contextlib import suppress

from pellucid._api.results import NoiseInfo
from pellucid.bitstream import NoiseModel, PelFile
from pellucid.codec.edges import inside_of
from pellucid.codec.grain import Grained
from pellucid.errors import FormatError, OptionError
from pellucid.pixels import Box
from pellucid.pixels.lazy import Sink


def noise_of_file(file: PelFile) -> NoiseModel:
    """What grain is made of; OptionError if the file describes no noise."""
    model = file.noise
    if model is None:
        raise OptionError(
            "the file describes no noise that grain could be made of: it was compressed without "
            "denoise (--denoise auto), there was no noise, or its chunk nois is lost; leave grain "
            "out"
        )
    return model


def about_noise(file: PelFile) -> NoiseInfo | None:
    """What a file says of it; None where it says nothing, or what can't be used."""
    with suppress(FormatError):
        if (model := file.noise) is not None:
            return NoiseInfo(model.levels, model.sigma, model.correlation, model.shared / 256)
    return None


def grained_sink(sink: Sink, file: PelFile, model: NoiseModel, strength: float, box: Box) -> Sink:
    """A sink for the samples of a file's picture at `box` that hands them on with grain.

    Lines of one colour along the edges get none.
    """
    inside = file.header.box
    if file.edges is not None:
        rows, columns = inside_of(file.edges, (inside.height, inside.width))
        inside = Box(
            rows.start, columns.start, rows.stop - rows.start, columns.stop - columns.start
        )
    return Grained(sink, model, file.header.dtype, strength, box=box, inside=inside)
