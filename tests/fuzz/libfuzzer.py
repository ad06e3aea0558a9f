"""Starts libFuzzer, through atheris, on `fuzz_reader.one_input`; from the root of the repository:

    python -m tests.fuzz.libfuzzer -max_total_time=60 [CORPUS_FOLDER]

The options are libFuzzer's. Half of the mutations are those of `mutate.py`, which mend checksums.
"""

from __future__ import annotations

import sys

import atheris

from .mutate import mutate

with atheris.instrument_imports(include=["pellucid"]):
    from .fuzz_reader import one_input


def mutator(data: bytes, max_size: int, seed: int) -> bytes:
    """A mutation of `data` for libFuzzer."""
    out = mutate(data, seed) if seed % 2 else atheris.Mutate(data, len(data))
    return bytes(out[:max_size])


def target(data: bytes) -> None:
    """What libFuzzer calls; it wants nothing back."""
    one_input(data)


if __name__ == "__main__":
    atheris.Setup(sys.argv, target, custom_mutator=mutator)
    atheris.Fuzz()
