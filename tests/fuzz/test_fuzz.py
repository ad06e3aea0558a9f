"""Bounded runs of the fuzz target: mutations drawn by seed, and libFuzzer's where it is there."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fuzz.fuzz_reader import (
    container_seeds,
    decodable_seeds,
    exact_seeds,
    one_input,
    sequence_seeds,
    write_corpus,
)
from fuzz.mutate import join, mutate, split
from fuzz.run import Report, run
from work import calls_of

ROOT = Path(__file__).resolve().parents[2]
MAX_GROWTH_MIB = 64


def check(report: Report, tries: int) -> None:
    assert not report.failures, report.failures[0]
    assert report.tries == tries
    assert report.peak_mib - report.peak_mib_before < MAX_GROWTH_MIB


def test_mutations_are_the_same_every_time_and_change_the_file() -> None:
    for seed in container_seeds():
        assert join(split(seed)) == seed
        made = [mutate(seed, number) for number in range(200)]
        assert made == [mutate(seed, number) for number in range(200)]
        assert len(set(made)) > 150


def test_seeds_are_sound() -> None:
    assert {one_input(seed, decode=False) for seed in container_seeds()} == {"parsed"}
    assert {one_input(seed) for seed in decodable_seeds()} <= {"decoded"}
    assert {one_input(seed) for seed in exact_seeds()} == {"decoded"}


def test_mutated_containers() -> None:
    report = run(tries=2000, decode=False)
    check(report, 2000)
    reached = {"parsed", "NotPelFileError", "DamagedFileError", "UnsupportedError"}
    assert reached | {"VersionError", "LimitError"} <= report.outcomes.keys()


def test_mutated_pictures() -> None:
    assert decodable_seeds()
    report = run(tries=300, seed=10**6)
    check(report, 300)
    assert "decoded" in report.outcomes


def test_mutated_exact_pictures() -> None:
    report = run(tries=600, seed=2 * 10**6, files=exact_seeds(), cost=calls_of)
    check(report, 600)
    assert {"decoded", "DamagedFileError"} <= report.outcomes.keys()
    assert report.dearest < 50_000  # calls


def test_mutated_sequences() -> None:
    assert [one_input(seed) for seed in sequence_seeds()] == ["decoded", "parsed"]
    report = run(tries=600, seed=3 * 10**6, files=sequence_seeds())
    check(report, 600)
    assert {"decoded", "parsed", "DamagedFileError"} <= report.outcomes.keys()


# libFuzzer looks at the peak memory of its process, and a process started from this one begins with
# the peak that all tests before have left. One started from a shell begins with the shell's.
APART = ("sh", "-c", '"$@"; exit $?', "sh")


@pytest.mark.parametrize(
    "seconds", [2, pytest.param(10, marks=pytest.mark.slow)], ids=["2s", "10s"]
)
def test_libfuzzer(seconds: int, tmp_path: Path) -> None:
    if importlib.util.find_spec("atheris") is None:
        pytest.skip("atheris is not installed; get it with: pip install atheris")
    write_corpus(tmp_path / "corpus")
    options = [f"-max_total_time={seconds}", "-rss_limit_mb=1024", "-max_len=4096", "-verbosity=1"]
    options += [f"-artifact_prefix={tmp_path}/", str(tmp_path / "corpus")]
    done = subprocess.run(
        [*APART, sys.executable, "-m", "tests.fuzz.libfuzzer", *options],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=60 + 10 * seconds,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    assert "cov: " in done.stderr
