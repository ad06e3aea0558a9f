"""Kept rows and the commands that made them; the page of benchmarks names what is there."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from pathlib import Path

import click
import pytest

from pellucid.cli import main
from pellucid.cli._bench_command import command_line
from pellucid.cli.batch import DEFAULT, Verbs
from pellucid.cli.bench import bench
from pellucid.errors import InputError
from pellucid.evaluate.benches import denoise_tools, intervals, large, training
from pellucid.evaluate.benches import guided_tables as guided
from pellucid.evaluate.benches import toy_rows as toy
from pellucid.evaluate.html import report_page
from pellucid.evaluate.registry import unknown_files
from pellucid.evaluate.runs import Run, load_runs, machine_of, methods_of, record

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "results" / "v0.1"
PAGE = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")


def program() -> click.Context:
    """Where the program's commands begin."""
    return click.Context(main, info_name="pellucid", **main.context_settings)


def parses(line: str) -> bool:
    """Whether the program would take these words, without running anything."""
    command, words = main, shlex.split(line, comments=True)[1:]
    context = program()
    while isinstance(command, click.Group):
        if isinstance(command, Verbs) and not words:
            return True  # it is talked about
        if isinstance(command, Verbs) and words[0] not in command.commands:
            words = [DEFAULT, *words]
        command = command.get_command(context, words[0])
        words = words[1:]
        assert command is not None, line
    command.make_context(command.name, words, parent=context)
    return True


def test_every_file_of_rows_has_a_command_that_parses():
    found = load_runs(RESULTS)
    known = {name for one in found for name in one.files}
    rows = {path.name for path in RESULTS.glob("*.tsv")}
    assert rows == known
    assert unknown_files(RESULTS) == []
    for one in found:
        assert one.command.startswith("python -m tools.") or parses(one.command)
        assert str(ROOT) not in one.command


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


ODD = Path("some where") / "it's 50% (a)"  # a folder that a shell would take apart


def test_each_bench_that_makes_rows_has_a_command():
    lines = [run.command for run in load_runs(RESULTS)]
    made = {line.split()[2] for line in lines if line.startswith("pellucid bench ")}
    assert made == set(bench.list_commands(None)) - {
        "all",
        "report",
        "table",
    }  # these measure nothing new


def written_down(*words: object) -> str:
    """What `command_line` says of a command of `pellucid bench`, without running it."""
    command, context = bench, program()
    context = click.Context(bench, info_name="bench", parent=context)
    command = bench.get_command(context, str(words[0]))
    with command.make_context(command.name, [str(word) for word in words[1:]], context):
        return command_line()


def test_a_bench_writes_down_the_words_it_was_given(tmp_path):
    odd = tmp_path / ODD
    line = written_down(
        "compress", "--data", odd, "-o", tmp_path / "my rows", "--against", "jpeg,webp",
        "--models", "none", "--metrics", "psnr", "--images", 3, "--quick",
    )  # fmt: skip
    assert line == (
        f"pellucid bench compress --data {shlex.quote(odd.name)} -o 'my rows' --against jpeg,webp "
        "--models none --metrics psnr --images 3 --quick"
    )
    assert parses(line)
    line = written_down("toy", "--data", "sets/a", "--data", "../b", "-o", "out", "--minutes", 0.5)
    assert line == "pellucid bench toy --data sets/a --data b -o out --minutes 0.5"
    assert str(tmp_path) not in line


def run_of(command: str, **more: object) -> Run:
    return Run("compress", "compression: a", command, {"cores": 2}, **more)


def test_runs_of_a_folder(tmp_path):
    """A command stands as long as some of its rows may be there; one that goes on is one."""
    record(tmp_path, run_of("first"), "compress-a.tsv", anew=True)
    record(tmp_path, run_of("first"), "compress-b.tsv", anew=True)
    (run,) = load_runs(tmp_path)
    assert run.files == ["compress-a.tsv", "compress-b.tsv"]
    second = run_of("second", methods={"a": {"threading": "two"}})
    record(tmp_path, second, "compress-a.tsv", anew=False)
    assert [run.command for run in load_runs(tmp_path)] == ["first", "second"]
    record(tmp_path, second, "compress-b.tsv", anew=True)
    assert [run.files for run in load_runs(tmp_path)] == [
        ["compress-a.tsv"],
        ["compress-a.tsv", "compress-b.tsv"],
    ]
    record(tmp_path, run_of("third"), "compress-a.tsv", anew=True)
    assert [run.command for run in load_runs(tmp_path)] == ["second", "third"]
    assert methods_of(tmp_path, "compress") == {"a": {"threading": "two"}}
    assert machine_of(tmp_path, "compress") == {"cores": 2}
    assert machine_of(tmp_path, "toy") == {}


def test_a_file_that_is_no_list_of_runs(tmp_path):
    (tmp_path / "runs.json").write_text('[{"colour": "red"}]', encoding="utf-8")
    with pytest.raises(InputError, match="isn't a list of runs"):
        load_runs(tmp_path)


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
    """Each kind of rows has its part of the page."""
    pytest.importorskip("markdown_it")
    run = toy.ToyRun("cnn", "mnist", "denoise", 500, 20, 2.0, 0, 2, 9.5, "all", 10, "1")
    shot = toy.ToyResult("cnn", "mnist", "denoise", "single", 25.0, 0, 1, 784, 0, 20.0, 0.5, 0.1)
    other = replace(run, system="webp", task="compress", train_pictures=0, minutes=0.0)
    coded = replace(shot, system="webp", task="compress", bytes=99)
    toy.RUNS.add(tmp_path, [run, replace(other, model_bytes=0)])
    toy.ROWS.add(tmp_path, [shot, coded])
    big = large.LargeResult(
        "compress", 4898, 4898, 4898**2, 9, 10, 11, "model s, quality 60", 2, "1"
    )
    large.ROWS.add(tmp_path, [big])
    pair = guided.Denoised("rgbd", "one", "unguided", 8, 8, 10.0, 30.0, "pellucid 1, s 00")
    (more, noisy, peer) = (
        replace(pair, method=name) for name in ("guided", "noisy", "guided filter, radius 3")
    )
    rows = [pair, more, noisy, peer, replace(pair, method="turned")]
    guided.DENOISED.add(tmp_path, rows)
    within = intervals.Coverage("decode", "m", "album", 30.0, "one", 8, 8, 0.9, 2.0, "1")
    intervals.ROWS.add(tmp_path, [within, replace(within, step=60.0)])
    ways = denoise_tools.BandWay("bands", 64, 0.1, "noisy", 33.98, 0.1)
    denoise_tools.BANDS.add(tmp_path, [ways])
    point = training.FirstPoint(42.1, 8857, 1161, -2.91)
    training.FIRST.write(tmp_path / "training-s.tsv", [point])
    page = report_page(tmp_path)
    for title in ("Large pictures", "With a guide", "Coverage of intervals", "Training"):
        assert f">{title}</h2>" in page
    assert "MNIST, 28x28 grey: denoise, sigma 25</h3>" in page
    assert "33.98" in page
    assert "Other rows" not in page
