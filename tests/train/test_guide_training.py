"""The network that reads guides: pairs, a little training, and an export that gives the same."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tools import train_guide

from pellucid.denoising.guide import COUNT
from pellucid.errors import InputError
from pellucid.nets.denoiser import GUIDE_REACH, GuideNet
from pellucid.runtime import GuideModel, load_guide
from pellucid.train import guide_training as training
from pellucid.train.guide_pairs import MAKERS, draw_pair
from pellucid.train.pack import Encoded


def photo(seed: int, side: int = 160) -> np.ndarray:
    coarse = np.random.default_rng(seed).integers(0, 256, (9, 9, 3), np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC))


def encoded(array: np.ndarray) -> Encoded:
    buffer = BytesIO()
    Image.fromarray(array).save(buffer, "PNG")
    return Encoded("p.png", buffer.getvalue())


@pytest.fixture
def small() -> training.Pairs:
    return training.Pairs([encoded(photo(n)) for n in range(3)], seed=1, pool=8)


@pytest.mark.parametrize("kind", MAKERS)
def test_every_kind_of_pair(kind: str) -> None:
    rng = np.random.default_rng(3)

    def crop() -> np.ndarray:
        return (photo(int(rng.integers(5)), 64) / 255).transpose(2, 0, 1).astype(np.float32)

    picture, guide = MAKERS[kind](crop, rng)
    assert picture.shape == (64, 64)
    assert guide.shape == (3, 64, 64)
    assert np.isfinite(picture).all()
    for _ in range(5):
        picture, guide = draw_pair(crop, rng)
        assert 0 <= picture.min() <= picture.max() <= 1
        assert 0 <= guide.min() <= guide.max() <= 1


def test_a_batch_and_a_little_training(small: training.Pairs) -> None:
    planes, wanted = small.batch(4, 96)
    assert planes.shape == (4, COUNT, 96, 96)
    assert wanted.shape == (4, 1, 96, 96)
    before = training.GuideNet().leave.weight.detach().clone()
    trainer, saved, told = training.GuideTrainer(training.GuideRecipe(), small), [], []
    trainer.run(0.05, save=lambda: saved.append(trainer.progress.step), report=told.append)
    assert saved[-1] == trainer.progress.step > 0
    assert {"loss", "gain"} <= told[-1].keys()
    assert not torch.equal(trainer.average.leave.weight, before)
    with pytest.raises(InputError, match="128 x 128"):
        training.Pairs([encoded(photo(1, 60))], seed=1)


def test_export_gives_what_the_network_gives(small: training.Pairs, tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = GuideNet()
    torch.nn.init.normal_(net.leave.weight, std=0.05)
    for parameter in net.parameters():
        parameter.data = parameter.data.half().float()  # as it is stored
    trainer = training.GuideTrainer(training.GuideRecipe(), small)
    trainer.average = net
    model = GuideModel(training.export_guide(trainer, tmp_path / "guide"), threads=1)
    planes = torch.randn(1, COUNT, 24, 32)
    found = model.correction(planes.numpy())
    with torch.no_grad():
        assert np.allclose(found, net(planes).numpy(), atol=1e-4)
    assert load_guide(str(tmp_path / "guide")).card["steps"] == 0


def test_the_command_keeps_weights_and_writes_a_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    words = ["--data", str(tmp_path / "in"), "-o", str(tmp_path / "out"), "--minutes", "0.06"]
    words += ["--pool", "4"]
    with pytest.raises(SystemExit, match="error: no pictures in"):
        train_guide.main(words)
    (tmp_path / "in" / "a.png").write_bytes(encoded(photo(0)).data)
    train_guide.main(words)
    model = load_guide(str(tmp_path / "out" / "guide"))
    assert 0 < model.card["minutes"] < 1
    assert (tmp_path / "out" / "guide.pt").is_file()
    assert "gain" in capsys.readouterr().out
    (tmp_path / "out" / "guide" / "card.json").unlink()
    with pytest.raises(SystemExit, match="is no model, and the model would replace it"):
        train_guide.main(words)


def test_reach() -> None:
    torch.manual_seed(0)
    net = GuideNet()
    torch.nn.init.normal_(net.leave.weight)
    planes = torch.randn(1, COUNT, 160, 160)
    other = planes.clone()
    other[:, :, :, 100:] += 1
    with torch.no_grad():
        change = (net(planes) - net(other)).abs().amax(dim=(0, 1, 2))
    assert change[: 100 - GUIDE_REACH].max() < 1e-5
    assert change[98:].max() > 1e-3
