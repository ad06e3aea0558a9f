"""Kept rows and the commands that remake them; the page of benchmarks names what is there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from pellucid.cli import main
from pellucid.evaluate.commands import _step, commands_of
from pellucid.evaluate.record import append_results

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "results" / "v0.1"
PAGE = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")


def parses(line: str) -> bool:
    """Whether the program would take these words, without running anything."""
    command, words = main, shlex.split(line)[1:]
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
    assert rows - known == {"training-m.tsv"}  # its command is on the page, by hand
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
    assert _step(names[::3], names) == 3
    assert _step(names[:2], names) == 1
    assert _step(names[:1], names) == 10
    assert _step(["other"], names) == 1


def test_the_page_names_files_and_commands_that_are_there():
    for line in re.findall(r"^pellucid bench [^#\n]+", PAGE, re.MULTILINE):
        assert parses(line)
    for name in re.findall(r"`(tests/[^`]+|tools/[^`]+)`", PAGE):
        assert (ROOT / name).exists(), name
    for module in re.findall(r"python -m tools\.(\w+)", PAGE):
        assert (ROOT / "tools" / f"{module}.py").exists(), module
    claims = PAGE.partition("## Claims")[2].partition("## Commands")[0]
    for pattern in re.findall(r"`([\w*.-]+\.(?:tsv|png))`", claims):
        assert list(RESULTS.glob(pattern)) or pattern == "size.tsv", pattern
    for path in RESULTS.glob("*.tsv"):
        assert any(path.match(p) for p in re.findall(r"`([\w*.-]+\.tsv)`", claims)), path.name


@pytest.mark.parametrize("page", ["README.md", "docs/denoising.md", "docs/lossless.md"])
def test_every_generated_table_is_among_the_claims(page):
    """A new table of results comes with a line on the page of benchmarks."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for section in re.findall(r"<!-- ([\w-]+):start -->", text):
        before = text.partition(f"<!-- {section}:start -->")[0]
        heading = re.findall(r"^#+ (.+)$", before, re.MULTILINE)[-1]
        anchor = re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        assert f"{Path(page).name}#{anchor}" in PAGE, (section, anchor)
