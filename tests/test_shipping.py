"""Weights that take the place of others: the tool that does it, and what their old files get."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from tools.ship_models import ship

import pellucid
from pellucid.errors import PellucidError, UnknownModelError
from pellucid.runtime import CodecModel, network_id, store
from pellucid.runtime.model import read_card
from shipped import CODECS
from tiny_model import RECIPE, build, export, new_trainer, synthetic_picture

PICTURE = synthetic_picture(5, 60, 80)


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    command = ["git", *who, *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def package(tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose models are `tiny` alone, in the place of the package's."""
    models = tmp_path / "repository" / "models"
    shutil.copytree(tiny_folder, models / "tiny")
    (models / "retired.json").write_text("{}")
    git(models, "init", "-q")
    git(models, "add", ".")
    git(models, "commit", "-qm", "tiny")
    monkeypatch.delenv("PELLUCID_MODELS", raising=False)
    monkeypatch.setattr(store, "_by_path", {})
    monkeypatch.setattr(store, "PACKAGED", models)
    monkeypatch.setattr(store, "RETIRED", models / "retired.json")
    return models


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Other weights of the same name, without intervals."""
    return export(new_trainer(RECIPE), tmp_path_factory.mktemp("newer"))


def test_files_of_replaced_weights_are_told_what_reads_them(package: Path, newer: Path) -> None:
    old = pellucid.compress(PICTURE, quality=60, model="tiny")
    identity, commit = pellucid.info(old).model_id, git(package, "rev-parse", "HEAD").strip()
    (package / "tiny" / "intervals.npz").write_bytes(b"of the old weights")
    told = ship(newer, package)
    assert identity in told
    assert read_card(package / "tiny") == read_card(newer)
    assert not (package / "tiny" / "intervals.npz").exists()
    pellucid.decompress(pellucid.compress(PICTURE, quality=60, model="tiny"))
    for read in (pellucid.decompress, pellucid.verify):
        with pytest.raises(UnknownModelError, match="never published") as caught:
            read(old)
        for word in (identity, commit[:12], f"pre-release of pellucid {pellucid.__version__}"):
            assert word in str(caught.value)
    about = pellucid.info(old)
    assert (about.model_id, about.model_name, about.quality) == (identity, None, 60)
    with pytest.raises(UnknownModelError, match="which is not installed; upgrade"):
        store.find_model(b"\n" * 16)


def test_retired_weights_still_read_their_files_where_they_are_installed(
    package: Path, newer: Path, tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = pellucid.compress(PICTURE, quality=60, model="tiny")
    expected = pellucid.decompress(old)
    ship(newer, package)
    monkeypatch.setenv("PELLUCID_MODELS", str(tiny_folder.parent))
    assert np.array_equal(pellucid.decompress(old), expected)


def test_the_same_weights_and_new_names_retire_nothing(
    package: Path, tiny_folder: Path, tmp_path: Path
) -> None:
    ship(tiny_folder, package)
    ship(shutil.copytree(tiny_folder, tmp_path / "other"), package)
    assert json.loads((package / "retired.json").read_text()) == {}
    assert sorted(path.name for path in package.glob("*/")) == [".git", "other", "tiny"]


def test_weights_that_no_commit_has_cant_be_retired(
    package: Path, newer: Path, tmp_path: Path
) -> None:
    ship(newer, package)
    with pytest.raises(PellucidError, match="commit first"):
        ship(build(tmp_path / "newest"), package)
    assert len(json.loads((package / "retired.json").read_text())) == 1
    assert read_card(package / "tiny") == read_card(newer)


def test_what_is_no_model_is_not_replaced(package: Path, newer: Path) -> None:
    (package / "tiny" / "card.json").unlink()
    with pytest.raises(PellucidError, match="no model"):
        ship(newer, package)


def test_an_analysis_goes_to_its_codec(package: Path, tiny_denoising: Path, newer: Path) -> None:
    made = tiny_denoising.parent / "made"
    before = read_card(package / "tiny")
    assert str(package / "tiny") in ship(made, package)
    assert read_card(package / "tiny") == before
    model = store.load_model("tiny")
    assert model.can_denoise
    assert model.denoising_analysis.facts["codec"] == before["id"]
    card = json.loads((package / "tiny" / "denoising_analysis.json").read_text())
    assert (card["kind"], card["id"]) == ("analysis", read_card(made)["id"])
    ship(newer, package)
    assert not store.load_model("tiny").can_denoise, "of other weights"
    with pytest.raises(PellucidError, match="which isn't in"):
        ship(made, package)


@pytest.mark.parametrize("name", CODECS)
def test_a_shipped_analysis_is_of_the_codec_it_lies_with(name: str) -> None:
    model = CodecModel(store.PACKAGED / name)
    assert model.can_denoise == (name in ("m", "m-eye"))
    if model.can_denoise:
        assert model.denoising_analysis.facts["codec"] == model.id.hex()
        card = json.loads((model.folder / "denoising_analysis.json").read_text())
        data = (model.folder / "denoising_analysis.onnx").read_bytes()
        assert network_id(data).hex() == card["id"]
        assert int(card["halo"]) == model.denoising_halo


def test_retired_ids_are_of_models_that_are_gone() -> None:
    retired = json.loads(store.RETIRED.read_text("utf-8"))
    assert not retired.keys() & set(pellucid.models().values())
