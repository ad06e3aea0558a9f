from __future__ import annotations

import zlib
from dataclasses import dataclass, replace

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from pellucid.cli.bench import bench as commands
from pellucid.errors import InputError, OptionError, OutputError, PellucidError
from pellucid.evaluate import bench
from pellucid.evaluate.benches.lossless import BENCH, Plan, cases
from pellucid.evaluate.benches.lossless_tables import ROWS as STORE
from pellucid.evaluate.benches.lossless_tables import ExactResult, comparisons, report, verdict
from pellucid.evaluate.peers.exact import EXACT
from pellucid.evaluate.report import markdown, write_report
from pellucid.evaluate.runs import Run, load_runs, save_runs


@dataclass
class StubCodec:
    """Deflates; within a bound it drops what the bound allows, and `off` more."""

    name: str
    level: int = 6
    version: str = "stub 1"
    threading: str = "one thread"
    settings: tuple[float, ...] = ()
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
        monkeypatch.setitem(EXACT.makers, name, lambda threads, stub=stub: stub)
    return found


@pytest.fixture
def plan(tmp_path):
    folder = tmp_path / "set"
    folder.mkdir()
    ramp = np.arange(40 * 30).reshape(40, 30) // 7
    Image.fromarray(ramp.astype(np.uint8)).save(folder / "grey.png")
    Image.fromarray(np.stack([ramp % 200] * 4, axis=2).astype(np.uint8)).save(folder / "soft.png")
    np.save(folder / "bands.npy", np.stack([ramp, ramp + 9, ramp * 3, ramp, ramp], 2).astype("<u2"))
    return Plan(data=(folder,), out=tmp_path / "out", codecs=("png", "webp"), repeats=1)


def run(plan):
    return bench.run(BENCH, plan)


def rows_of(plan, method="pellucid"):
    return [row for row in STORE.load(plan.out) if row.method == method]


def test_a_row_for_every_picture_and_bound(plan, stubs):
    outcome = run(plan)
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
    refused = {"webp": ["takes uint8, not uint16"], "pellucid-apart": ["takes uint16, not uint8"]}
    assert outcome.facts == {"refused": {"set": refused}}
    (made,) = load_runs(plan.out)
    assert made.facts == outcome.facts
    assert made.what == "lossless and bounded: set"
    assert made.machine["cores"]
    assert made.methods["png"] == {"threading": "one thread"}


def test_what_is_refused_is_that_of_the_last_run_of_a_codec(plan, stubs):
    run(replace(plan, command="first"))
    stubs["webp"].version, stubs["webp"].only = "stub 2", ""
    outcome = run(replace(plan, command="second", name="set", codecs=("webp",)))
    assert outcome.new_rows == 3
    text = markdown(report(plan.out))
    assert "takes uint8, not uint16" not in text
    assert "Measured with `second`." in text
    stubs["png"].only = "uint8"
    run(replace(plan, command="third", codecs=("png",), fresh=True))
    assert "Without rows, for some pictures or all:\n\n- PNG" in markdown(report(plan.out))


def test_it_goes_on_where_it_stopped_and_drops_what_is_stale(plan, stubs):
    run(plan)
    before = stubs["pellucid"].encoded
    assert run(plan).new_rows == 0
    assert stubs["pellucid"].encoded == before
    assert run(replace(plan, bounds=(0, 2))).new_rows == 3 + 1
    stubs["png"].version = "stub 2"
    assert run(plan).new_rows == 3
    assert run(replace(plan, repeats=2)).new_rows == 13
    assert run(replace(plan, repeats=2, fresh=True)).new_rows == 13
    other = replace(plan, name="other", bounds=(0,), fresh=True)
    assert run(other).new_rows == 3 + 1 + 3 + 2
    assert {row.data for row in rows_of(plan)} == {"set", "other"}, "other sets stay"


def test_a_codec_that_breaks_its_word_has_no_row(plan, stubs):
    stubs["png"].off = 1
    (plan.data[0] / "broken.png").write_bytes(b"no picture")
    np.save(plan.data[0] / "float.npy", np.zeros((3, 3)))
    outcome = run(plan)
    assert not (plan.out / "lossless-png.tsv").exists()
    assert "grey by png within 0: a sample came back 1 off, the bound is 0" in outcome.failures
    assert [f.partition(":")[0] for f in outcome.failures if "png within" not in f] == [
        "set, broken",
        "set, float",
    ]
    assert len(rows_of(plan)) == 6


def test_which_pictures(plan, tmp_path):
    folder = plan.data[0]

    def found(*sources, **changes):
        data = sources or (folder,)
        return [(one.data, one.name) for one in cases(replace(plan, data=data, **changes))]

    assert found() == [("set", "bands"), ("set", "grey"), ("set", "soft")]
    assert found(match="*.npy", name="x") == [("x", "bands")]
    assert found(folder / "grey.png") == [("set", "grey")]
    assert len(found(images=2)) == 2
    (tmp_path / "more").mkdir()
    np.save(tmp_path / "more" / "grey.npy", np.zeros((2, 2), np.uint8))
    assert found(tmp_path / "more", folder, images=1) == [("more", "grey"), ("set", "bands")]
    with pytest.raises(InputError, match="the set x has more than one picture called 'grey'"):
        found(tmp_path / "more", folder, name="x")
    with pytest.raises(InputError, match=r"names like '\*\.raw'"):
        found(match="*.raw")
    with pytest.raises(InputError, match="isn't a folder of pictures"):
        found(tmp_path / "none")
    np.save(folder / "grey.npy", np.zeros((2, 2), np.uint8))
    with pytest.raises(InputError, match="more than one picture called 'grey'"):
        found()


def test_wrong_options(plan, stubs, tmp_path):
    for change, message in (
        ({"bounds": ()}, "no bounds"),
        ({"bounds": (0, 16384)}, "16384"),
        ({"repeats": 0}, "at least 1, got 0"),
        ({"codecs": ("flif",)}, "'flif'"),
    ):
        with pytest.raises(OptionError, match=message):
            run(replace(plan, **change))
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="can't write"):
        run(replace(plan, out=tmp_path / "file" / "out"))


def row(**changes) -> ExactResult:
    base = ExactResult(
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
    found = {one.method: one for one in comparisons(ROWS, 0, 0)}
    assert list(found) == ["pellucid", "jxl", "pellucid-apart", "png"]
    assert found["pellucid"].bits == pytest.approx(8 * 800_000 / 2e6)
    assert found["png"].ratio("bytes") == pytest.approx(1_000_000 / 800_000)
    assert found["jxl"].ratio("bytes") == pytest.approx(0.98)
    assert len(found["jxl"].rows) == 1
    assert found["png"].rate("encode_s") == pytest.approx(0.4)


def test_the_report_says_who_is_smaller_and_faster(tmp_path):
    assert verdict(comparisons(ROWS, 0, 0)) == (
        "Larger files than pellucid's: PNG, optimized (+25.0 %). Smaller: JPEG XL, effort 7 "
        "(−2.0 %). Slower than pellucid to compress: PNG, optimized; all others are faster. "
        "Slower than pellucid to decompress: JPEG XL, effort 7; all others are faster."
    )
    facts = {"refused": {"set": {"webp": ["takes RGB and RGBA, not 2 channels"]}}}
    save_runs(tmp_path, [Run("lossless", "set", "the command", facts=facts)])
    STORE.add(tmp_path, ROWS)
    text = markdown(report(tmp_path))
    assert "| pellucid | 3.200 |  | 0.50 | 1.00 |" in text
    assert "| JPEG XL, effort 7 (1 picture) | 3.920 | −2.0 % | 1.00 | 0.50 |" in text
    assert "each band in a file of its own pellucid's bytes change by +2.0 %." in text
    assert "Largest error 1:" in text
    assert "Equal: JPEG-LS." in text
    assert "yet smaller" not in text
    (tmp_path / "far").mkdir()
    far = [replace(r, bytes=600_000) if r.bound else r for r in ROWS]
    STORE.add(tmp_path / "far", far)
    assert (
        "Lossless, and yet smaller than pellucid within this bound: JPEG XL, effort 7 (−18.3 %)."
        in markdown(report(tmp_path / "far"))
    )
    assert "Measured with `the command`." in text
    assert "pellucid keeps the last, alpha, exactly" in text
    assert "- WebP, method 6: takes RGB and RGBA, not 2 channels" in text


def test_sections(tmp_path):
    assert [make(tmp_path) for make in BENCH.sections.values()] == [[], []]
    with pytest.raises(InputError, match="pellucid bench lossless"):
        write_report(BENCH, tmp_path)
    STORE.add(tmp_path, ROWS)
    short = markdown(BENCH.sections["lossless"](tmp_path))
    assert "| set: lossless | 3.20 | +25.0 % | −2.0 % | – |" in short
    assert "| set: largest error 1 | 2.00 | – | – | 0.0 % |" in short
    assert "compresses 0.50 and decompresses 1.00 million samples a second on 2 threads" in short
    assert "### set" in markdown(BENCH.sections["lossless-sets"](tmp_path))


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
