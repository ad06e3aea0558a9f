from __future__ import annotations

import re
from dataclasses import asdict
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from click.testing import CliRunner

from pellucid.cli.bench import bench as command
from pellucid.errors import InputError, OutputError
from pellucid.evaluate import runs
from pellucid.evaluate.benches.compress_plots import STYLES
from pellucid.evaluate.benches.compress_rows import SPEED_ROWS, SWEEP, Timing
from pellucid.evaluate.drawing import Plot, new_figure
from pellucid.evaluate.html import PLOT_COLOURS, css, inline, report_page, write_html

for module in ("bjontegaard", "markdown_it", "matplotlib"):
    pytest.importorskip(module)

VOID = {"meta", "br", "link", "input", "img"}


class Page(HTMLParser):
    """Checks nesting, and collects ids, targets of links, and tags with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open, self.ids, self.targets, self.tags = [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.tags.append((tag, found))
        self.ids += [found["id"]] if "id" in found else []
        self.targets += [v for k, v in attrs if k in ("href", "xlink:href", "src")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def folder(tmp_path_factory, make_row):
    """Two codecs on two pictures, timed, and a file of a kind that nobody knows."""
    tmp_path = tmp_path_factory.mktemp("results")
    points = enumerate([(0.2, 29.0), (0.4, 31.5), (0.8, 34.5), (1.6, 38.5)])
    for number, (bpp, psnr) in points:
        for codec in ("pellucid-m", "webp"):
            rows = [
                make_row(codec=codec, image=i, setting=float(number), bpp=bpp, psnr=psnr)
                for i in ("one", "two")
            ]
            SWEEP.add(tmp_path, rows)
    timed = [Timing(**asdict(make_row(codec=codec))) for codec in ("pellucid-m", "webp")]
    SPEED_ROWS.add(tmp_path, timed)
    line, machine = (
        "pellucid bench compress --data album",
        {"processor": "A <Fast> One", "cores": 2},
    )
    files = ["compress-webp.tsv", "speed.tsv"]
    runs.save_runs(tmp_path, [runs.Run("compress", "compression: album", line, machine, files)])
    (tmp_path / "other-kind.tsv").write_text("name\tvalue\n<b>\t12.5\n", encoding="utf-8")
    (tmp_path / "other-long.tsv").write_text("a\tb\n" + "1\t2\n" * 99, encoding="utf-8")
    return tmp_path


@pytest.fixture(scope="module")
def text(folder):
    return report_page(folder)


def test_one_page_that_needs_nothing_else(text):
    page = Page(text)
    assert len(page.ids) == len(set(page.ids))
    assert all(target.startswith("#") and target[1:] in page.ids for target in page.targets)
    assert not re.search(r"https?://(?!www\.w3\.org/)", text)
    assert "@import" not in text
    assert "<script" not in text
    assert re.findall(r"url\(#([^)]+)\)", text)
    assert set(re.findall(r"url\(#([^)]+)\)", text)) <= set(page.ids)


def test_what_is_on_it(folder, text):
    assert "A &lt;Fast&gt; One" in text
    assert '<th scope="row">WebP, method 6</th>' in text
    assert '<td class="text"><code>pellucid bench compress --data album</code></td>' in text
    assert '<th scope="row">&lt;b&gt;</th><td>12.5</td>' in text
    assert "99 rows of: a, b." in text
    assert '<th scope="row">compress-webp.tsv</th><td>8</td>' in text
    assert "Denoising" not in text
    assert write_html(folder).read_text(encoding="utf-8") == text


def test_keyboard_and_screen_reader(text):
    page = Page(text)
    frames = [found for tag, found in page.tags if found.get("role") == "region"]
    assert len(frames) == sum(tag == "table" for tag, _ in page.tags) > 3
    assert all(found["tabindex"] == "0" and found["aria-label"] for found in frames)
    assert all("scope" in found for tag, found in page.tags if tag == "th")
    plots = [found for tag, found in page.tags if tag == "svg"]
    assert all(found["role"] == "img" and found["aria-label"] for found in plots)
    assert len(plots) == 4  # PSNR, MS-SSIM, SSIMULACRA2, speed
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert page.tags[0] == ("html", {"lang": "en"})


def test_plots_take_their_colours_from_the_page(text):
    text = text.partition("</style>")[2]
    assert "var(--plot-d55e00)" in text
    assert not re.search(r"(fill|stroke): ?#(?!f)", text)
    assert {colour for colour, _ in STYLES.values()} <= PLOT_COLOURS.keys()
    assert css().count("--plot-882255:") == 2


def test_ids_of_two_plots_differ():
    figure, (axes,) = new_figure(2, 2)
    axes.plot([1, 2], [1, 3])
    first, second = (Page(inline(Plot(name, "a < b", figure))) for name in ("one", "two"))
    assert first.ids
    assert not set(first.ids) & set(second.ids)
    assert first.tags[0][1]["aria-label"] == "a < b"


def test_no_rows(tmp_path):
    with pytest.raises(InputError, match="bench all --quick"):
        report_page(tmp_path)
    with pytest.raises(InputError, match="isn't a folder"):
        report_page(tmp_path / "none")


def test_command(tmp_path):
    (tmp_path / "some.tsv").write_text("a\n1\n", encoding="utf-8")
    out = tmp_path / "page.html"
    words = ["report", str(tmp_path), "-o", str(out)]
    for more in ([], ["--force"]):
        result = CliRunner().invoke(command, [*words, *more], catch_exceptions=False)
        assert result.exit_code == 0
        assert f"wrote {out}" in result.output
    with pytest.raises(OutputError, match="--force"):
        CliRunner().invoke(command, words, catch_exceptions=False)
    CliRunner().invoke(command, words[:2], catch_exceptions=False)
    assert (tmp_path / "report.html").exists()
