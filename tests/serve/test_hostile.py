"""Files that want to do harm: an error of the right kind each, and the server goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from pellucid import errors
from pellucid.serve.problems import STATUS

if TYPE_CHECKING:
    from served import Running

CONFORMANCE = Path(__file__).parents[2] / "conformance" / "v1"
BAD: dict[str, dict[str, str]] = json.loads((CONFORMANCE / "bad" / "cases.json").read_text("utf-8"))
GOOD = sorted(CONFORMANCE.glob("good/*/file.pel"))
VERBS = ("decompress", "decompress", "info", "verify", "explain")
OF_NO_MODEL = {"crc_tile", "crc_tile_number"}  # damaged, and made by a model that never was
REFUSED = {400, 413, 415, 422}


def status_of(kind: str) -> int:
    """The status that errors of a class get, by the nearest class that has one."""
    return next(STATUS[one] for one in getattr(errors, kind).__mro__ if one in STATUS)


def test_bad_files(server: Running) -> None:
    wrong = []
    for name, case in BAD.items():
        body = (CONFORMANCE / "bad" / f"{name}.pel").read_bytes()
        found = server.kind("decompress", body, format="npy")
        kinds = {case["error"]} | ({"UnknownModelError"} if name in OF_NO_MODEL else set())
        wanted = {(status_of(kind), kind) for kind in kinds}
        wrong += [] if found in wanted else [(name, found, wanted)]
        for verb in ("info", "verify", "explain", "compress"):
            status = server.post(verb, body).status_code
            wrong += [(name, verb, status)] if status not in {200, *REFUSED} else []
    assert not wrong
    assert len(BAD) > 150


def mutated(rng: np.random.Generator, data: bytes) -> bytes:
    """A file with bytes changed, cut, doubled or put elsewhere."""
    out = bytearray(data)
    for _ in range(rng.integers(1, 5)):
        if not out:
            break
        start, size = int(rng.integers(len(out))), int(rng.integers(1, 40))
        match rng.integers(4):
            case 0:
                out[start] ^= int(rng.integers(1, 256))
            case 1:
                del out[start : start + size]
            case 2:
                out[start:start] = out[start : start + size]
            case 3:
                out[start : start + size] = rng.bytes(size)
    return bytes(out)


def fuzz(server: Running, files: list[bytes], verbs: tuple[str, ...], number: int) -> None:
    """Send mutated files; each is answered or refused, and the processes are those they were."""
    rng, pids = np.random.default_rng(17), server.work.pids
    for at in range(number):
        body = mutated(rng, files[at % len(files)])
        answer = server.post(verbs[at % len(verbs)], body)
        assert answer.status_code in {200, *REFUSED}, (at, answer.text)
        if answer.status_code != 200:
            assert "pellucid-" not in answer.text  # no folder of the server is named
    assert server.work.pids == pids


@pytest.mark.parametrize("number", [300, pytest.param(10_000, marks=pytest.mark.slow)])
def test_mutated_files(server: Running, number: int) -> None:
    fuzz(server, [path.read_bytes() for path in GOOD], VERBS, number)


@pytest.mark.parametrize("number", [100, pytest.param(3_000, marks=pytest.mark.slow)])
def test_mutated_pictures(server: Running, photo: bytes, number: int) -> None:
    from io import BytesIO

    from PIL import Image

    files = [photo]
    for kind in ("JPEG", "WEBP", "TIFF", "BMP", "GIF", "AVIF"):
        out = BytesIO()
        Image.open(BytesIO(photo)).resize((40, 30)).save(out, kind)
        files.append(out.getvalue())
    fuzz(server, files, ("compress", "denoise"), number)


def test_sizes_are_claimed_and_not_allocated(server: Running) -> None:
    """A PNG, a .npy and a .pel whose headers claim far more than the limits allow."""
    claims = (
        b"\x93NUMPY\x01\x00v\x00{'descr': '|u1', 'fortran_order': False, 'shape': (60000, 60000)}"
    )
    png = bytes.fromhex("89504e470d0a1a0a0000000d49484452") + b"\x00\x01\x00\x00" * 2
    png += b"\x08\x02\x00\x00\x00"
    for body in (claims.ljust(128) + bytes(1000), png + b"\x00" * 500):
        status, _ = server.kind("compress", body)
        assert status in {413, 415}


def test_pickles_are_not_read(server: Running) -> None:
    from io import BytesIO

    out = BytesIO()
    np.save(out, np.array([[{"a": 1}]], object), allow_pickle=True)
    assert server.kind("compress", out.getvalue()) == (415, "InputError")


def test_references_are_not_followed(server: Running) -> None:
    """Text formats that name other files, and an archive, aren't read as pictures."""
    for body in (
        b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
        b"#EXTM3U\n/etc/passwd\n",
        b"PK\x03\x04" + bytes(40),
    ):
        assert server.kind("compress", body) == (415, "InputError")
