"""One model in two tunings, one for PSNR and one for the eye: both are made by real training."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import pellucid
from pellucid._api import options
from pellucid.cli import main
from pellucid.errors import OptionError
from pellucid.evaluate.peers.lossy import LOSSY
from pellucid.runtime import find_model, load_model
from tiny_model import EYE_RECIPE, build, synthetic_picture

PICTURE = synthetic_picture(3, 70, 90)


@pytest.fixture(scope="module")
def both(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `tiny` and `tiny-eye`."""
    folder = tmp_path_factory.mktemp("tunings")
    shutil.copytree(tiny_folder, folder / "tiny")
    build(folder, EYE_RECIPE)
    return folder


@pytest.fixture
def installed(both: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PELLUCID_MODELS", str(both))
    return both


@pytest.fixture
def only_psnr(tiny_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PELLUCID_MODELS", str(tiny_folder.parent))
    return tiny_folder


def model_of(data: bytes) -> tuple[str | None, str | None]:
    about = pellucid.info(data)
    return about.model_name, about.tune


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ({"model": "tiny"}, "tiny-eye"),
        ({"model": "tiny", "tune": "psnr"}, "tiny"),
        ({"model": "tiny", "tune": "eye"}, "tiny-eye"),
        ({"model": "tiny-eye"}, "tiny-eye"),
        ({"model": "tiny-eye", "tune": "eye"}, "tiny-eye"),
    ],
)
def test_a_name_and_a_tuning_choose_the_model(
    installed: Path, asked: dict[str, str], name: str
) -> None:
    data = pellucid.compress(PICTURE, quality=70, **asked)
    assert model_of(data) == (name, "eye" if name.endswith("eye") else "psnr")
    assert data == pellucid.compress(PICTURE, quality=70, model=installed / name)
    error = pellucid.decompress(data).astype(float) - PICTURE
    assert np.sqrt((error**2).mean()) < 20, "it is a picture of the source"


def test_the_tunings_are_two_models(installed: Path) -> None:
    known = pellucid.models()
    assert known["tiny"] != known["tiny-eye"]
    assert json.loads((installed / "tiny-eye" / "card.json").read_text())["tune"] == "eye"
    assert find_model(bytes.fromhex(known["tiny-eye"])).tune == "eye"
    assert load_model("tiny").tune == "psnr"


@pytest.mark.parametrize(("default", "name"), [("psnr", "tiny"), ("eye", "tiny-eye")])
def test_the_default_is_one_constant_and_a_psnr_has_its_own(
    installed: Path, monkeypatch: pytest.MonkeyPatch, default: str, name: str
) -> None:
    monkeypatch.setattr(options, "DEFAULT_TUNE", default)
    assert model_of(pellucid.compress(PICTURE, model="tiny"))[0] == name
    for_psnr = pellucid.compress(PICTURE, psnr=20, model="tiny")
    assert model_of(for_psnr) == ("tiny", "psnr")
    asked = pellucid.compress(PICTURE, psnr=20, model="tiny", tune="eye")
    assert model_of(asked) == ("tiny-eye", "eye")


def test_what_has_one_tuning_is_used_in_that(
    both: Path, only_psnr: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(options, "DEFAULT_TUNE", "eye")
    assert model_of(pellucid.compress(PICTURE, model="tiny")) == ("tiny", "psnr")
    folder = both / "tiny-eye"
    assert model_of(pellucid.compress(PICTURE, model=folder, psnr=20)) == ("tiny-eye", "eye")


def test_a_tuning_that_is_not_there_names_those_that_are(only_psnr: Path) -> None:
    with pytest.raises(OptionError, match="tiny isn't there in the tuning eye, but in psnr") as it:
        pellucid.CompressOptions(model="tiny", tune="eye")
    assert str(only_psnr) in str(it.value)
    assert "PELLUCID_MODELS" in str(it.value)


def test_a_folder_is_used_as_it_is(both: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PELLUCID_MODELS", raising=False)
    folder = both / "tiny-eye"
    assert model_of(pellucid.compress(PICTURE, model=folder))[1] == "eye"
    with pytest.raises(OptionError, match=r"in the tuning psnr, but in eye \(.*tiny-eye\)"):
        pellucid.compress(PICTURE, model=folder, tune="psnr")


@pytest.mark.parametrize("tune", ["ssim", "", 1, b"eye"])
def test_another_word_is_refused(tune: object) -> None:
    with pytest.raises(OptionError, match=r"tune.*eye or psnr"):
        pellucid.CompressOptions(tune=tune)  # type: ignore[arg-type]


@pytest.mark.parametrize("target", [{"lossless": True}, {"max_error": 2}])
def test_exact_files_have_no_tuning(target: dict[str, int]) -> None:
    with pytest.raises(OptionError, match=r"tune is 'eye'; .* so leave it out, or lossless"):
        pellucid.compress(PICTURE, tune="eye", **target)  # type: ignore[arg-type]
    assert pellucid.info(pellucid.compress(PICTURE, **target)).tune is None  # type: ignore[arg-type]


def test_the_command_says_what_a_file_is_tuned_for(installed: Path, tmp_path: Path) -> None:
    def run(*words: object) -> str:
        result = CliRunner().invoke(main, [str(word) for word in words])
        assert result.exit_code == 0, result.output
        return result.stdout

    file = tmp_path / "photo.pel"
    Image.fromarray(PICTURE).save(file.with_suffix(".png"))
    words = ("--model", "tiny", "--tune", "eye", "--json")
    assert json.loads(run("compress", file.with_suffix(".png"), *words))["tune"] == "eye"
    assert json.loads(run("info", file, "--json"))["tune"] == "eye"
    told = run("info", file)
    assert "tiny-eye (" in told
    assert "), tuned for the eye\n" in told
    page = Path(json.loads(run("explain", file, "--json"))["output"])
    assert "tiny-eye" in page.read_text("utf-8")
    run("verify", file)


def test_benches_know_each_tuning_by_a_name_of_its_own(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(options, "DEFAULT_TUNE", "eye")
    found, missing = LOSSY.load(["pellucid-tiny", "pellucid-tiny-eye", "pellucid-none"], 1)
    assert [codec.name for codec in found] == ["pellucid-tiny", "pellucid-tiny-eye"]
    assert "no model 'none'" in missing["pellucid-none"]
    files = [codec.encode(PICTURE, 50)[0] for codec in found]
    assert [model_of(data)[1] for data in files] == ["psnr", "eye"]
