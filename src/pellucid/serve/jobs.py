"""What the processes do for the endpoints: one function a verb, from file to file.

`body` is the file that a request brought, `answer` the one to be written, both in a folder of the
request's own. Options that name something on this machine are none of theirs: a model is the name
of an installed one, and there are no guides, masks or folders.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pellucid
from pellucid import DecompressOptions, FileInfo, Limits, Verification
from pellucid.errors import OptionError, PellucidError, PellucidWarning
from pellucid.serve.explained import write_explanation

ELSEWHERE = (  # what messages say, and what over HTTP it is instead
    (r"--[a-z]+(?: N)? \(([a-z]+)=(N?)\)", r"\1=\2"),  # --page N (page=N)
    (r" \(--[a-z-]+(?: [a-z]+)?\)", ""),  # tune (--tune)
    (r", --[a-z-]+(?=\))|(?<=\()--[a-z-]+, ", ""),  # (metadata=False, --no-metadata)
    (r"if you trust (it|the file), raise max_[a-z]+", "the server takes none that is larger"),
    (r" or raise max_[a-z]+", ""),
)


def warm() -> None:
    """Load what most requests need, before the first of them."""
    import numpy as np

    picture = np.zeros((64, 64, 3), np.uint8)
    pellucid.decompress(pellucid.compress(picture, quality=60))
    pellucid.denoise(picture, sigma=9.0)


@contextmanager
def remarked(folder: Path) -> Iterator[list[str]]:
    """A list that gets, at the end of the block, what the library remarks in it, `over_http`."""
    said = list[str]()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", PellucidWarning)
        try:
            yield said
        except PellucidError as error:
            error.args = tuple(over_http(str(arg), folder) for arg in error.args)
            raise
    said[:] = [over_http(one, folder) for one in (*said, *(str(one.message) for one in caught))]


def over_http(text: str, folder: Path) -> str:
    """A message for who knows neither the command's options nor the folder of the files."""
    text = text.replace(f"{folder}{os.sep}", "")
    for pattern, other in ELSEWHERE:
        text = re.sub(pattern, other, text)
    return text


def check_installed(model: str | None, known: dict[str, str]) -> None:
    """Raise OptionError unless it is the name of an installed model: the library takes folders."""
    if model is not None and model not in known:
        raise OptionError(f"there is no model {model!r}; installed: {', '.join(sorted(known))}")


def compress(body: Path, answer: Path, limits: Limits, asked: dict[str, Any]) -> list[str]:
    """A picture -> a .pel file; remarks."""
    with remarked(body.parent) as said:
        check_installed(asked["model"], pellucid.models())
        made = pellucid.compress_file(body, answer, limits=limits, **asked)
        said += made.remarks
    return said


def decompress(
    body: Path, answer: Path, limits: Limits, asked: dict[str, Any], writing: dict[str, Any]
) -> list[str]:
    """A .pel file -> a picture of the format of the answer's suffix; remarks."""
    with remarked(body.parent) as said:
        options = DecompressOptions(limits=limits, **asked)
        made = pellucid.decompress_to(body, answer, options, **writing)
        said += (*made.damage, *made.remarks)
    return said


def denoise(body: Path, answer: Path, limits: Limits, asked: dict[str, Any]) -> list[str]:
    """A picture -> a clean one, in the format of the answer's suffix; remarks."""
    with remarked(body.parent) as said:
        check_installed(asked["model"], pellucid.denoisers())
        made = pellucid.denoise_file(body, answer, limits=limits, **asked)
        said += made.left_out
    return said


def explain(body: Path, answer: Path, limits: Limits, asked: dict[str, Any]) -> list[str]:
    """A .pel file, or a picture and a task -> .html, .json or .npz by the suffix; remarks."""
    with remarked(body.parent) as said:
        known = pellucid.denoisers() if asked["task"] == "denoise" else pellucid.models()
        check_installed(asked["model"], known)
        write_explanation(pellucid.explain(body, limits=limits, **asked), answer)
    return said


def info(body: Path, limits: Limits, latents: bool) -> FileInfo:
    """What is in a .pel file."""
    with remarked(body.parent):
        return pellucid.info(body, latents=latents, limits=limits)


def verify(body: Path, limits: Limits) -> Verification:
    """What is wrong with a .pel file."""
    with remarked(body.parent):
        return pellucid.verify(body, limits=limits)


def models() -> dict[str, dict[str, str]]:
    """What is installed: name -> id."""
    return {"codecs": pellucid.models(), "denoisers": pellucid.denoisers()}
