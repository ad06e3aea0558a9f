"""Transcode: what becomes of which source, what is checked, kept, refused and listed."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import pellucid
from pellucid._api import compared
from pellucid.cli._transcode import verb_to_transcode
from pellucid.errors import InputError, MismatchError, OptionError, OutputError, PellucidWarning
from pellucid.exact import exact_model
from pellucid.pixels import open_image
from pellucid.scale.formats import is_without_loss
from pellucid.scale.items import Item, Made, Row, State, Verb
from pellucid.scale.manifest.adding import CHANGED
from pellucid.scale.outputs.target import Target
from pellucid.scale.sources.local import looked_up
from pellucid.scale.verified import write_verified
from pictures import photograph
from verb_worker import work_elsewhere

DEEP = np.random.default_rng(5).integers(0, 1 << 14, (60, 50)).astype(np.uint16)


def verb(**options: Any) -> Verb:
    """With a small model, unless another is asked for."""
    model = {} if options.keys() & {"lossless", "max_error"} else {"model": "s"}
    return verb_to_transcode("", **{"check": True, "keep_larger": False, **model, **options})


def done(source: str, **options: Any) -> Made:
    """Transcode to `out.pel`; what the library remarks is no error here, as it isn't in a run."""
    Path("out.pel").unlink(missing_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PellucidWarning)
        return verb(**options).work(Path(source), Path("out.pel"))


@pytest.fixture
def jpeg() -> str:
    """A photograph as a JPEG of much detail, so that its .pel file is smaller; with EXIF."""
    exif = Image.Exif()
    exif[0x010E] = "a photograph"
    Image.fromarray(photograph(192, 200)).save("photo.jpg", quality=97, exif=exif)
    return "photo.jpg"


def test_with_loss_stays_with_loss(jpeg) -> None:
    said = work_elsewhere(verb(), jpeg, "out.pel")
    fields = said["fields"]
    assert Path("out.pel").read_bytes() == pellucid.compress(jpeg, model="s")
    assert fields["checked"] == f"decodes, {fields['psnr']:.1f} dB"
    assert 25 < fields["psnr"] < 50
    assert fields["max_error"] is None
    models = {"exact": exact_model()[1].hex(), "s-eye": pellucid.models()["s-eye"]}
    assert said["prints"] == models
    assert (said["kept"], said["remarks"], said["output"]) == ("", [], "x/b.jpg.pel")


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.ppm", "a.gif", "a.tif"])
def test_without_loss_stays_without(name) -> None:
    samples = photograph(90, 80)
    Image.fromarray(samples[..., 0] if name == "a.gif" else samples).save(name)
    assert is_without_loss(Path(name))
    made = done(name, quality=20, effort=1, keep_larger=True)
    assert made.fields["checked"] == "identical"
    assert made.fields["max_error"] == 0
    assert made.fields["psnr"] is None
    assert pellucid.compare("out.pel", name).identical


def test_tiff_of_16_bits() -> None:
    pytest.importorskip("tifffile").imwrite("deep.tif", DEEP)
    assert done("deep.tif").fields["checked"] == "identical"
    assert np.array_equal(pellucid.decompress("out.pel"), DEEP)


def test_arrays() -> None:
    np.save("a.npy", DEEP.astype(np.float32) / 3)
    assert done("a.npy").fields["checked"] == "identical"
    assert {".npy", ".dcm", ".zarr", ".jpg", ".heic"} <= set(verb().suffixes)


def test_heic() -> None:
    heif = pytest.importorskip("pillow_heif")
    heif.from_pillow(Image.fromarray(photograph(192, 200))).save("a.heic", quality=98)
    assert not is_without_loss(Path("a.heic"))
    assert done("a.heic").fields["checked"].startswith("decodes, ")
    assert done("a.heic", lossless=True, keep_larger=True).fields["checked"] == "identical"


@pytest.mark.parametrize(
    ("name", "options", "without"),
    [
        ("a.jpg", {}, False),
        ("a.webp", {"lossless": True}, True),
        ("a.webp", {"quality": 80}, False),
        ("a.avif", {}, False),
        ("a.jp2", {}, False),
        ("png.jpg", {"format": "PNG"}, True),
        ("jpeg.png", {"format": "JPEG"}, False),
    ],
)
def test_by_what_a_file_is(name, options, without) -> None:
    Image.fromarray(photograph(64, 64)).save(name, **options)
    assert is_without_loss(Path(name)) == without


def test_what_is_no_picture() -> None:
    Path("a.jpg").write_bytes(b"text")
    with pytest.raises(InputError, match=r"a\.jpg is not a picture"):
        done("a.jpg")
    with pytest.raises(InputError, match="no such file"):
        done("b.jpg")


@pytest.mark.parametrize(
    ("options", "checked"),
    [
        ({"lossless": True}, "identical"),
        ({"max_error": 3}, "within 3"),
        ({"keep_noise": True, "max_error": 2}, "within 2"),
        ({"keep_noise": True}, "identical"),
    ],
)
def test_what_holds_for_all(jpeg, options, checked) -> None:
    made = done(jpeg, keep_larger=True, **options)
    assert made.fields["checked"] == checked
    Image.fromarray(photograph(40, 50)).save("a.png")
    made = done("a.png", keep_larger=True, **options)
    assert made.fields["checked"] == checked


def test_targets_are_for_what_has_loss(jpeg) -> None:
    assert done(jpeg, psnr=35).fields["psnr"] >= 35
    Image.fromarray(photograph(90, 80)).save("a.png")
    assert done("a.png", psnr=35).fields["checked"] == "identical"


def test_what_would_grow_is_kept(jpeg) -> None:
    before = Path(jpeg).stat().st_size
    after = len(pellucid.compress(jpeg, max_error=0))
    made = done(jpeg, lossless=True)
    assert made.kept == f"it would be larger: {before:,} to {after:,} bytes"
    assert made.fields["bytes"] == after
    assert not Path("out.pel").exists()
    made = done(jpeg, lossless=True, keep_larger=True)
    assert (made.kept, made.remarks) == ("", ())
    assert Path("out.pel").stat().st_size == after


def test_as_large_is_no_smaller() -> None:
    Image.fromarray(photograph(64, 64)).save("a.tif")
    size = len(pellucid.compress("a.tif", lossless=True))
    made = verb().pieces
    assert made is not None
    result = pellucid.compress_to("a.tif", "out.pel", pellucid.CompressOptions(lossless=True))
    with Path("small.tif").open("wb") as file:
        file.truncate(size)
    kept = made.made(Path("small.tif"), Path("out.pel"), result).kept
    assert kept == f"it would be no smaller: {size:,} to {size:,} bytes"


class Altered:
    """A decoder whose first sample is one level off."""

    def __init__(self, sink: Any) -> None:
        self._sink = sink

    def __setitem__(self, key: Any, samples: Any) -> None:
        samples = samples.copy()
        samples[0, 0, 0] ^= 1
        self._sink[key] = samples


@pytest.mark.parametrize("options", [{}, {"lossless": True}])
def test_a_check_that_fails(monkeypatch: pytest.MonkeyPatch, options) -> None:
    pytest.importorskip("tifffile").imwrite("deep.tif", DEEP)
    decode = compared.Opened.decode_into
    monkeypatch.setattr(
        compared.Opened, "decode_into", lambda opened, sink: decode(opened, Altered(sink))
    )
    with pytest.raises(MismatchError, match=r"^deep\.tif: .*a sample is 1 off, and it is lossless"):
        done("deep.tif", **options)
    assert not Path("out.pel").exists()
    assert done("deep.tif", check=False, **options).fields.get("checked") is None
    pieces = verb(**options).pieces
    assert pieces is not None
    source, target = Path("deep.tif"), Path("pieces.pel")
    result = pellucid.compress_to(source, target, pieces.options(source))
    with pytest.raises(MismatchError, match="1 off"):
        pieces.made(source, target, result)
    assert not target.exists()


def test_metadata_are_checked(jpeg, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compared, "metadata_of", lambda _: {"exif": b"other"})
    with pytest.raises(MismatchError, match="not the same byte for byte: EXIF"):
        done(jpeg)
    made = done(jpeg, metadata=False)  # as it was asked for
    assert made.fields["checked"].startswith("decodes")
    assert pellucid.info("out.pel").metadata == {}


def test_a_page(tmp_path: Path) -> None:
    pages = np.stack([DEEP, DEEP[::-1]])
    pytest.importorskip("tifffile").imwrite("pages.tif", pages, photometric="minisblack")
    assert done("pages.tif", page=1).fields["checked"] == "identical"
    assert np.array_equal(pellucid.decompress("out.pel"), DEEP[::-1])


def test_options_that_exclude_each_other() -> None:
    with pytest.raises(OptionError, match="give one of quality"):
        verb(lossless=True, quality=40)


# --- the list of sources that may go --------------------------------------------------------------


def row(url: str, checked: str | None, *, state: State = State.DONE, **more: Any) -> Row:
    fields = {} if checked is None else {"checked": checked}
    return Row(url, state, f"{Path(url).name}.pel", written=7, made=Made(fields, **more))


def written_of(rows: Sequence[Row], items: Sequence[Item]) -> str:
    """The list, once all outputs are there."""
    Path("out").mkdir(exist_ok=True)
    for one in rows:
        Path("out", one.place).write_bytes(b"written")
    return listing_of(rows, items)


def listing_of(rows: Sequence[Row], items: Sequence[Item]) -> str:
    write_verified(zip(items, rows, strict=True), Target("out"), Path("ok.txt"))
    return Path("ok.txt").read_text("utf-8")


def listed(url: str, stamp: str = "") -> Item:
    """A source as a listing finds it; on this machine it is there then."""
    if url.startswith("s3:"):
        return Item(url, url, 5, stamp)
    Path(url).parent.mkdir(exist_ok=True)
    Path(url).write_bytes(b"12345")
    return Item(url, url, *looked_up(url)[1:])


def test_the_list_of_what_was_verified() -> None:
    rows = [
        row("a/1.png", "identical"),
        row("s3://b/2 ä.tif", "within 2"),
        row("3.jpg", "decodes, 38.2 dB"),
        row("4.png", None),
        row("5.png", "identical", state=State.THERE),
        row("6.png", "identical", state=State.FAILED),
        row("7.png", "identical", state=State.KEPT),
        row("8.png", "identical", damaged=True),
        row("9.mpo", "identical", remarks=("holds 2 pictures, of which the first is taken",)),
        row("10\n11.png", "identical"),
    ]
    Path("ok.txt").write_text("old")
    items = [listed(one.url) for one in rows]
    assert written_of(rows, items) == "a/1.png\ns3://b/2 ä.tif\n"
    with pytest.raises(OutputError, match="none"):
        write_verified([], Target("out"), Path("none/ok.txt"))


def test_what_has_changed_since_is_not_in_the_list() -> None:
    names = ("same.png", "other.png", "gone.png", "s3://b/same.png", "s3://b/other.png")
    items = [listed(name, CHANGED * ("other" in name)) for name in names]
    Path("other.png").write_bytes(b"edited")
    Path("gone.png").unlink()
    rows = [row(item.url, "identical") for item in items]
    assert written_of(rows, items).splitlines() == ["same.png", "s3://b/same.png"]


def test_what_has_no_output_any_more_is_not_in_the_list() -> None:
    items = [listed(name) for name in ("there.png", "gone.png", "cut.png")]
    rows = [row(item.url, "identical") for item in items]
    assert len(written_of(rows, items).splitlines()) == 3
    Path("out/gone.png.pel").unlink()
    Path("out/cut.png.pel").write_bytes(b"")
    assert listing_of(rows, items) == "there.png\n"


def test_a_second_picture_in_a_file_is_remarked_on() -> None:
    """So that a source of which only the first is in the output isn't listed."""
    first, second = (Image.fromarray(photograph(64, 64, top=top)) for top in (0, 64))
    first.save("two.mpo", format="MPO", save_all=True, append_images=[second])
    with pytest.warns(PellucidWarning, match="holds 2 pictures"), open_image("two.mpo"):
        pass
    with pytest.warns(PellucidWarning, match="holds 2 pictures"):
        verb(lossless=True, keep_larger=True).work(Path("two.mpo"), Path("out.pel"))
