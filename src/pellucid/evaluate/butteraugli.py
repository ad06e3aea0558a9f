"""Butteraugli (Alakuijala et al., Google 2016): how visible the worst place of a picture is.

A distance: 0 for pictures alike, about 1 where a difference begins to be seen. It is measured by a
published program, the first of these that is on PATH:

    butteraugli       Google's first one; packaged by Debian and Ubuntu
    butteraugli_main  libjxl's, a later model of the eye; the largest distance is taken, its first
                      line, not the norm of its second

Their numbers differ, so results say which it was (`program`) and must not mix them.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pellucid.errors import InputError, MissingExtraError, OptionError, PellucidError

PROGRAMS = ("butteraugli", "butteraugli_main")
INSTALL = "apt-get install butteraugli"
MIN_SIDE = 16  # smaller ones may end the first program, or be all alike to it


def program() -> Path:
    """The program that measures; its `stem` is one of `PROGRAMS`.

    Raises:
        MissingExtraError: none is on PATH.
    """
    for name in PROGRAMS:
        if found := shutil.which(name):
            return Path(found)
    raise MissingExtraError(f"the program {PROGRAMS[0]}", "bench", command=INSTALL)


def butteraugli(reference: NDArray[np.uint8], decoded: NDArray[np.uint8]) -> float:
    """Distance of two HxWx3 uint8 sRGB pictures; lower is better, 0 is identical.

    Raises:
        OptionError: the shapes differ.
        InputError: a side is shorter than 16 samples.
        MissingExtraError: there is no program.
        PellucidError: the program failed; says what it said.
    """
    if reference.shape != decoded.shape:
        raise OptionError(f"Butteraugli needs one shape, got {reference.shape}, {decoded.shape}")
    if min(reference.shape[:2]) < MIN_SIDE:
        raise InputError(f"Butteraugli needs at least {MIN_SIDE} samples a side")
    tool = program()
    with TemporaryDirectory() as folder:
        paths = [str(Path(folder) / name) for name in ("reference.png", "decoded.png")]
        for path, picture in zip(paths, (reference, decoded), strict=True):
            Image.fromarray(picture).save(path, compress_level=1)
        done = subprocess.run([tool, *paths], capture_output=True, text=True, check=False)
    try:
        done.check_returncode()
        return float(done.stdout.splitlines()[0])
    except (subprocess.CalledProcessError, IndexError, ValueError) as error:
        said = (done.stderr or done.stdout).strip() or f"it ended with {done.returncode}"
        raise PellucidError(f"{tool} gave no distance: {said}") from error
