"""The README's two small tables, one for compression and one for denoising.

All other tables are in the docs; these have the rows that a newcomer asks for.
"""

from __future__ import annotations

from pathlib import Path

from pellucid.evaluate import store
from pellucid.evaluate.denoising import sections as denoising
from pellucid.evaluate.peers import LABELS
from pellucid.evaluate.report import NO_VALUE, bd_cell, rate_cell, scope_of, table
from pellucid.evaluate.summary import codecs_in, compare, speeds

OWN = "pellucid-m"
PEERS = ("jpeg420", "webp", "avif", "jxl")
METRICS = ("psnr", "ssimulacra2")
DENOISERS = ("noisy", OWN, "pellucid-s", "ffdnet", "bm3d", "opencv_nlm")


def compression_overview(results: Path) -> str:
    """Bytes of pellucid m against a few codecs at equal quality, and the speed of each.

    Raises:
        InputError: no rows in `results`, or a file that can't be read.
        MissingExtraError: the package `bjontegaard` isn't installed.
    """
    sweep, timed = store.load_sweep(results), store.load_speed(results)
    found = speeds(timed)
    body = []
    for name in (n for n in (OWN, *PEERS) if n in codecs_in(sweep)):
        rates = (
            ["", ""] if name == OWN else [bd_cell(compare(sweep, name, OWN, m)) for m in METRICS]
        )
        one = found.get(name)
        rates += [NO_VALUE] * 2 if one is None else map(rate_cell, (one.encode_mps, one.decode_mps))
        body.append([LABELS[name], *rates])
    header = [
        "codec",
        "bytes of pellucid m at equal PSNR",
        "at equal SSIMULACRA2",
        "compress (MP/s)",
        "decompress (MP/s)",
    ]
    note = (
        f"{scope_of(sweep)} of Kodak, whole files; \u2212 means that pellucid m's are smaller "
        "(mean BD-rate). AVIF and JPEG XL are tuned for the eye, not for PSNR."
    )
    if timed:
        note += f" Megapixels a second on {timed[0].threads} threads."
    return f"{table(header, body)}\n\n{note}"


def denoising_overview(results: Path) -> str:
    """PSNR on white noise of known strength, and what it costs, beside a few denoisers."""
    return "\n\n".join(denoising.told_part(results, DENOISERS)) or denoising.NOT_YET
