from __future__ import annotations

import zlib
from dataclasses import dataclass, replace

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from pellucid.cli.bench import bench as commands
from pellucid.errors import InputError, OptionError, OutputError, PellucidError
from pellucid.evaluate.exact_codecs import FACTORIES
from pellucid.evaluate.lossless import bench
from pellucid.evaluate.lossless import rows as store
from pellucid.evaluate.lossless.inputs import find_sets
from pellucid.evaluate.lossless.report import build_report, verdict, write_report
from pellucid.evaluate.lossless.sections import NOT_YET, SECTIONS
from pellucid.evaluate.lossless.summary import standings


@dataclass
class StubCodec:
    """Deflates; within a bound it drops what the bound allows, and `off` more."""

    name: str
    level: int = 6
    version: str = "stub 1"
    how: str = "one thread"
    bounded: bool = True
    only: str = ""
    off: int = 0
    encoded: int = 0

    def refuses(self, kind, bound):
        return "" if self.only in kind.dtype.name else f"takes {self.only}, not {kind.dtype.name}"

    def encode(self, samples, bound):
        self.encoded += 1
        step = 2 * bound + 1
        coarse = np.round(samples / step) * step + self.off
        return (zlib.compress(coarse.astype(samples.dtype).tobytes(), self.level),)

    def decode(self, files, kind):
        return np.frombuffer(zlib.decompress(files[0]), kind.dtype).reshape(kind.shape)


@pytest.fixture
def stubs(monkeypatch):
    found = {
        "pellucid": StubCodec("pellucid", 9),
        "pellucid-apart": StubCodec("pellucid-apart", 9, only="uint16"),
        "png": StubCodec("png", 0, bounded=False),
        "webp": StubCodec("webp", 1, only="uint8", bounded=False),
    }
    for name, stub in found.items():
        monkeypatch.setitem(FACTORIES, name, lambda threads, stub=stub: stub)
    return found


@pytest.fixture
def plan(tmp_path):
    folder = tmp_path / "set"
    folder.mkdir()
    ramp = np.arange(40 * 30).reshape(40, 30) // 7
    Image.fromarray(ramp.astype(np.uint8)).save(folder / "grey.png")
    Image.fromarray(np.stack([ramp % 200] * 4, axis=2).astype(np.uint8)).save(folder / "soft.png")
    np.save(folder / "bands.npy", np.stack([ramp, ramp + 9, ramp * 3, ramp, ramp], 2).astype("<u2"))
    names = ("pellucid", "pellucid-apart", "png", "webp")
    return bench.Plan(data=(folder,), out=tmp_path / "out", codecs=names, repeats=1)


def rows_of(plan, method="pellucid"):
    return store.TABLE.read(store.rows_path(plan.out, method))


def test_a_row_for_every_picture_and_bound(plan, stubs):
    outcome = bench.run(plan)
    assert outcome.failures == []
    rows = rows_of(plan)
    assert [(r.picture, r.channels, r.dtype, r.bound) for r in rows] == [
        ("bands", 5, "uint16", 0),
        ("bands", 5, "uint16", 1),
        ("grey", 1, "uint8", 0),
        ("grey", 1, "uint8", 1),
        ("soft", 4, "uint8", 0),
        ("soft", 4, "uint8", 1),
    ]
    assert [row.worst for row in rows] == [0, 1] * 3
    assert rows[0].bits == pytest.approx(8 * rows[0].bytes / (40 * 30 * 5), abs=1e-6)
    assert {row.bound for row in rows_of(plan, "png")} == {0}
    assert outcome.new_rows == 6 + 2 + 3 + 2
    assert outcome.refused == {
        "set": {"webp": ["takes uint8, not uint16"], "pellucid-apart": ["takes uint16, not uint8"]}
    }
    facts = store.load_methods(plan.out)
    assert facts["commands"]["set"].startswith(
        "pellucid bench lossless --data set -o out --bounds 0,1 "
    )
    assert facts["refused"] == outcome.refused
    assert facts["cores"]


def test_the_command_of_a_set(plan):
    named = replace(plan, name="x", match="*.png", images=2)
    assert bench.command_of(named, "x") == (
        "pellucid bench lossless --data set -o out --set x --match '*.png' --images 2 --bounds 0,1 "
        "--threads 2 --repeats 1"
    )
    single = replace(plan, data=(plan.data[0] / "grey.png",))
    assert "--data set/grey.png -o out --bounds" in bench.command_of(single, "set")


def test_it_goes_on_where_it_stopped_and_drops_what_is_stale(plan, stubs):
    bench.run(plan)
    before = stubs["pellucid"].encoded
    assert bench.run(plan).new_rows == 0
    assert stubs["pellucid"].encoded == before
    assert bench.run(replace(plan, bounds=(0, 2))).new_rows == 3 + 1
    stubs["png"].version = "stub 2"
    assert bench.run(plan).new_rows == 3
    assert bench.run(replace(plan, repeats=2)).new_rows == 13
    assert bench.run(replace(plan, repeats=2, fresh=True)).new_rows == 13
    other = replace(plan, name="other", bounds=(0,), fresh=True)
    assert bench.run(other).new_rows == 3 + 1 + 3 + 2
    assert {row.data for row in rows_of(plan)} == {"set", "other"}, "other sets stay"


def test_a_codec_that_breaks_its_word_has_no_row(plan, stubs):
    stubs["png"].off = 1
    (plan.data[0] / "broken.png").write_bytes(b"no picture")
    np.save(plan.data[0] / "float.npy", np.zeros((3, 3)))
    outcome = bench.run(plan)
    assert not store.rows_path(plan.out, "png").exists()
    assert "grey by png within 0: a sample came back 1 off, the bound is 0" in outcome.failures
    assert [f.partition(":")[0] for f in outcome.failures if "png within" not in f] == [
        "broken.png",
        "float.npy",
    ]
    assert len(rows_of(plan)) == 6


def test_which_pictures(plan, tmp_path):
    folder = plan.data[0]
    names = {data: [p.name for p in paths] for data, paths in find_sets([folder]).items()}
    assert names == {"set": ["bands.npy", "grey.png", "soft.png"]}
    assert [p.name for p in find_sets([folder], match="*.npy", name="x")["x"]] == ["bands.npy"]
    assert list(find_sets([folder / "grey.png"])) == ["set"]
    assert len(find_sets([folder], limit=2)["set"]) == 2
    with pytest.raises(InputError, match=r"names like '\*\.raw'"):
        find_sets([folder], match="*.raw")
    with pytest.raises(InputError, match="no such file"):
        find_sets([tmp_path / "none"])
    np.save(folder / "grey.npy", np.zeros((2, 2), np.uint8))
    with pytest.raises(InputError, match="more than one picture called 'grey'"):
        find_sets([folder])


def test_wrong_options(plan, stubs, tmp_path):
    for change, message in (
        ({"bounds": ()}, "no bounds"),
        ({"bounds": (0, 16384)}, "16384"),
        ({"repeats": 0}, "at least 1, got 0"),
        ({"codecs": ("flif",)}, "'flif'"),
    ):
        with pytest.raises(OptionError, match=message):
            bench.run(replace(plan, **change))
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="can't write"):
        bench.run(replace(plan, out=tmp_path / "file" / "out"))


def row(**changes) -> store.ExactResult:
    base = store.ExactResult(
        method="pellucid",
        data="set",
        picture="one",
        width=1000,
        height=500,
        channels=2,
        dtype="uint8",
        bound=0,
        files=1,
        bytes=500_000,
        bits=4.0,
        worst=0,
        encode_s=2.0,
        decode_s=1.0,
        threads=2,
        repeats=3,
        version="1",
    )
    return replace(base, **changes)


ROWS = [
    row(),
    row(picture="two", bytes=300_000),
    row(method="pellucid-apart", bytes=510_000),
    row(method="png", bytes=600_000, encode_s=0.5),
    row(method="png", picture="two", bytes=400_000, encode_s=4.5),
    row(method="jxl", bytes=490_000, encode_s=1.0, decode_s=2.0),
    row(bound=1, bytes=250_000, worst=1),
    row(method="jpegls", bound=1, bytes=250_000, worst=1, encode_s=0.1, decode_s=0.1),
]


def test_sizes_are_compared_over_the_same_pictures():
    found = {one.method: one for one in standings(ROWS, "set", 0)}
    assert list(found) == ["pellucid", "jxl", "pellucid-apart", "png"]
    assert found["pellucid"].bits == pytest.approx(8 * 800_000 / 2e6)
    assert found["png"].size == pytest.approx(1_000_000 / 800_000)
    assert found["jxl"].size == pytest.approx(0.98)
    assert found["jxl"].pictures == 1
    assert found["png"].encode_rate == pytest.approx(0.4)


def test_the_report_says_who_is_smaller_and_faster():
    assert verdict(standings(ROWS, "set", 0)) == (
        "Larger files than pellucid's: PNG, optimized (+25.0 %). Smaller: JPEG XL, effort 7 "
        "(−2.0 %). Slower than pellucid to compress: PNG, optimized; all others are faster. "
        "Slower than pellucid to decompress: JPEG XL, effort 7; all others are faster."
    )
    facts = {"refused": {"set": {"webp": ["takes RGB and RGBA, not 2 channels"]}}}
    text = build_report(ROWS, facts)
    assert "| pellucid | 3.200 |  | 0.50 | 1.00 |" in text
    assert "| JPEG XL, effort 7 (1 picture) | 3.920 | −2.0 % | 1.00 | 0.50 |" in text
    assert "each band in a file of its own pellucid's bytes change by +2.0 %." in text
    assert "Largest error 1:" in text
    assert "Equal: JPEG-LS." in text
    assert "yet smaller" not in text
    far = [replace(r, bytes=600_000) if r.bound else r for r in ROWS]
    assert (
        "Lossless, and yet smaller than pellucid within this bound: JPEG XL, effort 7 (−18.3 %)."
        in build_report(far, facts)
    )
    assert "pellucid keeps the last, alpha, exactly" in text
    assert "- WebP, method 6: takes RGB and RGBA, not 2 channels" in text


def test_sections(tmp_path):
    assert {make(tmp_path) for make in SECTIONS.values()} == {NOT_YET}
    with pytest.raises(InputError, match="pellucid bench lossless"):
        write_report(tmp_path)
    for method in {r.method for r in ROWS}:
        store.TABLE.write(
            store.rows_path(tmp_path, method), [r for r in ROWS if r.method == method]
        )
    short = SECTIONS["lossless"](tmp_path)
    assert "| set: lossless | 3.20 | +25.0 % | −2.0 % | – |" in short
    assert "| set: largest error 1 | 2.00 | – | – | 0.0 % |" in short
    assert "compresses 0.50 and decompresses 1.00 million samples a second on 2 threads" in short
    assert "### set" in SECTIONS["lossless-sets"](tmp_path)


def test_the_command(plan, stubs):
    words = ["lossless", "--data", str(plan.data[0]), "-o", str(plan.out), "--repeats", "1"]
    result = CliRunner().invoke(commands, [*words, "--against", "png", "--bounds", "0,2"])
    assert result.exit_code == 0, result.output
    assert "Largest error 2:" in result.output
    assert (plan.out / "lossless.md").exists()
    assert CliRunner().invoke(commands, [*words, "--bounds", "x"]).exit_code == 2
    (plan.data[0] / "broken.png").write_bytes(b"no picture")
    result = CliRunner().invoke(commands, [*words, "--against", "none"])
    assert isinstance(result.exception, PellucidError)
