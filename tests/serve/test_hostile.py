"""Files that want to do harm: an error of the right kind each, and the server goes on."""

from __future__ import annotations

import json
import re
import struct
import sys
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import compress, crc32

import numpy as np
import pytest
import tifffile
from PIL import Image

import dicom_files
import pellucid
from pellucid import errors
from pellucid.serve import ServerLimits
from pellucid.serve.problems import STATUS
from served import running

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
    files = [photo]
    for kind in ("JPEG", "WEBP", "TIFF", "BMP", "GIF", "AVIF"):
        out = BytesIO()
        Image.open(BytesIO(photo)).resize((40, 30)).save(out, kind)
        files.append(out.getvalue())
    fuzz(server, files, ("compress", "denoise"), number)


def claiming_png(side: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    data = chunk(b"IDAT", compress(bytes(1_000_000)))
    return b"\x89PNG\r\n\x1a\n" + head + data + chunk(b"IEND", b"")


def claiming_tiff(side: int) -> bytes:
    out = BytesIO()
    tifffile.imwrite(out, np.zeros((1000, 1000), np.uint8), compression="deflate", metadata=None)
    data = bytearray(out.getvalue())
    with tifffile.TiffFile(BytesIO(out.getvalue())) as file:
        tags = file.pages.first.tags
        for name in ("ImageWidth", "ImageLength"):
            kind = "<I" if tags[name].dtype == 4 else "<H"
            struct.pack_into(kind, data, tags[name].valueoffset, side)
    return bytes(data)


def claiming_bmp(side: int) -> bytes:
    out = BytesIO()
    Image.new("RGB", (8, 8)).save(out, "BMP")
    data = bytearray(out.getvalue())
    struct.pack_into("<ii", data, 18, side, side)
    return bytes(data)


def claiming_npy(_: int) -> bytes:
    out = BytesIO()  # others than the size of the file are refused before
    np.save(out, np.zeros((1001, 1000), np.uint8))
    return out.getvalue()


def most_memory(server: Running) -> int:
    """Bytes that the processes have had at most, each of them; 0 where the system doesn't tell."""
    if sys.platform != "linux":
        return 0
    told = (Path(f"/proc/{pid}/status").read_text("ascii") for pid in server.work.pids)
    return max(int(re.findall(r"VmHWM:\s+(\d+)", one)[0]) * 1024 for one in told)


@pytest.fixture(scope="module")
def unused() -> Iterator[Running]:
    """A server whose process hasn't had other work, which may take memory."""
    with running(ServerLimits(pixels=1_000_000, at_once=1)) as found:
        yield found


@pytest.mark.parametrize("claiming", [claiming_png, claiming_tiff, claiming_bmp, claiming_npy])
def test_sizes_are_claimed_and_not_allocated(
    unused: Running, claiming: Callable[[int], bytes]
) -> None:
    """Files that are sound but for a header that claims far more than the limits allow."""
    for verb in ("compress", "denoise"):
        assert unused.kind(verb, claiming(60_000)) == (413, "LimitError")
    assert most_memory(unused) < 1_000_000_000  # and above 3 times as many are claimed


def test_pickles_are_not_read(server: Running) -> None:
    out = BytesIO()
    np.save(out, np.array([[{"a": 1}]], object), allow_pickle=True)
    assert server.kind("compress", out.getvalue()) == (415, "InputError")


OME = """<?xml version="1.0"?>
<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0">
<Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint8" SizeX="64" SizeY="64" SizeC="2" SizeZ="1"
SizeT="1"><TiffData IFD="0" FirstC="0"><UUID FileName="body">urn:uuid:1</UUID></TiffData>
<TiffData IFD="0" FirstC="1"><UUID FileName="{other}">urn:uuid:2</UUID></TiffData>
</Pixels></Image></OME>"""


def test_references_are_not_followed(server: Running, tmp_path: Path) -> None:
    """An OME-TIFF that takes its second channel from another file gives its own alone."""
    other, out = tmp_path / "other.tif", BytesIO()
    tifffile.imwrite(other, np.full((64, 64), 200, np.uint8))
    own = np.full((64, 64), 7, np.uint8)
    tifffile.imwrite(out, own, description=OME.format(other=other), metadata=None)
    with tifffile.TiffFile(BytesIO(out.getvalue())) as file:
        assert file.is_ome
    answer = server.post("compress", out.getvalue(), lossless=True)
    assert answer.status_code == 200
    assert np.array_equal(pellucid.decompress(answer.content), own)


def test_a_dicom_file_whose_samples_are_elsewhere_is_no_picture(
    server: Running, tmp_path: Path
) -> None:
    other = dicom_files.saved_frames(np.zeros((1, 16, 16), np.uint16), tmp_path / "other.dcm")
    assert server.post("compress", other.read_bytes(), lossless=True).status_code == 200
    dataset = dicom_files.dataset_of(np.zeros((1, 16, 16), np.uint16))
    del dataset.PixelData
    dataset.PixelDataProviderURL = other.as_uri()
    body = dicom_files.saved(dataset, tmp_path / "own.dcm").read_bytes()
    answer = server.post("compress", body, lossless=True)
    assert answer.status_code == 415
    assert "Pixel Data" in answer.text


def test_names_of_files_are_no_pictures(server: Running) -> None:
    """Text formats that name other files, and an archive."""
    for body in (
        b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
        b"#EXTM3U\n/etc/passwd\n",
        b"PK\x03\x04" + bytes(40),
    ):
        assert server.kind("compress", body) == (415, "InputError")
