"""Kept rows and the commands that remake them; the page of benchmarks names what is there."""

from __future__ import annotations

import importlib
import re
import shlex
from dataclasses import replace
from pathlib import Path

import click
import pytest

from pellucid.cli import main
from pellucid.cli.bench import bench
from pellucid.evaluate import training_rows
from pellucid.evaluate.commands import commands_of, step_of
from pellucid.evaluate.denoising import band_rows
from pellucid.evaluate.guided import rows as guided
from pellucid.evaluate.html import report_page
from pellucid.evaluate.html.parts import unknown_files
from pellucid.evaluate.intervals import coverage
from pellucid.evaluate.large import rows as large
from pellucid.evaluate.record import append_results
from pellucid.evaluate.sizes import rows as sizes
from pellucid.evaluate.store import MACHINE, write_facts
from pellucid.evaluate.toy import rows as toy

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "results" / "v0.1"
PAGE = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")


def parses(line: str) -> bool:
    """Whether the program would take these words, without running anything."""
    command, words = main, shlex.split(line, comments=True)[1:]
    context = click.Context(main, info_name="pellucid")
    while isinstance(command, click.Group):
        command = command.get_command(context, words[0])
        words = words[1:]
        assert command is not None, line
    command.make_context(command.name, words)
    return True


def test_every_file_of_rows_has_a_command_that_parses():
    found = commands_of(RESULTS, "results/v0.1")
    known = {path.name for one in found for name in one.files for path in RESULTS.glob(name)}
    rows = {path.name for path in RESULTS.glob("*.tsv")}
    assert rows == known
    assert unknown_files(RESULTS) == []
    for one in found:
        assert one.line.startswith("python -m tools.") or parses(one.line)
        assert str(ROOT) not in one.line


def test_settings_are_those_of_the_rows(tmp_path, make_row):
    for codec in ("pellucid-m", "webp", "avif"):
        rows = [make_row(codec=codec, ssimulacra2=None, threads=3)]
        append_results(tmp_path / f"compress-{codec}.tsv", rows)
    (one,) = commands_of(tmp_path, "out")
    assert one.line == (
        "pellucid bench compress --data FOLDER -o out --models m --against webp,avif "
        "--metrics psnr,ms_ssim --threads 3 --repeats 0"
    )
    assert one.files == ("compress-*.tsv",)


def test_each_nth_picture():
    names = [f"{n:02}" for n in range(10)]
    assert step_of(names[::3], names) == 3
    assert step_of(names[:2], names) == 1
    assert step_of(names[:1], names) == 10
    assert step_of(["other"], names) == 1


def test_the_page_names_files_and_commands_that_are_there():
    for line in re.findall(r"^pellucid bench [^#\n]+", PAGE, re.MULTILINE):
        assert parses(line)
    for name in re.findall(r"`(tests/[^`]+|tools/[^`]+)`", PAGE):
        assert (ROOT / name).exists(), name
    for module in re.findall(r"python -m tools\.(\w+)", PAGE):
        assert (ROOT / "tools" / f"{module}.py").exists(), module
    claims = PAGE.partition("## Claims")[2].partition("## Commands")[0]
    for pattern, later in re.findall(r"`([\w*.-]+\.(?:tsv|png))`(, once measured)?", claims):
        assert list(RESULTS.glob(pattern)) or later, pattern
    for path in RESULTS.glob("*.tsv"):
        assert any(path.match(p) for p in re.findall(r"`([\w*.-]+\.tsv)`", claims)), path.name


PAGES = ("README.md", *(str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.md")))
REPORTS = tuple(str(path.relative_to(ROOT)) for path in RESULTS.glob("*.md"))
KNOWN = "|".join(main.commands)


@pytest.mark.parametrize("page", sorted({*PAGES, *REPORTS} - {"docs/cli.md"}))
def test_commands_on_a_page_run(page, tmp_path, monkeypatch):
    """Whole lines parse; of those inside a sentence an input may be missing, but no option."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "DIR").mkdir()
    for name in ("noisy.tif", "OLD.pt"):
        (tmp_path / name).touch()
    (tmp_path / "recipes").mkdir()
    for path in (ROOT / "recipes").iterdir():
        (tmp_path / "recipes" / path.name).touch()
    text = (ROOT / page).read_text(encoding="utf-8")
    for line in re.findall(rf"^ *(pellucid (?:{KNOWN}) .+)$", text, re.MULTILINE):
        assert parses(line), line
    for line in re.findall(rf"`(pellucid (?:{KNOWN})(?: [^`\n]*)?)`", text):
        try:
            parses(line)
        except click.MissingParameter:
            assert page in PAGES, line
            assert "--data" not in line, line


def made_by(plan: dict[str, object], package: str, *more: object) -> str:
    """What `command_of` of a bench says of a plan."""
    module = importlib.import_module(f"pellucid.evaluate.{package}.bench")
    return str(module.command_of(module.Plan(**plan), *more))


ODD = Path("some where") / "it's 50% (a)"  # a folder that a shell would take apart


@pytest.mark.parametrize(
    ("package", "plan", "more"),
    [
        ("toy", {"data": (ODD,), "minutes": 0.1, "train": 500, "held_out": 20, "rounds": 2}, ()),
        ("toy", {"data": (ODD, Path("b")), "systems": ("cnn", "webp")}, ()),
        ("large", {"data": ODD, "megapixels": (24, 1.5), "tasks": ("compress",)}, ()),
        ("lossless", {"data": (ODD,), "codecs": (), "match": "*.d p.png", "name": "x"}, ("x",)),
    ],
)
def test_commands_that_benches_write_down_parse(package, plan, more, tmp_path):
    line = made_by({**plan, "out": tmp_path / "my rows"}, package, *more)
    words = shlex.split(line)
    assert parses(line)
    assert words[words.index("-o") + 1] == "my rows"
    if package != "lossless":
        assert words[words.index("--data") + 1] == ODD.name


def test_each_bench_that_makes_rows_has_a_command(tmp_path):
    cost = sizes.SizeResult(
        "compress", "m", "an album", 500, 500, 60.0, 9, 0.1, 0.1, 0.1, 90.0, 60.0, 2, 3, "1"
    )
    sizes.TABLE.write(tmp_path / sizes.FILE, [cost])
    lines = [one.line for one in commands_of(RESULTS) + commands_of(tmp_path, "my rows")]
    made = {line.split()[2] for line in lines if line.startswith("pellucid bench ")}
    assert made == set(bench.commands) - {"all", "report", "table"}  # these measure nothing new
    (line,) = [one.line for one in commands_of(tmp_path, "my rows")]
    assert parses(line)
    assert "--data 'an album' -o 'my rows' --megapixels 0.25 " in line


def test_compression_of_two_sets_is_two_commands(tmp_path, make_row):
    rows = [make_row(image=name) for name in ("one", "two")]
    append_results(tmp_path / "compress-webp.tsv", rows)
    write_facts(tmp_path / MACHINE, {"data": {"one": "a", "two": "b c"}})
    lines = [one.line for one in commands_of(tmp_path)]
    assert [shlex.split(line)[4] for line in lines] == ["a", "b c"]
    assert all(parses(line) for line in lines)


TABLES = ("denoising", "explain", "guided", "large", "lossless", "toy")


@pytest.mark.parametrize("page", ["README.md", *(f"docs/{name}.md" for name in TABLES)])
def test_every_generated_table_is_among_the_claims(page):
    """A new table of results comes with a line on the page of benchmarks."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for section in re.findall(r"<!-- ([\w-]+):start -->", text):
        before = text.partition(f"<!-- {section}:start -->")[0]
        heading = re.findall(r"^#+ (.+)$", before, re.MULTILINE)[-1]
        anchor = re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        assert f"{Path(page).name}#{anchor}" in PAGE, (section, anchor)


def test_benches_of_one_subject(tmp_path):
    """Settings come from rows, each line parses, and each kind has its part of the page."""
    pytest.importorskip("markdown_it")
    run = toy.ToyRun("cnn", "mnist", "denoise", 500, 20, 2.0, 0, 2, 9.5, "all", 10, "1")
    shot = toy.ToyResult("cnn", "mnist", "denoise", "single", 25.0, 0, 1, 784, 0, 20.0, 0.5, 0.1)
    toy.keep(tmp_path, run, [shot])
    other = replace(run, system="webp", task="compress", train_pictures=0, minutes=0.0)
    coded = replace(shot, system="webp", task="compress", bytes=99)
    toy.keep(tmp_path, replace(other, model_bytes=0), [coded])
    big = large.LargeResult(
        "compress", 4898, 4898, 4898**2, 9, 10, 11, "model s, quality 60", 2, "1"
    )
    large.save_rows(tmp_path, [big], "pellucid bench large --data album --threads 2")
    pair = guided.Denoised("rgbd", "one", "unguided", 8, 8, 10.0, 30.0, "pellucid 1, s 00")
    (more, noisy, peer) = (
        replace(pair, method=name) for name in ("guided", "noisy", "guided filter, radius 3")
    )
    rows = [pair, more, noisy, peer, replace(pair, method="turned")]
    guided.DENOISED.write(tmp_path / guided.DENOISE, rows)
    within = coverage.Coverage("decode", "m", "album", 30.0, "one", 8, 8, 0.9, 2.0, "1")
    coverage.TABLE.write(tmp_path / coverage.FILE, [within, replace(within, step=60.0)])
    ways = band_rows.BandWay("bands", 64, 0.1, "noisy", 33.98, 0.1)
    band_rows.TABLE.write(tmp_path / band_rows.FILE, [ways])
    point = training_rows.FirstPoint(42.1, 8857, 1161, -2.91)
    training_rows.FIRST.write(tmp_path / "training-s.tsv", [point])
    found = commands_of(tmp_path, "out")
    assert {one.line for one in found} == {
        "pellucid bench toy --data mnist -o out --systems webp,cnn --minutes 2 --train 500 "
        "--held-out 20 --threads 2",
        "pellucid bench large --data album -o out --megapixels 24 --tasks compress --model s "
        "--threads 2",
        "pellucid bench guided --pairs rgbd --data rgbd --images 1 -o out --sigma 10 --model s "
        "--task denoise",
        "pellucid bench intervals --data album -o out --task decode --model m --at 30 --at 60 "
        "--images 1",
        "python -m tools.denoise_bands bands.npy --crop 64 -o out/denoise-bands.tsv",
        "python -m tools.training_curve recipes/codec-s.toml CHECKPOINT... --train FOLDER "
        "--test FOLDER --anchor ANCHOR --metrics psnr --qualities 20,35,50,65,80 "
        "-o out/training-s.tsv",
    }
    assert all(one.line.startswith("python") or parses(one.line) for one in found)
    page = report_page(tmp_path)
    for title in ("Large pictures", "With a guide", "Coverage of intervals", "Training"):
        assert f">{title}</h2>" in page
    assert "MNIST, 28x28 grey: denoise, sigma 25</h3>" in page
    assert "33.98" in page
    assert "Other rows" not in page
