"""Each verb over HTTP gives what its Python function gives."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

import pellucid
from pellucid.serve.jobs import over_http
from served import until

if TYPE_CHECKING:
    from served import Running


def test_compress_gives_the_bytes_of_the_function(server: Running, photo: bytes) -> None:
    answer = server.post("compress", photo, quality=50, model="s")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/x-pellucid"
    assert answer.content == pellucid.compress(photo, quality=50, model="s")


@pytest.mark.parametrize(
    "query",
    [
        {"bpp": 1.5, "model": "s", "tune": "psnr"},
        {"size": 3000, "metadata": False},
        {"psnr": 30, "model": "s"},
        {"max_error": 2, "tile": 64},
        {"denoise": "auto"},
        {"denoise": 0.5, "keep_noise": True},
    ],
)
def test_options_reach_the_function(
    server: Running, photo: bytes, query: dict[str, object]
) -> None:
    made = server.post("compress", photo, **query).content
    assert made == pellucid.compress(photo, **query)  # type: ignore[arg-type]


def test_lossless_and_back(server: Running, photo: bytes) -> None:
    made = server.post("compress", photo, lossless=True).content
    back = server.post("decompress", made)
    assert back.headers["content-type"] == "image/png"
    before, after = (np.asarray(Image.open(BytesIO(one))) for one in (photo, back.content))
    assert np.array_equal(before, after)


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "tiff"])
def test_formats(server: Running, pel: bytes, kind: str) -> None:
    answer = server.post("decompress", pel, format=kind)
    picture = Image.open(BytesIO(answer.content))
    assert (picture.format, picture.size) == (kind.upper(), (160, 120))
    assert answer.headers["content-type"] == f"image/{kind}"


def test_region_scale_and_array(server: Running, pel: bytes) -> None:
    answer = server.post("decompress", pel, format="npy", region="16,8,64,32", scale=2)
    wanted = pellucid.decompress(pel, region=(16, 8, 64, 32), scale=2)
    assert np.array_equal(np.load(BytesIO(answer.content)), wanted)


def test_which_and_grain(server: Running, photo: bytes) -> None:
    noisy = np.asarray(Image.open(BytesIO(photo))) + np.random.default_rng(0).normal(
        0, 12, (120, 160, 3)
    )
    clipped = np.clip(noisy, 0, 255).astype(np.uint8)
    kept = pellucid.compress(clipped, keep_noise=True, denoise=1.0, model="s")
    source = server.post("decompress", kept, which="source", format="npy").content
    assert np.array_equal(np.load(BytesIO(source)), clipped)
    grained = server.post("decompress", kept, grain=1, format="npy").content
    assert np.array_equal(np.load(BytesIO(grained)), pellucid.decompress(kept, grain=1.0))


def test_denoise(server: Running, photo: bytes) -> None:
    answer = server.post("denoise", photo, strength=0.7, sigma=10, model="s", format="npy")
    wanted = pellucid.denoise(photo, strength=0.7, sigma=10.0, model="s")
    assert np.array_equal(np.load(BytesIO(answer.content)), wanted)


def test_info_and_verify(server: Running, pel: bytes) -> None:
    about = server.post("info", pel, latents=True).json()
    wanted = pellucid.info(pel, latents=True)
    assert about["latents_sha256"] == wanted.latents_sha256
    assert (about["width"], about["height"], about["tile_size"]) == (160, 120, wanted.tile_size)
    assert server.post("verify", pel).json() == {
        "sound": True, "total": 1, "salvageable": 1, "tiles": {}, "messages": []
    }  # fmt: skip
    damaged = bytearray(pel)
    damaged[-40] ^= 1
    found = server.post("verify", bytes(damaged)).json()
    assert not found["sound"]
    assert list(found["tiles"]) == ["0"]


def test_damage_is_remarked_if_asked_to_go_on(server: Running, pel: bytes) -> None:
    damaged = bytearray(pel)
    damaged[-40] ^= 1
    assert server.kind("decompress", bytes(damaged)) == (422, "DamagedFileError")
    saved = server.post("decompress", bytes(damaged), keep_going=True)
    assert saved.status_code == 200
    assert "grey" in json.loads(saved.headers["pellucid-remarks"])[0]


def test_explain(server: Running, pel: bytes, photo: bytes) -> None:
    page = server.post("explain", pel)
    assert page.text.startswith("<!doctype html>")
    assert "sandbox" in page.headers["content-security-policy"]
    figures = server.post("explain", pel, format="json").json()
    assert figures["bits"]["file_bytes"] == len(pel)
    arrays = np.load(BytesIO(server.post("explain", pel, format="npz").content))
    assert arrays["after"].shape == (120, 160, 3)
    assert server.kind("explain", photo) == (400, "OptionError")
    denoised = server.post("explain", photo, task="denoise", sigma=10, format="json")
    assert denoised.json()["task"] == "denoise"


def test_models(server: Running) -> None:
    assert server.client.get("/v1/models").json() == {
        "codecs": pellucid.models(),
        "denoisers": pellucid.denoisers(),
    }


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"quality": 101}, "quality"),
        ({"quality": "NaN"}, "quality"),
        ({"psnr": "inf"}, "psnr"),
        ({"unknown": 1}, "unknown"),
        ({"guide": "/etc/passwd"}, "guide"),
        ({"quality": 50, "lossless": True}, "quality, lossless"),
        ({"tile": 65}, "tile"),
        ({"model": "/etc"}, "model"),
        ({"model": "checkpoints"}, "installed: "),
        ({"model": ".."}, "model"),
    ],
)
def test_wrong_options(server: Running, photo: bytes, query: dict[str, object], said: str) -> None:
    answer = server.post("compress", photo, **query)
    assert (answer.status_code, answer.json()["kind"]) == (400, "OptionError")
    assert said in answer.json()["message"]


def test_a_model_is_no_folder(server: Running, photo: bytes, tmp_path: object) -> None:
    for verb, query in (("denoise", {}), ("explain", {"task": "denoise"})):
        found = server.kind(verb, photo, model="src", **query)
        assert found == (400, "OptionError")


def test_formats_that_cannot_hold_the_picture(server: Running) -> None:
    floats = BytesIO()
    np.save(floats, np.random.default_rng(1).random((32, 32), np.float32))
    status, kind = server.kind("denoise", floats.getvalue(), format="png")
    assert (status, kind) == (422, "OutputError")
    message = server.post("denoise", floats.getvalue()).json()["message"]
    assert "/" not in message.replace("of 0/1", "")
    fine = server.post("denoise", floats.getvalue(), format="tiff")
    assert fine.status_code == 200


def test_sides_that_a_format_cannot_hold(server: Running) -> None:
    """It is no full disk, and no option of the command is named."""
    wide = pellucid.compress(np.zeros((2, 70_000), np.uint8), lossless=True)
    for kind in ("jpeg", "webp"):
        answer = server.post("decompress", wide, format=kind)
        assert (answer.status_code, answer.json()["kind"]) == (422, "OutputError")
        assert "(PNG can hold it, or leave out the metadata: metadata=False)" in answer.text


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("choose one with --page N (page=N), from 0", "choose one with page=N, from 0"),
        ("without --page (page=) all can be kept", "without page= all can be kept"),
        ("leave tune (--tune) out", "leave tune out"),
        ("with keep_going (--keep-going)", "with keep_going"),
        ("goes with task='compress' (--task compress)", "goes with task='compress'"),
        ("must be 'compress' (--task, task=)", "must be 'compress' (task=)"),
        ("(metadata=False, --no-metadata)", "(metadata=False)"),
        ("9; if you trust it, raise max_pixels", "9; the server takes none that is larger"),
        ("remove it from the picture or raise max_metadata", "remove it from the picture"),
        ("cannot write /some/where/answer.png", "cannot write answer.png"),
    ],
)
def test_messages_are_for_who_asks(said: str, told: str) -> None:
    assert over_http(said, Path("/some/where")) == told


def test_what_is_no_picture(server: Running, pel: bytes, photo: bytes) -> None:
    assert server.kind("compress", b"") == (415, "InputError")
    assert server.kind("compress", b"%PDF-1.4 no picture") == (415, "InputError")
    assert server.kind("compress", pel) == (415, "InputError")
    assert server.kind("decompress", photo) == (415, "NotPelFileError")
    assert server.kind("decompress", b"") == (415, "NotPelFileError")


def test_addresses(server: Running) -> None:
    missing = server.client.get("/v1/compress/../../etc/passwd")
    assert (missing.status_code, missing.json()["kind"]) == (404, "HttpError")
    wrong = server.client.get("/v1/compress")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")
    assert server.client.get("/docs").status_code == 404


def test_nothing_is_left_on_the_disk(server: Running, photo: bytes, pel: bytes) -> None:
    used = server.work.folder.stat().st_mtime_ns
    for verb, body in (("compress", photo), ("compress", b"nothing"), ("decompress", pel)):
        server.post(verb, body)
    assert server.work.folder.stat().st_mtime_ns > used
    assert until(lambda: not list(server.work.folder.iterdir()))
