"""Pictures to look at: which are chosen, where they are cut, what is said if that can't be done."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

import pellucid
from manifests import done, item, items, opened, output
from pellucid.errors import InputError
from pellucid.scale.items import Item, Made
from pellucid.scale.report import crops, looks
from pellucid.scale.report.crops import PART, SIDE, crops_of
from pellucid.scale.report.looks import choose, looks_body
from pictures import filled, photograph


def shown(uri):
    data = base64.b64decode(uri.removeprefix("data:image/webp;base64,"))
    return np.asarray(Image.open(io.BytesIO(data)))


def saved(path, samples, **more):
    Image.fromarray(samples).save(path, **more)
    return path


@pytest.fixture
def pair(tmp_path):
    """A source of 400 x 900, and an output that differs in one place."""
    before = np.tile(photograph(400, 300, left=0), (1, 3, 1))
    after = before.copy()
    after[300:310, 700:720] ^= 64
    return saved(tmp_path / "a.png", before), saved(tmp_path / "a.denoised.png", after)


def test_they_are_cut_where_they_differ_most(pair):
    found = crops_of(*pair)
    x, y = found.place
    assert y <= 300 <= 310 <= y + SIDE
    assert x <= 700 <= 720 <= x + SIDE
    assert found.size == (SIDE, SIDE)
    assert found.most == 64
    for path, uri in zip(pair, found.sides, strict=True):
        whole = np.asarray(Image.open(path))
        assert np.array_equal(shown(uri), whole[y : y + SIDE, x : x + SIDE])


def test_the_edge_is_reached(tmp_path):
    before = filled("gradient", 300, 301, 3)
    after = before.copy()
    after[-1, -1] += 9
    pair = saved(tmp_path / "a.png", before), saved(tmp_path / "b.png", after)
    assert crops_of(*pair).place == (301 - SIDE, 300 - SIDE)


def test_small_and_alike_ones_are_shown_as_they_are(tmp_path):
    path = saved(tmp_path / "a.png", photograph(20, 30))
    found = crops_of(path, path)
    assert (found.place, found.size, found.most) == ((0, 0), (30, 20), 0)
    path = saved(tmp_path / "b.png", photograph(512, 512, left=0))
    assert crops_of(path, path).place == (SIDE // 2, SIDE // 2)


def test_of_large_pictures_parts_are_read(tmp_path):
    before = np.zeros((2600, 3000), np.uint8)
    after = before.copy()
    after[1300, 1500] = 9  # in the middle
    after[2000, 2300] = 200  # in a quarter
    after[0, 0] = 255  # in neither
    for name, samples in (("a", before), ("b", after)):
        np.save(tmp_path / f"{name}.npy", samples)
    found = crops_of(tmp_path / "a.npy", tmp_path / "b.npy")
    assert found.most == 200
    assert np.argwhere(shown(found.sides[1])[..., 0] == 200).tolist() == [
        [2000 - found.place[1], 2300 - found.place[0]]
    ]
    for shape in [(PART * 5, PART), (10, PART * PART), (3000, 1500)]:
        boxes = list(crops._parts((*shape, 3)))
        assert 1 <= len(boxes) <= 5
        for box in boxes:
            assert 0 <= box.y <= box.bottom <= shape[0]
            assert 0 <= box.x <= box.right <= shape[1]
            assert box.size <= 4 * PART * PART


def test_a_pel_file_is_decoded_only_there(tmp_path, monkeypatch):
    source = tmp_path / "a.png"
    saved(source, photograph(300, 384, left=0))
    pellucid.compress_file(source, tmp_path / "a.pel", model="s", quality=20)
    asked = []
    decode = pellucid.decompress
    monkeypatch.setattr(
        pellucid,
        "decompress",
        lambda path, region: asked.append(region) or decode(path, region=region),
    )
    found = crops_of(source, tmp_path / "a.pel")
    assert asked == [(0, 0, 384, 300)]
    x, y = found.place
    whole = decode(tmp_path / "a.pel")
    assert np.array_equal(shown(found.sides[1]), whole[y : y + SIDE, x : x + SIDE])
    assert found.most > 0


@pytest.mark.parametrize("kind", ["grey", "alpha", "full alpha", "16 bits", "turned", "floats"])
def test_all_kinds_of_pictures(tmp_path, kind):
    samples = photograph(100, 140)
    source = tmp_path / "a.png"
    if kind == "grey":
        saved(source, samples[..., 0])
    elif "alpha" in kind:
        alpha = filled("gradient", 100, 140, 1) if kind == "alpha" else np.full((100, 140, 1), 255)
        saved(source, np.concatenate([samples, alpha.astype(np.uint8)], axis=2))
    elif kind == "turned":
        exif = Image.Exif()
        exif[0x0112] = 6
        saved(source, samples, exif=exif)
    else:
        source = tmp_path / "a.npy"
        values = samples[..., 0].astype(np.uint16) * 7
        np.save(source, values if kind == "16 bits" else values / np.float32(9))
    pellucid.compress_file(source, tmp_path / "a.pel", lossless=True)
    found = crops_of(source, tmp_path / "a.pel")
    one, two = map(shown, found.sides)
    assert np.array_equal(one, two)
    assert one.shape[2] == (4 if kind == "alpha" else 3)
    wanted = (140, 100)[:: -1 if kind == "turned" else 1]
    assert found.size == wanted == one.shape[1::-1]
    assert found.most == 0
    assert one[..., :3].std() > 10


def test_other_shapes_are_refused(tmp_path):
    pair = [saved(tmp_path / f"{n}.png", photograph(20, 20 + n)) for n in range(2)]
    with pytest.raises(InputError, match="different shapes: 20 x 20 x 3 and 20 x 21 x 3"):
        crops_of(*pair)


def made(number, written, size=1000, pixels=1000):
    return done(item(number, size), written=written, made=Made({"width": pixels, "height": 1}))


def test_some_of_each_kind_are_chosen(tmp_path):
    with opened(tmp_path / "run.sqlite") as manifest:
        assert choose(manifest) == []
        manifest.add([item(n, 1000 + (n == 7) + 2 * (n == 8)) for n in range(100)], output)
        rows = [made(n, 500 + n, 1000 + (n == 7) + 2 * (n == 8)) for n in range(100)]
        rows[9] = made(9, 400, pixels=10**6)
        rows[50] = done(item(50), written=0)  # nothing to be shown
        manifest.record([row for row in rows if row.url != item(99).url])
        found = choose(manifest)
        assert found == choose(manifest)
        by_kind = {}
        for one in found:
            by_kind.setdefault(one.why, []).append(one.url)
        assert {why: len(urls) for why, urls in by_kind.items()} == dict.fromkeys(
            ("at random", "fewest bits a pixel", "saved least", "largest source"), 2
        )
        assert by_kind["fewest bits a pixel"][0] == item(9).url
        assert by_kind["saved least"] == [item(98).url, item(97).url]
        assert by_kind["largest source"] == [item(8).url, item(7).url]
        assert len({one.url for one in found}) == len(found) == 8
        assert all(one.before < 1001 for one in choose(manifest, 1000))


def test_of_what_is_denoised_only_some(tmp_path):
    with opened(tmp_path / "run.sqlite", verb="denoise") as manifest:
        manifest.add(items(20), output)
        manifest.record([made(n, 5000) for n in range(20)])
        assert [one.why for one in choose(manifest)] == ["at random", "largest source"] * 2


def run_of(manifest, tmp_path, names):
    """A run whose outputs, beside the sources, are their bytes."""
    sources = [Item(str(tmp_path / name), name, 10 + n, "") for n, name in enumerate(names)]
    manifest.add(sources, str)
    manifest.record([done(one, place=one.place, size=one.size, written=5) for one in sources])


def test_what_cannot_be_shown_says_why(tmp_path, monkeypatch):
    saved(tmp_path / "good.png", photograph(30, 40))
    (tmp_path / "bad.png").write_bytes(b"no picture")
    names = ["good.png", "bad.png", "gone.png"]
    with opened(tmp_path / "run.sqlite", verb="denoise", target=str(tmp_path)) as manifest:
        run_of(manifest, tmp_path, names)
        body = looks_body(manifest)
        assert body.count("<li>") == 3
        assert body.count("<img") == 2
        assert "the same samples here" in body
        assert re.search(r"It can’t be shown: [^<]*bad\.png[^<]*", body)
        assert re.search(r"It can’t be shown: [^<]*gone\.png[^<]*", body)

        def fail(*_):
            raise MemoryError("none left")

        monkeypatch.setattr(looks, "crops_of", fail)
        assert looks_body(manifest).count("MemoryError: none left") == 2


def test_sources_and_outputs_elsewhere_are_fetched(tmp_path):
    """Both with one name, each from its own place."""
    fsspec = pytest.importorskip("fsspec")
    sides = photograph(30, 40), photograph(30, 40) // 2
    system = fsspec.filesystem("memory")
    for name, side in zip(("in", "out"), sides, strict=True):
        system.pipe(f"/looks-{name}/a.png", saved(tmp_path / "a.png", side).read_bytes())
    source = Item("memory://looks-in/a.png", "a.png", system.size("/looks-in/a.png"), "")
    about = {"verb": "denoise", "target": "memory://looks-out"}
    with opened(tmp_path / "run.sqlite", **about) as manifest:
        manifest.add([source], str)
        manifest.record([done(source, place="a.png", written=system.size("/looks-out/a.png"))])
        body = looks_body(manifest)
    uris = re.findall(r"src=\"([^\"]*)", body)
    assert len(uris) == 2, body
    assert [np.array_equal(shown(u), side) for u, side in zip(uris, sides, strict=True)] == [
        True
    ] * 2


def test_the_page_has_only_so_much_room(tmp_path, monkeypatch):
    names = [f"{n}.png" for n in range(3)]
    for name in names:
        saved(tmp_path / name, photograph(30, 40))
    one = len(crops_of(tmp_path / names[0], tmp_path / names[0]).sides[0])
    monkeypatch.setattr(looks, "ROOM", 5 * one)
    with opened(tmp_path / "run.sqlite", verb="denoise", target=f"{tmp_path}/") as manifest:
        run_of(manifest, tmp_path, names)
        assert looks_body(manifest).count("<img") == 4
        monkeypatch.setattr(looks, "ROOM", one)
        assert looks_body(manifest) == ""
