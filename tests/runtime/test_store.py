"""Finding and opening models, and what is said when one is missing or altered."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import pellucid
from pellucid.errors import OptionError, PellucidError, UnknownModelError
from pellucid.runtime import CodecModel, find_model, installed_models, load_model
from pellucid.runtime.identity import model_id
from pellucid.runtime.session import thread_count


@pytest.fixture
def copied(tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the tiny model to break, in a folder that is searched."""
    shutil.copytree(tiny_folder, tmp_path / "models" / "tiny")
    monkeypatch.setenv("PELLUCID_MODELS", str(tmp_path / "models"))
    return tmp_path / "models" / "tiny"


def test_a_model_is_found_by_name_folder_and_id(copied: Path) -> None:
    model = load_model("tiny")
    assert model.folder == copied
    assert load_model(str(copied)) is model, "it is loaded once"
    assert find_model(model.id) is model
    assert installed_models()["tiny"] == model.id.hex()


def test_an_unknown_name_lists_what_there_is(copied: Path) -> None:
    with pytest.raises(OptionError, match=r"no model 'huge'; installed: .*tiny"):
        load_model("huge")


def test_an_unknown_id_says_what_to_do() -> None:
    with pytest.raises(UnknownModelError, match="0a" * 16 + ".*PELLUCID_MODELS"):
        find_model(b"\n" * 16)


def test_the_id_follows_the_specification(tiny: CodecModel) -> None:
    from spec_files import spec

    assert tiny.id == spec.read_model(tiny.folder).model_id


@pytest.mark.parametrize("name", ["entropy.npz", "gains.npz"])
@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "flipped"])
def test_damaged_arrays_are_named(copied: Path, name: str, damage: str) -> None:
    path = copied / name
    data = bytearray(path.read_bytes())
    path.unlink()
    if damage == "flipped":
        data[len(data) // 3] ^= 0x10
    if damage != "missing":
        path.write_bytes({"empty": b"", "cut": data[: len(data) // 2]}.get(damage, data))
    with pytest.raises(PellucidError, match=name):
        CodecModel(copied)


def test_an_altered_integer_is_noticed(copied: Path) -> None:
    with np.load(copied / "entropy.npz") as archive:
        arrays = dict(archive)
    arrays["hyper.mix.bias"][3] += 1
    np.savez_compressed(copied / "entropy.npz", **arrays)
    with pytest.raises(PellucidError, match="altered: reinstall"):
        CodecModel(copied)


def test_missing_arrays_are_named(copied: Path) -> None:
    with np.load(copied / "gains.npz") as archive:
        arrays = {name: archive[name] for name in archive.files if name != "halo"}
    np.savez_compressed(copied / "gains.npz", **arrays)
    with pytest.raises(PellucidError, match=r"gains\.npz lacks halo"):
        CodecModel(copied)


@pytest.mark.parametrize("card", ["", "{", "[]", "{}", '{"name": "x"}', '{"name": 1, "id": "00"}'])
def test_a_broken_card_is_named(copied: Path, card: str) -> None:
    (copied / "card.json").write_text(card)
    for look in (installed_models, lambda: load_model("huge"), lambda: CodecModel(copied)):
        with pytest.raises(PellucidError, match="card"):
            look()


def test_a_missing_or_broken_network_is_named(copied: Path) -> None:
    (copied / "analysis.onnx").unlink()
    (copied / "synthesis.onnx").write_bytes(b"not a network")
    model = CodecModel(copied)
    with pytest.raises(PellucidError, match=r"analysis\.onnx"):
        _ = model.analysis
    with pytest.raises(PellucidError, match=r"synthesis\.onnx"):
        _ = model.synthesis


def test_a_model_opened_by_path_is_found_while_it_is_there(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PELLUCID_MODELS", raising=False)
    folder = tmp_path / "elsewhere"
    shutil.copytree(tiny_folder, folder)
    monkeypatch.chdir(tmp_path)
    model = load_model("elsewhere")
    monkeypatch.chdir("/")
    assert find_model(model.id) is model
    shutil.rmtree(folder)
    with pytest.raises(UnknownModelError):
        find_model(model.id)


def test_a_model_that_is_gone_is_unknown_to_its_files(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PELLUCID_MODELS", raising=False)
    folder = tmp_path / "gone"
    shutil.copytree(tiny_folder, folder)
    data = pellucid.compress(np.zeros((5, 5, 3), np.uint8), model=str(folder))
    shutil.rmtree(folder)
    with pytest.raises(UnknownModelError, match=json.loads(card_text(tiny_folder))["id"]):
        pellucid.decompress(data)


def card_text(folder: Path) -> str:
    return (folder / "card.json").read_text("utf-8")


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5", "²", " "])
def test_a_wrong_thread_count_is_an_option_error(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PELLUCID_THREADS", text)
    with pytest.raises(OptionError, match="PELLUCID_THREADS"):
        thread_count()


def test_thread_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PELLUCID_THREADS", "3")
    assert thread_count() == 3
    monkeypatch.delenv("PELLUCID_THREADS")
    assert thread_count() >= 1


def test_the_id_depends_on_name_type_shape_and_data() -> None:
    base = {"a": np.arange(6, dtype=np.int8), "b": np.uint16(4)}
    others = [
        {"c": base["a"], "b": base["b"]},
        {"a": base["a"].astype(np.uint8), "b": base["b"]},
        {"a": base["a"].reshape(2, 3), "b": base["b"]},
        {"a": base["a"][::-1], "b": base["b"]},
        {"a": base["a"], "b": np.uint16(5)},
    ]
    ids = {model_id(arrays) for arrays in [base, *others]}
    assert len(ids) == len(others) + 1
    big_endian = {"b": base["b"].astype(">u2"), "a": base["a"]}
    assert model_id(big_endian) == model_id(base)
