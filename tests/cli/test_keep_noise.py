"""`compress --keep-noise`, and what the other commands say of its files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

import pellucid


def test_the_source_comes_back_as_it_was(run, photo, pixels) -> None:
    said = run("compress", photo, "--keep-noise", "--model", "s", "-q", 30).stdout
    assert "quality 30, and the source lossless" in said
    run("decompress", "photo.pel", "-o", "source.png", "--which", "source")
    run("decompress", "photo.pel", "-o", "base.png")
    with Image.open("source.png") as source, Image.open("base.png") as base:
        assert np.array_equal(np.asarray(source), pixels)
        assert not np.array_equal(np.asarray(base), pixels)
        assert base.size == source.size
    about = run("info", "photo.pel").stdout
    kept = pellucid.info("photo.pel").kept_bytes
    assert f"and as many of the source, {kept:,} bytes" in about
    assert "quality 30, and the source lossless" in about
    run("verify", "photo.pel")


def test_within_a_bound(run, photo) -> None:
    options = ("--keep-noise", "--max-error", 3, "--size", "2k", "--json")
    fields = json.loads(run("compress", photo, *options).stdout)
    assert fields["source_error"] == 3
    assert fields["max_error"] is None
    assert "each sample within 3" in run("info", "photo.pel").stdout


def test_what_does_not_fit_is_said(run, photo) -> None:
    assert (
        "leave lossless out" in run("compress", photo, "--keep-noise", "--lossless", code=2).stderr
    )
    run("compress", photo, "-q", 30)
    said = run("decompress", "photo.pel", "-o", "a.png", "--which", "source", code=2).stderr
    assert "--keep-noise" in said
    assert not Path("a.png").exists()
