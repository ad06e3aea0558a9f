"""The page's addresses over HTTP: hostile files, settings and ids get the right kind of error."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from pellucid.bitstream import Limits
from pellucid.errors import LimitError
from pellucid.serve.page import jobs
from served import png

BAD = sorted((Path(__file__).resolve().parents[2] / "conformance" / "v1" / "bad").rglob("*.pel"))
KINDS = (413, 415, 422)


@pytest.fixture(scope="module")
def picture(page_server, photo):
    """The address of a picture that the server keeps."""
    found = page_server.client.post("/page/pictures", content=photo).json()
    return f"/page/pictures/{found['id']}"


def test_files_that_are_bad_are_refused_and_not_kept(page_server):
    store = page_server.app.state.pictures
    before = set(store.root.iterdir())
    assert len(BAD) > 20
    for path in BAD:
        answer = page_server.client.post("/page/pictures", content=path.read_bytes())
        assert answer.status_code in KINDS, (path, answer.text)
        assert str(store.root) not in answer.text
    assert set(store.root.iterdir()) <= before


def test_mutated_files_are_refused_or_read(page_server, photo, pel):
    rng = np.random.default_rng(5)
    for number in range(40):
        data = bytearray((photo, pel)[number % 2])
        for place in rng.integers(0, len(data), 1 + number % 5):
            data[place] = rng.integers(256)
        answer = page_server.client.post("/page/pictures", content=bytes(data))
        assert answer.status_code in (200, *KINDS), answer.text


def test_a_picture_that_takes_too_much_is_refused(page_server, tmp_path):
    large = png(np.zeros((1001, 1000), np.uint8))
    answer = page_server.client.post("/page/pictures", content=large)
    assert (answer.status_code, answer.json()["kind"]) == (413, "LimitError")
    (tmp_path / "file").write_bytes(large)
    with pytest.raises(LimitError, match="--kept 5M"):
        jobs.read(tmp_path, Limits(), most=2_000_000)


@pytest.mark.parametrize(
    ("what", "chosen"),
    [
        ("result", {"quality": 101}),
        ("result", {"quality": "much"}),
        ("result", {"path": "/etc/passwd"}),
        ("result", {"model": "/etc"}),
        ("result", {"task": "denoise", "denoiser": "../m"}),
        ("result", {"task": "open"}),
        ("overlays/all", {}),
        ("peers/png", {}),
        ("files/exe", {}),
        ("preview?x=0&y=0&width=0&height=1", {}),
        ("preview?x=5000&y=0&width=10&height=10", {}),
        ("preview", {}),
    ],
)
def test_settings_that_there_are_not_are_400(page_server, picture, what, chosen):
    answer = page_server.client.post(f"{picture}/{what}", json=chosen)
    assert (answer.status_code, answer.json()["kind"]) == (400, "OptionError")


def test_ids_that_no_one_has_are_404(page_server, picture):
    for name in ("x", "..", "%2e%2e", "a%2f..%2fb", picture.rpartition("/")[2][:-1]):
        answer = page_server.client.post(f"/page/pictures/{name}/original", json={})
        assert answer.status_code in (404, 405)
    assert page_server.client.post(f"{picture}/original").status_code == 200
    for path in ("..%2fapp.py", "%2e%2e/app.py", "main.py", ""):
        assert page_server.client.get(f"/page/static/{path}").status_code == 404
    assert page_server.client.delete(picture + "x").status_code == 200
    assert page_server.client.post(f"{picture}/original").status_code == 200


def test_a_picture_that_is_forgotten_while_it_is_worked_on_is_404(page_server, photo):
    found = page_server.client.post("/page/pictures", content=photo).json()
    place = page_server.app.state.pictures.folder(found["id"])
    shutil.rmtree(place)  # as forgetting does, after its address was looked up
    for what in ("result", "peers/webp"):
        answer = page_server.client.post(f"/page/pictures/{found['id']}/{what}", json={})
        assert answer.status_code == 404


def test_a_size_that_cant_be_met_is_422(page_server, picture):
    answer = page_server.client.post(f"{picture}/result", json={"aim": "size", "size": 5})
    assert (answer.status_code, answer.json()["kind"]) == (422, "TargetError")


def test_a_format_without_so_small_a_file_has_no_picture(page_server):
    dot = png(np.zeros((1, 1, 3), np.uint8))
    found = page_server.client.post("/page/pictures", content=dot).json()
    address = f"/page/pictures/{found['id']}/peers/avif"
    assert page_server.client.post(address, json={}).json()["bytes"] is None
    answer = page_server.client.post(f"{address}/picture", json={})
    assert (answer.status_code, answer.json()["kind"]) == (400, "OptionError")


def test_the_page_is_no_part_of_the_api(page_server):
    paths = page_server.client.get("/v1/openapi.json").json()["paths"]
    assert not [path for path in paths if path.startswith("/page")]
    page = page_server.client.get("/")
    assert page.status_code == 200
    assert "default-src 'self'" in page.headers["content-security-policy"]
    script = page_server.client.get("/page/static/main.js")
    assert script.headers["content-type"].startswith("text/javascript")
