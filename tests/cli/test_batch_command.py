"""`pellucid batch`: its words, and what it refuses; runs themselves are in tests/scale."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

import pellucid
from pellucid.cli import main
from pellucid.cli._batch_options import REFUSED
from pellucid.cli.batch import batch
from pellucid.scale import run as engine
from program import call

# --- words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("SRC", "DST"), "compress"),
        (("compress", "SRC", "DST"), "compress"),
        (("--lossless", "SRC", "DST"), "compress"),
        (("./denoise", "DST"), "compress"),
        (("denoise", "SRC", "DST"), "denoise"),
        (("decompress", "SRC", "DST"), "decompress"),
        (("verify", "SRC"), "verify"),
        (("transcode", "SRC", "DST"), "transcode"),
    ],
)
def test_verbs(run, runs, words, name) -> None:
    run("batch", *words)
    assert runs.verb.name == name
    assert runs.options.source == next(word for word in words if word in ("SRC", "./denoise"))
    assert runs.options.target == ("DST" if "DST" in words else None)


def test_options_of_the_run(run, runs) -> None:
    run("batch", "SRC", "DST")
    given = runs.options
    plain = engine.BatchOptions(source="SRC", target="DST", dashboard="127.0.0.1:8787")
    assert given == plain
    files = ("--manifest", "m.sqlite", "--report", "r.html", "--parquet", "p.parquet")
    run("batch", "SRC", "DST", "--scheduler", "tcp://h:1", "--resume", "--limit", 7, *files)
    assert runs.options == engine.BatchOptions(
        source="SRC",
        target="DST",
        scheduler="tcp://h:1",
        resume=True,
        limit=7,
        manifest=Path("m.sqlite"),
        report=Path("r.html"),
        parquet=Path("p.parquet"),
    )
    run("batch", "SRC", "DST", "--workers", 3, "--force", "--dashboard", ":9")
    assert (runs.options.workers, runs.options.force, runs.options.dashboard) == (3, True, ":9")
    run("batch", "transcode", "SRC", "DST", "--skip-existing", "--verified", "ok.txt")
    assert runs.options.skip_existing
    assert runs.options.verified == Path("ok.txt")
    assert runs.words == ""


def test_no_dashboard_without_bokeh(run, runs, monkeypatch) -> None:
    monkeypatch.setattr("pellucid.cli._batch_options.find_spec", lambda _: None)
    run("batch", "SRC", "DST")
    assert runs.options.dashboard is None


@pytest.mark.parametrize(
    ("verb", "given", "words"),
    [
        ("compress", "", ""),
        ("compress", "-q 40", "--quality 40"),
        (
            "compress",
            "--quality 40 --tile 64 --no-metadata",
            "--quality 40 --tile 64 --no-metadata",
        ),
        ("compress", "--tile 64 --size 1.5MB", "--size 1500000 --tile 64"),
        ("compress", "--effort 0 --denoise off --max-pixels 268435456", ""),
        ("compress", "--max-pixels 1G", "--max-pixels 1000000000"),
        ("compress", "--lossless --resume --limit 3", "--lossless"),
        ("decompress", "--scale 1/2 --region 1,2,3,4", "--region 1,2,3,4 --scale 1/2"),
        ("decompress", "--grain --format tif", "--grain 1.0 --format tif"),
        ("decompress", "--which picture --grain 0", ""),
        ("denoise", "--sigma 4 --strength .5", "--sigma 4.0 --strength 0.5"),
        ("transcode", "--no-check --keep-larger", "--no-check --keep-larger"),
        ("transcode", "--check", ""),
    ],
)
def test_a_verb_in_words(run, runs, verb, given, words) -> None:
    """The same for the same options, however they are written: a manifest compares them."""
    run("batch", verb, "SRC", "DST", *given.split())
    assert runs.words == words
    run("batch", verb, "SRC", "DST", *words.split())
    assert runs.words == words


def test_options_reach_the_verb(run, runs, photo) -> None:
    run("batch", "SRC", "DST", "--quality", 33, "--model", "s")
    runs.verb.work(photo, Path("a.pel"))
    assert pellucid.info("a.pel").quality == 33
    run("batch", "transcode", "SRC", "DST", "--keep-larger", "--max-error", 1, "--no-check")
    assert runs.verb.work(photo, Path("b.pel")).fields["max_error"] == 1


def test_the_folder_of_a_model_is_absolute(run, runs, monkeypatch) -> None:
    """As workers run elsewhere; an installed model goes by its name."""
    models = Path(pellucid.__file__).parent / "models"
    monkeypatch.chdir(models)
    run("batch", "SRC", "DST", "--model", "./s")
    assert runs.words == f"--model {models / 's'}"
    run("batch", "SRC", "DST", "--model", "s")
    assert runs.words == "--model s"
    run("batch", "denoise", "SRC", "DST", "--model", "denoise-s/denoiser.onnx")
    assert runs.words == f"--model {models / 'denoise-s' / 'denoiser.onnx'}"
    assert list(runs.verb.prints().values()) == [pellucid.denoisers()["s"]]


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "option", "name"),
    [
        *[("compress", words, words.split()[0]) for words in ("-r", "--jobs 3", "--keep-times")],
        ("compress", "-o out", "--out"),
        ("compress", "--out out", "--out"),
        ("compress", "--guide a.png", "--guide"),
        ("transcode", "--guide a.png", "--guide"),
        ("denoise", "--guide a.png", "--guide"),
        ("denoise", "--mask a.png", "--mask"),
        ("decompress", "--recursive", "--recursive"),
    ],
)
def test_what_is_for_one_file(run, runs, verb, option, name) -> None:
    said = run("batch", verb, "SRC", "DST", *option.split(), code=2).stderr
    name = "--recursive" if name == "-r" else name
    assert said == f"pellucid: {name} {REFUSED[name[2:].replace('-', '_')]}\n"
    assert runs.verb is None


def test_what_help_names(run) -> None:
    for verb in batch.commands:
        said = run("batch", verb, "--help").stdout
        assert said.index(f"Options of {verb}") < said.index("Options of the run")
        for name in ("--guide", "--mask", "--jobs", "--recursive", "--keep-times", "--against"):
            assert f"\n  {name}" not in said
        for name in ("--scheduler", "--resume", "--dry-run", "--price", "--json"):
            assert said.count(f"\n  {name}") == 1
    assert "./denoise" in run("batch", "-h").stdout
    assert run("batch", code=2).output == run("batch", "--help").output
    assert "--verified" in run("batch", "transcode", "-h").stdout
    assert "--verified" not in run("batch", "compress", "-h").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("SRC",), "Missing argument 'DST'"),
        (("verify", "SRC", "DST"), "unexpected extra argument"),
        (("verify", "SRC", "--against", "a.png"), "--against is the source of one file"),
        (("SRC", "DST", "--force", "--skip-existing"), "--force and --skip-existing: the first"),
        (("SRC", "DST", "--resume", "--dry-run"), "--dry-run and --resume: the first keeps"),
        (("SRC", "DST", "--resume", "--sample", 3), "--sample and --resume: the first keeps"),
        (("SRC", "DST", "--dry-run", "--parquet", "a"), "--dry-run and --parquet: "),
        (("SRC", "DST", "--dry-run", "--sample", 3), "--dry-run and --sample: a sample"),
        (("SRC", "DST", "--scheduler", "tcp://h:1", "--workers", 2), "--scheduler and --workers"),
        (("SRC", "DST", "--scheduler", "tcp://h:1", "--dashboard", ":9"), "it has its own"),
        (("SRC", "DST", "--price", 1), "--price is for an estimate"),
        (("SRC", "DST", "--price", 0, "--sample", 3), "0.0 is not in the range"),
        (("SRC", "DST", "--limit", 0), "0 is not in the range"),
        (("SRC", "DST", "--workers", 0), "0 is not in the range"),
        (("SRC", "DST", "--quality", 40, "--lossless"), "give one of quality"),
        (("SRC", "DST", "--model", "none"), "no model 'none'"),
        (("denoise", "SRC", "DST", "--model", "none"), "no denoiser 'none'"),
        (("transcode", "SRC", "DST", "--verified", "a", "--no-check"), "leave --no-check out"),
        (("transcode", "SRC", "DST", "--verified", "a", "--dry-run"), "--dry-run and --verified"),
    ],
)
def test_wrong_usage(run, runs, words, said) -> None:
    assert said in run("batch", *words, code=2).stderr
    assert runs.verb is None


def test_every_verb_takes_what_its_command_does() -> None:
    """But for what makes no sense for many pictures; those are refused, not unknown."""
    for name, command in batch.commands.items():
        known = {opt for param in command.params for opt in param.opts}
        original = "compress" if name == "transcode" else name
        for param in main.commands[original].params:
            if param.name not in ("inputs", "files"):
                assert set(param.opts) <= known, (name, param.name)


def test_without_dask(run, monkeypatch) -> None:
    for name in [name for name in sys.modules if name.startswith("pellucid.scale.")]:
        if name.rpartition(".")[2] in ("run", "dispatch", "workers", "task"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr("pellucid.scale.run")
    monkeypatch.setitem(sys.modules, "distributed", None)
    said = run("batch", "SRC", "DST", code=1).stderr
    assert said == (
        "pellucid: distributed is not installed; get it with: pip install 'pellucid[scale]'\n"
    )


# --- a whole run ----------------------------------------------------------------------------------


def test_transcode_in_whole(photo, folder) -> None:
    """With real workers: a picture that is verified, and one that is none."""
    Path("photos").mkdir()
    photo.rename("photos/photo.png")
    Path("photos/bad.jpg").write_bytes(b"")
    words = ("--workers", 1, "--verified", "ok.txt", "--json", "--dashboard", "127.0.0.1:0")
    done = call("batch", "transcode", "photos", "out", *words)
    assert done.returncode == 1, done.stderr
    said = json.loads(done.stdout)
    assert (said["done"], said["failed"], said["errors"]) == (1, 1, {"InputError": 1})
    assert Path("ok.txt").read_text() == f"{Path('photos/photo.png').resolve()}\n"
    assert pellucid.compare("out/photo.png.pel", "photos/photo.png").identical
    again = call("batch", "transcode", "photos", "out", *words)
    assert again.returncode == 1
    assert "ok.txt exists already" in again.stderr
