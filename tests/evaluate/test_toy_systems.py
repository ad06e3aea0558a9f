"""One contract for every system of `bench toy`; a new one is tested by being registered."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from pellucid.errors import MissingExtraError, OptionError, PellucidError
from pellucid.evaluate.benches.denoise_tasks import with_noise
from pellucid.evaluate.metrics import psnr
from pellucid.evaluate.peers import toy_cnn as models
from pellucid.evaluate.peers.toy import AT, CLEANERS, CODERS, LABELS, NAMES, SYSTEMS
from pellucid.evaluate.peers.toy_base import (
    SIGMA,
    Budget,
    tables_of,
)
from pellucid.evaluate.peers.toy_cnn import load_keras
from pellucid.evaluate.peers.toy_learners import forest, vectors
from pellucid.evaluate.peers.toy_predictive import base_of, passes_of

TINY = Budget(seconds=60, rounds=1, seed=3)


def pictures_of(count: int, side: int, channels: int, seed: int = 0) -> np.ndarray:
    """Soft shades with a bright disc, another for each picture."""
    draw = np.random.default_rng(seed)
    y, x = np.mgrid[0:side, 0:side] / side
    found = []
    for _ in range(count):
        a, b, c, d = draw.random(4)
        shade = 90 + 70 * np.sin(5 * a * y + 3 * b * x)
        disc = 80 * (np.hypot(y - c, x - d) < 0.25)
        found.append(np.stack([shade + disc * (k + 1) / 3 for k in range(channels)], axis=2))
    return np.clip(found, 0, 255).astype(np.uint8)


SETS = {1: pictures_of(16, 20, 1), 3: pictures_of(16, 16, 3)}


def had(task, name):
    """A system, or a skip that says what is missing."""
    found, missing = AT[task].load([name], 1)
    if missing:
        pytest.skip(missing[name])
    return found[0]


@pytest.mark.parametrize("name", CODERS)
def test_a_codec_gives_pictures_from_bytes_alone(name):
    pictures = SETS[3 if name in ("forest", "cnn") else 1]
    system = had("compress", name)
    assert (system.name, system.task) == (name, "compress")
    assert any(digit.isdigit() for digit in system.version)
    assert "thread" in system.threading
    codec = system.train(pictures, TINY)
    assert (codec.learnt == "not trained here") == (not system.learns)
    assert bool(codec.size) == system.learns
    picture = pictures[-1]
    assert set(system.settings) <= {"single", "sheet"}
    for settings in system.settings.values():
        coded = [codec.encode(picture, setting) for setting in settings]
        assert all(type(data) is bytes for data in coded)
        assert len(coded[0]) <= len(coded[-1])
        decoded = [codec.decode(data, picture.shape) for data in coded]
        for data, result in zip(coded, decoded, strict=True):
            assert (result.shape, result.dtype) == (picture.shape, np.uint8)
            assert np.array_equal(result, codec.decode(data, picture.shape))
        if not name.startswith("cnn"):  # one round over 16 pictures teaches a network little
            quality = [psnr(picture, result.astype(np.float32)) for result in decoded]
            assert quality[-1] >= max(quality[0], 25)


@pytest.mark.parametrize("name", CLEANERS)
def test_a_denoiser_gives_a_picture(name):
    pictures = SETS[3 if name in ("forest", "cnn_flat") else 1]
    system = had("denoise", name)
    assert (system.name, system.task) == (name, "denoise")
    assert any(digit.isdigit() for digit in system.version)
    assert "thread" in system.threading
    cleaner = system.train(pictures[:-1], TINY)
    assert bool(cleaner.size) == system.learns
    clean = pictures[-1].astype(np.float32)
    noisy = with_noise(clean, SIGMA, "one")
    before = noisy.copy()
    result = cleaner.denoise(noisy, SIGMA)
    assert (result.shape, result.dtype) == (clean.shape, np.float32)
    assert np.array_equal(noisy, before), "the input stays"
    assert np.isfinite(result).all()
    if not name.startswith("cnn"):
        assert psnr(clean, result) >= psnr(clean, noisy) - (1 if name == "noisy" else -1)


@pytest.mark.parametrize("name", ["cnn", "forest", "svr"])
def test_a_seed_makes_the_same_system_again(name):
    picture = SETS[1][-1]
    files, results = [], []
    for _ in range(2):
        system = had("compress", name)
        codec = system.train(SETS[1][:8], TINY)
        cleaner = had("denoise", name).train(SETS[1][:8], TINY)
        files.append(codec.encode(picture, system.settings["single"][-1]))
        results.append(cleaner.denoise(with_noise(picture.astype(np.float32), SIGMA, "x"), SIGMA))
    assert files[0] == files[1]
    assert np.array_equal(results[0], results[1])


@pytest.mark.parametrize(
    ("hidden", "loss", "code"),
    [("relu", "mse", 16), ("tanh", "bce", 16), ("sigmoid", "mse", None)],
)
def test_the_network_is_as_a_keras_user_expects(hidden, loss, code):
    pytest.importorskip("torch", exc_type=ImportError)
    pytest.importorskip("sklearn", exc_type=ImportError)
    keras = load_keras(1)
    kind = (hidden, loss)
    network = models.build(keras, (20, 20, 1), code, kind, seed=1)
    encoder, decoder = network.layers
    inputs = models.to_unit(SETS[1])
    before = network.evaluate(inputs, inputs, verbose=0)
    network.fit(inputs, inputs, batch_size=8, epochs=3, verbose=0)
    assert network.evaluate(inputs, inputs, verbose=0) < before
    codes = models.run(encoder, inputs)
    assert models.run(decoder, codes).shape == inputs.shape
    kinds = [type(layer).__name__ for layer in encoder.layers]
    assert kinds[:2] == ["Conv2D", "MaxPooling2D"]
    assert kinds[2:] == (
        ["Flatten", "Dense", "BatchNormalization", "Activation"] if code else ["Conv2D"]
    )
    if code:
        low, high = models.code_range(kind)
        assert codes.shape == (16, code)
        assert low <= codes.min() < codes.max() <= high


def test_keras_reads_and_writes_no_settings(tmp_path):
    pytest.importorskip("torch", exc_type=ImportError)
    pytest.importorskip("sklearn", exc_type=ImportError)
    code = (  # matplotlib, which keras loads where it is, has a cache of its own
        "import os, sys; sys.modules['matplotlib'] = None;"
        "from pellucid.evaluate.peers.toy_cnn import load_keras;"
        "keras = load_keras(1); assert keras.backend.backend() == 'torch';"
        "assert os.environ['KERAS_BACKEND'] == 'jax' and 'KERAS_HOME' not in os.environ"
    )
    source = os.pathsep.join(path for path in sys.path if path)
    environment = {**os.environ, "PYTHONPATH": source, "HOME": str(tmp_path)}
    environment.pop("KERAS_HOME", None)
    environment["KERAS_BACKEND"] = "jax"
    command = [sys.executable, "-W", "error", "-c", code]
    subprocess.run(command, env=environment, check=True, cwd=tmp_path)
    assert not (tmp_path / ".keras").exists()


def test_every_sample_is_guessed_once_from_known_ones():
    for height, width in ((28, 28), (32, 32), (20, 36), (16, 64)):
        known = np.zeros((height, width), bool)
        known[base_of(height, width)] = True
        for one in passes_of(height, width):
            assert known[one.near].all()
            assert not known[one.at].any()
            known[one.at] = True
        assert known.all()


def test_tables_hold_what_was_counted_and_what_was_not():
    symbols, index = np.array([0, 0, 0, 5, -1, 9]), np.array([0, 0, 0, 1, 1, 1])
    for times in (1, 0, 10**5):
        tables = tables_of(np.repeat(symbols, times), np.repeat(index, times), 2, 3)
        assert len(tables) == 2
        seen = np.array([[0, 0, 0, 3, 0, 0, 0], [0, 0, 1, 0, 0, 0, 2]]) * times + 1
        for table, counts in enumerate(seen):
            found = tables.probabilities(table)
            assert found.min() > 0
            assert np.allclose(found[:-1], counts / counts.sum(), atol=2e-3)


@pytest.mark.parametrize("make", [forest, vectors])
def test_a_learner_stops_at_its_budget(make):
    try:
        learner = make(1)
    except MissingExtraError as error:
        pytest.skip(str(error))
    draw = np.random.default_rng(1)
    features = draw.random((2000, 4))
    values = features[:, 0] * 30 + draw.normal(0, 1, 2000)
    least = learner.fit(features, values, Budget(seconds=0))
    few = learner.fit(features, values, Budget(seconds=60, rounds=1))
    more = learner.fit(features, values, Budget(seconds=60, rounds=2))
    assert least.learnt == few.learnt != more.learnt
    assert np.corrcoef(more.predict(features), values)[0, 1] > 0.95
    assert more.size > 100


def test_names():
    assert set(NAMES) == set(LABELS) == set(CODERS) | set(CLEANERS)
    assert AT["compress"].makers is CODERS
    assert AT["denoise"].makers is CLEANERS
    assert SYSTEMS.expand(["all"]) == NAMES
    assert SYSTEMS.expand(["cnn"]) == ("cnn",)
    assert SYSTEMS.expand(["networks"])[0] == "cnn"
    assert SYSTEMS.expand(["svr", "pellucid", "svr"]) == ("svr", "pellucid-m", "pellucid-s")
    with pytest.raises(
        OptionError, match="no system called 'lstm'; there are: all, none, networks"
    ):
        SYSTEMS.expand(["lstm"])


def test_a_missing_library_is_named_with_the_line_that_gets_it(monkeypatch):
    for module, name, line in (
        ("keras", "cnn", r"pellucid\[bench,train\]"),
        ("torch", "cnn", r"pellucid\[bench,train\]"),
        ("sklearn.svm", "svr", r"pellucid\[bench\]"),
        ("bm3d", "bm3d", r"pellucid\[bench\]"),
    ):
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, module, None)
            found, missing = AT["denoise"].load([name], 1)
            assert not found
            with pytest.raises(PellucidError, match=line):
                raise PellucidError(missing[name])


def test_keras_with_another_backend_is_refused(monkeypatch):
    pytest.importorskip("torch", exc_type=ImportError)
    pytest.importorskip("sklearn", exc_type=ImportError)
    keras = load_keras(1)
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(OptionError, match="KERAS_BACKEND=torch"):
        load_keras(1)
