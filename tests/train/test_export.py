"""Tables, the exported folder, and what its id depends on."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", exc_type=ImportError)
onnx = pytest.importorskip("onnx", exc_type=ImportError)

import pellucid  # noqa: E402
import tiny_model  # noqa: E402 - needs torch
from pellucid.codec import Picture, compress  # noqa: E402
from pellucid.codec.geometry import from_blocks  # noqa: E402
from pellucid.codec.latents import encode_latents  # noqa: E402
from pellucid.entropy import TableSet  # noqa: E402
from pellucid.errors import InputError, PellucidError  # noqa: E402
from pellucid.nets.codec import Codec  # noqa: E402
from pellucid.nets.rate import TABLES, scale_of  # noqa: E402
from pellucid.runtime import CodecModel  # noqa: E402
from pellucid.runtime.identity import model_id  # noqa: E402
from pellucid.train import second_output  # noqa: E402
from pellucid.train.codec_trainer import CodecTrainer  # noqa: E402
from pellucid.train.export import EDGE, build_tables, entropy_arrays, gain_arrays  # noqa: E402

SCALES = scale_of(torch.arange(TABLES, dtype=torch.float64)).numpy()


@pytest.fixture(scope="module")
def trainer() -> CodecTrainer:
    trainer = tiny_model.new_trainer()
    tiny_model.train(trainer, 2)
    tiny_model.ruffle(trainer.average)
    return trainer


def histograms(seed: int) -> np.ndarray:
    """Symbols drawn from each table's own logistic, few or many."""
    rng = np.random.default_rng(seed)
    rows = np.zeros((TABLES, 2 * EDGE + 1), np.int64)
    for row, scale in zip(rows, SCALES, strict=True):
        symbols = np.rint(rng.logistic(0, scale, rng.integers(0, 30_000)))
        np.add.at(row, symbols.clip(-EDGE, EDGE).astype(int) + EDGE, 1)
    return rows


@pytest.mark.parametrize("seed", range(4))
def test_tables_sum_to_2_16_and_are_symmetric(seed: int) -> None:
    tables = build_tables(histograms(seed) if seed else np.zeros((TABLES, 2 * EDGE + 1), np.int64))
    assert (tables["tables"].sum(axis=1) == 2**16).all()
    assert (tables["reach"] == np.ceil(14 * SCALES + 1).clip(2, 255)).all()
    for counts, reach in zip(tables["tables"], tables["reach"].tolist(), strict=True):
        inside = counts[: 2 * reach + 1].astype(int)
        assert (inside == inside[::-1]).all()
        assert seed or (np.diff(inside[reach:]) <= 0).all(), "falling, as the logistic"
        assert not counts[2 * reach + 2 :].any()
    TableSet(tables["tables"], tables["reach"]).model(TABLES - 1)


def test_tables_that_hold_almost_only_zeros_are_skipped() -> None:
    rows = np.zeros((TABLES, 2 * EDGE + 1), np.int64)
    rows[:, EDGE] = 10**6
    rows[3:, EDGE + 1] = 10**5
    assert build_tables(rows)["skip"] == 3
    rows[0, EDGE - 1] = 10**5
    assert build_tables(rows)["skip"] == 0, "a busy table ends the skipped ones"


def test_what_lies_beyond_the_widest_table_is_an_escape() -> None:
    rows = np.zeros((TABLES, 2 * EDGE + 1), np.int64)
    rows[-1, [0, -1]] = 10**6
    counts = build_tables(rows)["tables"][-1]
    assert counts[511] > 60_000
    assert counts[510] < 100


def test_export_is_deterministic(trainer: CodecTrainer, tmp_path: Path) -> None:
    first = tiny_model.export(trainer, tmp_path / "a")
    second = tiny_model.export(trainer, tmp_path / "b")
    names = sorted(path.name for path in first.iterdir())
    assert names == sorted(path.name for path in second.iterdir())
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


def test_export_replaces_a_model_and_leaves_nothing_beside_it(
    trainer: CodecTrainer, tmp_path: Path
) -> None:
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "old").write_text("")
    tiny_model.export(trainer, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["tiny"]
    assert not (tmp_path / "tiny" / "old").exists()
    card = json.loads((tmp_path / "tiny" / "card.json").read_text())
    assert card["steps"] == 2
    assert card["recipe"]["shape"]["trunk"] == 16
    assert [row["quality"] for row in card["held_out"]] == [10, 30, 50, 70, 90]


def changed_id(trainer: CodecTrainer, name: str, by: float) -> bytes:
    """The id after one parameter of the codec has changed."""
    codec = copy.deepcopy(trainer.average)
    with torch.no_grad():
        codec.get_parameter(name).add_(by)
    with tiny_model.quick():
        return model_id(entropy_arrays(codec, tiny_model.synthetic_tiles(1, seed=100)))


def test_the_id_changes_with_the_integers_and_with_nothing_else(trainer: CodecTrainer) -> None:
    unchanged = changed_id(trainer, "synthesis.enter.bias", 0)
    for name in ("synthesis.last.leave.weight", "synthesis.leave.bias", "log_inverse_gain.learned"):
        assert changed_id(trainer, name, 0.1) == unchanged, name
    for name in ("hyper_decoder.mix.weight", "spatial_prior.predictor.bias", "y_offset.learned"):
        assert changed_id(trainer, name, 0.1) != unchanged, name


def test_each_integer_counts(tiny: CodecModel) -> None:
    with np.load(tiny.folder / "entropy.npz") as archive:
        arrays = dict(archive)
    seen = {tiny.id}
    for name, array in arrays.items():
        other = array.copy()
        other.reshape(-1)[-1] ^= 1
        seen.add(model_id({**arrays, name: other}))
    assert len(seen) == 1 + len(arrays)


def test_gains_by_quality(trainer: CodecTrainer) -> None:
    gains = gain_arrays(trainer.average)
    for name in ("gain", "inverse_gain", "analysis_scale", "synthesis_scale"):
        assert gains[name].shape[0] == 101
        assert gains[name].dtype == np.float32
        assert (gains[name] > 0).all()
    assert (np.diff(gains["gain"], axis=0) > 0).all(), "finer steps for better quality"
    assert gains["halo"] == gains["analysis_halo"] == 1


def torch_y(codec: Codec, pixels: np.ndarray, quality: int) -> np.ndarray:
    x = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255
    with torch.no_grad():
        return codec.encode(x, torch.tensor([float(quality)]))[0].numpy()


@pytest.mark.parametrize("quality", [0, 37, 100])
def test_the_networks_are_those_of_training(
    trainer: CodecTrainer, tmp_path: Path, quality: int
) -> None:
    """Analysis, hyper-analysis and synthesis, up to their weights in half precision."""
    model = CodecModel(tiny_model.export(trainer, tmp_path), threads=1)
    pixels = tiny_model.synthetic_picture(3, 128, 192)
    expected = torch_y(trainer.average, pixels, quality)
    box = compress.Box(0, 0, 128, 192)
    y = compress.analyse(Picture(pixels).seen(), model, quality, box)
    assert np.abs(y - expected).max() < 0.01 * np.abs(expected).max()
    (z,) = model.hyper_analysis(y=expected[None])
    with torch.no_grad():
        wanted = trainer.average.hyper_analysis(torch.from_numpy(expected)[None]).numpy()
        decoded = trainer.average.decode(
            torch.from_numpy(expected)[None], torch.tensor([float(quality)])
        )
    assert np.abs(z - wanted).max() < 0.01 * max(1, np.abs(wanted).max())
    blocks, samples = model.synthesis(
        "blocks",
        "samples",
        y=expected[None] * model.vector("inverse_gain", quality),
        scale=model.vector("synthesis_scale", quality),
    )
    levels = decoded[0].permute(1, 2, 0).mul(255).round().clamp(0, 255).numpy()
    assert np.abs(from_blocks(blocks) - levels).max() <= 2
    exact = decoded[0].permute(1, 2, 0).mul(255).numpy()
    assert np.abs(from_blocks(samples) - exact).max() < 0.02 * np.abs(exact).max()
    assert np.array_equal(np.clip(np.rint(samples), 0, 255), blocks)


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_network_of_8_bits_gets_the_second_output(
    trainer: CodecTrainer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that was exported without it: the same file as today's export, no weight changed."""
    path = tiny_model.export(trainer, tmp_path) / "synthesis.onnx"
    today = path.read_bytes()
    first = onnx.load_from_string(today)
    del first.graph.output[1]
    old = first.SerializeToString()
    assert [output.name for output in onnx.load_from_string(old).graph.output] == ["blocks"]
    path.write_bytes(old)
    with pytest.raises(PellucidError, match=r"gives 8 bits only.*second_output"):
        CodecModel(path.parent, threads=1).check_deep()
    samples = tiny_model.synthetic_picture(3, 40, 50)
    assert pellucid.compress(samples, model=str(path.parent))
    with pytest.raises(PellucidError, match=r"gives 8 bits only.*second_output"):
        pellucid.compress(samples.astype(np.uint16), model=str(path.parent))
    with monkeypatch.context() as patch:
        patch.setattr("os.replace", interrupted)
        with pytest.raises(KeyboardInterrupt):
            second_output.main([str(path.parent)])
    assert path.read_bytes() == old
    assert [file.name for file in path.parent.glob(".*")] == []
    for _ in range(2):
        second_output.main([str(path.parent)])
        assert path.read_bytes() == today
        assert [file.name for file in path.parent.glob(".*")] == []
    CodecModel(path.parent, threads=1).check_deep()
    other = onnx.load_from_string(old)
    (rounding,) = (node for node in other.graph.node if node.op_type == "QuantizeLinear")
    (scale,) = (one for one in other.graph.initializer if one.name == rounding.input[1])
    scale.CopyFrom(onnx.numpy_helper.from_array(np.float32(0.5), scale.name))
    with pytest.raises(InputError, match=r"the scale 0\.5 and the zero point 0"):
        second_output.with_samples(other.SerializeToString())
    with pytest.raises(InputError, match="no synthesis network"):
        second_output.with_samples((path.parent / "analysis.onnx").read_bytes())


@pytest.mark.parametrize("quality", [0, 37, 100])
def test_the_integers_are_those_of_training(
    trainer: CodecTrainer, tmp_path: Path, quality: int
) -> None:
    """What the net that is trained says of every symbol is what the files say, exactly."""
    model = CodecModel(tiny_model.export(trainer, tmp_path), threads=1)
    model.skip = 0  # which training doesn't know
    y = torch_y(trainer.average, tiny_model.synthetic_picture(3, 128, 192), quality)
    _, latents = encode_latents(model, y, quality)
    with torch.no_grad():
        z = torch.from_numpy(latents.z)[None].float()
        wanted = torch.from_numpy(y)[None]
        mean, _ = trainer.average.predict(wanted, z, torch.tensor([float(quality)]))
        decoded = torch.round(wanted - mean) + mean
    assert (decoded[0].mul(16).numpy() == latents.y).all()


def test_graphs_hold_only_standard_operators(tiny: CodecModel) -> None:
    for path in sorted(tiny.folder.glob("*.onnx")):
        model = onnx.load(str(path))
        assert {opset.domain for opset in model.opset_import} == {""}
        assert not any(p.data_location for p in model.graph.initializer), "no files beside it"
