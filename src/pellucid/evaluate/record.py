"""One row a picture, codec and setting: what every number in a report is made from.

Kept as TSV. An empty cell is a metric that wasn't asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

from pellucid.evaluate.tsv import Table


@dataclass(frozen=True, slots=True)
class Result:
    """One picture coded once.

    `bpp` is 8 * bytes / (width * height), from the whole file. `psnr` is RGB, in dB. `encode_s`
    and `decode_s` are wall seconds: of a single run in a sweep (`repeats` 1, don't quote them), the
    median of `repeats` runs in a speed table. `threads` is what was asked for; `versions` names
    the libraries, or pellucid and its model. `butteraugli` came later than the committed rows.
    """

    codec: str
    setting: float
    image: str
    width: int
    height: int
    bytes: int
    bpp: float
    psnr: float
    ms_ssim: float | None
    ssimulacra2: float | None
    encode_s: float
    decode_s: float
    threads: int
    repeats: int
    versions: str
    butteraugli: float | None = None

    @property
    def megapixels(self) -> float:
        """Size of the picture in millions of pixels."""
        return self.width * self.height / 1e6


@dataclass(frozen=True, slots=True)
class Timing(Result):
    """A row of the speed table: medians, and how far they may be off.

    `..._low` and `..._high` are the quartiles of the `repeats` runs, in seconds. `encode_mb` and
    `decode_mb` are the peak of resident memory, in millions of bytes, of a fresh process that does
    only that, Python and libraries included. None where it wasn't measured.
    """

    encode_low: float | None = None
    encode_high: float | None = None
    decode_low: float | None = None
    decode_high: float | None = None
    encode_mb: float | None = None
    decode_mb: float | None = None


_TABLE = Table(Result)
_TIMINGS = Table(Timing)
HEADER = _TABLE.header
append_results = _TABLE.append
write_results = _TABLE.write
read_results = _TABLE.read
write_timings = _TIMINGS.write
read_timings = _TIMINGS.read
