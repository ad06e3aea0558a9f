from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
import pytest

from pellucid.errors import InputError
from pellucid.evaluate.benches import compress
from pellucid.evaluate.benches.compress_plots import quality_at, style_of
from pellucid.evaluate.benches.compress_rows import (
    SPEED_ROWS,
    SWEEP,
    Timing,
    average_curve,
    curves,
    megapixels_a_second,
    timed,
)
from pellucid.evaluate.benches.compress_tables import (
    bd_tables,
    speed_note,
    speed_table,
    spread_parts,
)
from pellucid.evaluate.metrics import METRICS
from pellucid.evaluate.registry import SECTIONS
from pellucid.evaluate.report import html, sync_page, write_report
from pellucid.evaluate.table import Table, count, grouped, percent, plain, rate, signed

pytest.importorskip("bjontegaard")
POINTS = [(0.2, 29.0), (0.4, 31.5), (0.8, 34.5), (1.6, 38.5)]
FACTORS = {"pellucid-m": 0.75, "webp": 1.0, "avif": 0.9}


@pytest.fixture
def sweep(make_row):
    """m takes 25 % fewer bytes than WebP, AVIF 10 % fewer."""
    return [
        make_row(
            codec=codec,
            image=image,
            setting=float(number),
            bpp=bpp * factor,
            psnr=psnr,
            ms_ssim=1 - 0.1 / (number + 1),
            ssimulacra2=None,
        )
        for codec, factor in FACTORS.items()
        for image in ("one", "two")
        for number, (bpp, psnr) in enumerate(POINTS)
    ]


@pytest.fixture
def results(tmp_path, sweep, make_row):
    SWEEP.add(tmp_path, sweep)
    times = {"pellucid-m": (0.1, 0.05), "webp": (0.2, 0.01), "avif": (0.4, 0.02)}
    SPEED_ROWS.add(
        tmp_path,
        [
            Timing(**asdict(make_row(codec=codec, image=image, encode_s=e, decode_s=d, repeats=5)))
            for image in ("one", "two")
            for codec, (e, d) in times.items()
        ],
    )
    return tmp_path


def test_a_metric_has_a_table_with_a_row_a_peer_and_a_column_a_model(sweep):
    more = [replace(r, codec="pellucid-m-e4") for r in sweep if r.codec == "pellucid-m"]
    psnr, ms_ssim = bd_tables([*sweep, *more])
    assert str(psnr).splitlines() == [
        "| PSNR against | m | m-e4 |",
        "| --- | --: | --: |",
        "| WebP, method 6 | −25.0 % | −25.0 % |",
        "| AVIF 4:4:4, speed 6 | −16.7 % | −16.7 % |",
    ]
    assert str(ms_ssim).startswith("| MS-SSIM against | m | m-e4 |")
    assert "−25.0 % (−25.0 %)" in str(bd_tables(sweep, both_means=True)[0])


def test_the_spread_has_a_table_a_model(sweep):
    """Of pictures that take 25 % fewer, 10 % fewer and 50 % more bytes than WebP."""
    kept = [r for r in sweep if r.image == "one"]
    more = [("two", 1.2), ("three", 2.0)]
    for image, factor in more:
        for r in [r for r in kept if r.image == "one"]:
            own = factor if r.codec == "pellucid-m" else 1.0
            kept.append(replace(r, image=image, bpp=r.bpp * own, butteraugli=40 / r.psnr))
    said, table = spread_parts(kept)
    assert "quartiles" in said
    lines = str(table).splitlines()
    assert lines[0] == (
        "| m against | PSNR: median (quartiles) | worst | MS-SSIM: median (quartiles) | worst | "
        "Butteraugli: median (quartiles) | worst |"
    )
    webp = "−10.0 % (−17.5 to +20.0) | +50.0 % (three)"
    fewer = "+20.0 % (+5.0 to +35.0) | +50.0 % (three)"  # two pictures have it
    assert lines[2] == f"| WebP, method 6 | {webp} | {webp} | {fewer} |"
    assert spread_parts([r for r in sweep if r.codec != "pellucid-m"]) == []


def test_without_overlap_a_dash_and_without_pellucid_a_sentence(sweep, make_row):
    far = [replace(r, psnr=r.psnr + 90) if r.codec == "webp" else r for r in sweep]
    psnr, ms_ssim = map(str, bd_tables(far))
    assert "| WebP, method 6 | – |" in psnr
    assert "| WebP, method 6 | −25.0 % |" in ms_ssim
    fewer = [r for r in sweep if (r.codec, r.image) != ("pellucid-m", "two")]
    assert "| WebP, method 6 | −25.0 % *n* 1 |" in str(bd_tables(fewer)[0])
    (said,) = bd_tables([r for r in sweep if r.codec != "pellucid-m"])
    assert str(said).startswith("No BD-rate")


def test_curves_keep_only_settings_that_all_pictures_have(sweep):
    short = [r for r in sweep if not (r.image == "two" and r.setting == 3)]
    assert {len(c) for c in curves(short, "webp", METRICS["psnr"]).values()} == {3}
    mean = average_curve(sweep, "webp", METRICS["psnr"])
    assert np.array(mean) == pytest.approx(np.array(POINTS))
    assert average_curve(sweep, "webp", METRICS["ssimulacra2"]) == []


def test_speeds(results):
    found = timed(SPEED_ROWS.load(results))
    assert list(found) == ["pellucid-m", "webp", "avif"]
    speed = megapixels_a_second(found["pellucid-m"], "decode_s")
    assert speed == pytest.approx(768 * 512 / 1e6 / 0.05)
    assert np.isnan(megapixels_a_second(found["pellucid-m"], "decode_low"))


def test_report_and_plots(results):
    pytest.importorskip("matplotlib")
    text, paths = write_report(compress.BENCH, results)
    assert "2 pictures, 24 files made and decoded." in text
    assert "Compress time of pellucid m: 0.25 of AVIF 4:4:4, speed 6." in text
    assert "| pellucid m | 0.50 | 33.30 | 3.93 | 0.25 | 7.86 |" in text
    plots = ("rd-psnr", "rd-ms_ssim", "speed-quality")
    names = ["report.md", *(name + end for name in plots for end in (".png", ".svg"))]
    assert [path.name for path in paths] == names
    assert all(path.read_bytes()[1:4] == b"PNG" for path in paths[1::2])
    drawn = [path.read_text(encoding="utf-8") for path in paths[2::2]]
    assert all(">pellucid m<" in text for text in drawn)
    write_report(compress.BENCH, results)
    assert drawn == [path.read_text(encoding="utf-8") for path in paths[2::2]]


def test_every_model_tuning_and_effort_is_drawn(tmp_path, sweep):
    pytest.importorskip("matplotlib")
    names = ["pellucid-m", "pellucid-m-eye", "pellucid-m-eye-e4", "pellucid-s-e9", "pellucid-mine"]
    own = [row for row in sweep if row.codec == "pellucid-m"]
    SWEEP.add(tmp_path, [replace(row, codec=name) for name in names for row in own])
    _, paths = write_report(compress.BENCH, tmp_path)
    drawn = next(path for path in paths if path.name == "rd-psnr.svg").read_text(encoding="utf-8")
    assert all(f">{name.replace('-', ' ', 1)}<" in drawn for name in names)
    looks = {tuple(style_of(name).values()) for name in names}
    assert len(looks) == len(names)


def test_quality_at_a_rate(sweep):
    found = quality_at(sweep, "webp", METRICS["psnr"], 0.8)
    assert found == pytest.approx(34.5)
    between = quality_at(sweep, "webp", METRICS["psnr"], (0.4 * 0.8) ** 0.5)
    assert between == pytest.approx((31.5 + 34.5) / 2)
    assert np.isnan(quality_at(sweep, "webp", METRICS["psnr"], 0.1))
    assert np.isnan(quality_at(sweep, "jxl", METRICS["psnr"], 0.8))


def test_quartiles_and_memory_where_they_were_measured(results, make_row):
    rows = [
        replace(row, encode_low=row.encode_s / 2, encode_high=row.encode_s * 2)
        for row in SPEED_ROWS.load(results)
    ]
    rows = [replace(row, decode_low=row.decode_s, decode_high=row.decode_s) for row in rows]
    rows[0] = replace(rows[0], encode_mb=150.4, decode_mb=120.0)
    text = str(speed_table(rows))
    assert "| memory (MB) |" in text
    assert "| 3.93 (1.97–7.86) | 0.25 | 7.86 (7.86–7.86) | 150 / 120 |" in text
    assert "| WebP, method 6 | 0.50 | 33.30 | 1.97 (0.98–3.93) | 0.51 | 39 (39–39) | – |" in text
    note = speed_note(rows, "")
    assert "quartiles in brackets" in note
    assert "one picture of 768x512" in note
    rows[1] = replace(rows[1], encode_low=None)
    assert "| WebP, method 6 | 0.50 | 33.30 | 1.97 | 0.51 | 39 (39–39) | – |" in str(
        speed_table(rows)
    )


START, END = "<!-- bench:start -->", "<!-- bench:end -->"


def test_the_readme_follows_the_rows(results, tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(f"# before\n{START}\nold\n{END}\nafter\n", encoding="utf-8")
    assert not sync_page(readme, results, SECTIONS, check=True)
    assert "old" in readme.read_text(encoding="utf-8")
    assert not sync_page(readme, results, SECTIONS)
    text = readme.read_text(encoding="utf-8")
    assert text.startswith(f"# before\n{START}\n| PSNR against |")
    assert text.endswith(f"\n{END}\nafter\n")
    assert sync_page(readme, results, SECTIONS, check=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no markers", r"no line such as <!-- .*:start -->"),
        (f"{END}\n{START}", "bench:end"),
        (START, "bench:end"),
        ("<!-- speed:start -->\n<!-- speed:end -->", "has the marker speed"),
    ],
)
def test_a_page_without_markers(results, tmp_path, text, message):
    (tmp_path / "README.md").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        sync_page(tmp_path / "README.md", results, SECTIONS)


def test_what_was_not_measured_is_said(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"{START}\n{END}\n", encoding="utf-8")
    sync_page(page, tmp_path, SECTIONS)
    assert page.read_text(encoding="utf-8") == f"{START}\nNot measured yet.\n{END}\n"


def test_no_rows(tmp_path):
    with pytest.raises(InputError, match="pellucid bench compress"):
        write_report(compress.BENCH, tmp_path)


def test_a_table_as_markdown_and_as_html():
    pytest.importorskip("markdown_it")
    assert str(Table(["a", "b"], [["1", "2"]])) == "| a | b |\n| --- | --: |\n| 1 | 2 |"
    assert "| --- | --- |" in str(Table(["a", "b"], [], text=True))
    text = html(["## Part <i>", Table(["a", "b"], [["**x**", plain("<b>_|*")]])], "m")
    assert '<h3 id="m-1">Part &lt;i&gt;</h3>' in text
    assert 'aria-label="Table: Part &lt;i&gt;"' in text
    assert '<th scope="row"><strong>x</strong></th><td>&lt;b&gt;_|*</td>' in text
    assert "<script>" not in html(["<script>alert(1)</script>"], "m")


def test_a_table_of_rows_and_rows_by_a_key():
    by_size = grouped(["two", "six", "four"], len)
    assert list(by_size.items()) == [(3, ["two", "six"]), (4, ["four"])]
    columns = {"letters": lambda one: str(one[0]), "words": lambda one: " ".join(one[1])}
    assert Table.of(by_size.items(), columns) == Table(
        ["letters", "words"], [["3", "two six"], ["4", "four"]]
    )


def test_numbers_in_words():
    assert [signed(value) for value in (1.234, -0.5, 0.0, -0.001)] == [
        "+1.23",
        "−0.50",
        "0.00",
        "0.00",
    ]
    assert percent(-12.34) == "−12.3 %"
    assert [rate(value) for value in (9.999, 10.4)] == ["10.00", "10"]
    assert [count(number, "run") for number in (1, 2)] == ["1 run", "2 runs"]
