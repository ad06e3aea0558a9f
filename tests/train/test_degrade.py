"""The damage that denoisers train on: what it says it is, and the same for the same seed."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch", exc_type=ImportError)

from pellucid.denoising import jpeg as jpeg_strength  # noqa: E402 - needs torch
from pellucid.denoising.jpeg import LUMA  # noqa: E402
from pellucid.train.degrade import (  # noqa: E402
    Dice,
    Mixture,
    correlated_noise,
    degrade,
)
from pellucid.train.degrade import mixture as kinds  # noqa: E402
from pellucid.train.degrade.jpeg import CHROMA, jpeg, jpeg_sigma, tables  # noqa: E402
from pellucid.train.degrade.noise import (  # noqa: E402
    blurred,
    camera_noise,
    colour_matrix,
    demosaic,
    inverse_mix,
    reduced,
)
from pictures import photograph  # noqa: E402

COUNT, SIDE = 12, 64
EXACT = Mixture(grain=0, camera=0, jpeg=0, grey=0, overstated=0)
KINDS = {
    "white": Mixture(grain=0, camera=0, jpeg=0),
    "grain": Mixture(grain=1, camera=0, jpeg=0),
    "camera": Mixture(grain=0, camera=1, jpeg=0),
    "jpeg": Mixture(grain=0, camera=0, jpeg=1),
    "all": Mixture(grain=0.25, camera=0.25, jpeg=0.25, grey=0.5),
}


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def seeded(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def dice(seed: int = 1) -> Dice:
    return Dice.seeded(seed, torch.device("cpu"))


def crops(count: int = COUNT, side: int = SIDE) -> torch.Tensor:
    """(count, 3, side, side) of a photograph, in 0-1."""
    picture = torch.from_numpy(photograph(384, 384)).permute(2, 0, 1).float() / 255
    places = torch.randint(384 - side, (count, 2), generator=seeded(9)).tolist()
    return torch.stack([picture[:, y : y + side, x : x + side] for y, x in places])


def flat(level: float, count: int = 24, side: int = 96) -> torch.Tensor:
    return torch.full((count, 3, side, side), level)


def neighbour_correlation(noise: torch.Tensor) -> torch.Tensor:
    """(N,) of samples side by side; `noise` (N, C, H, W)."""
    noise = noise - noise.mean(dim=(2, 3), keepdim=True)
    return (noise[..., 1:] * noise[..., :-1]).mean(dim=(1, 2, 3)) / noise.square().mean((1, 2, 3))


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_damage(kind: str) -> None:
    clean = crops()
    before = clean.clone()
    one, same, other = (degrade(clean, KINDS[kind], dice(seed)) for seed in (1, 1, 2))
    for name in ("noisy", "clean", "maps"):
        assert torch.equal(getattr(one, name), getattr(same, name)), name
    assert not torch.equal(one.noisy, other.noisy)
    assert torch.equal(clean, before)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [1, 7])
def test_shapes_and_what_is_told(kind: str, count: int) -> None:
    clean = crops(count)
    part = degrade(clean, KINDS[kind], dice(count))
    assert part.noisy.shape == part.clean.shape == clean.shape
    assert part.maps.shape == (count, 2, SIDE, SIDE)
    for tensor in (part.noisy, part.clean, part.maps):
        assert tensor.dtype == torch.float32
        assert torch.isfinite(tensor).all()
    told = part.maps.amax(dim=(2, 3)) > 0
    assert (told.sum(dim=1) <= 1).all(), "noise is independent or processed, not both"
    if kind != "all":
        assert not told[:, int(kind == "white")].any()
    assert part.maps.min() >= 0
    assert part.maps.max() < 1.2


def test_kinds_come_as_often_as_the_mixture_says() -> None:
    mixture = Mixture(grain=0.1, camera=0.2, jpeg=0.3, grey=0)
    clean = crops(400, 16)
    seen: dict[str, int] = {}

    def counted(name: str) -> Callable[..., kinds.Part]:
        def kind(part: torch.Tensor, *_: object) -> kinds.Part:
            seen[name] = seen.get(name, 0) + len(part)
            return part, part, part.new_zeros(len(part), 1, 1, 1)

        return kind

    with pytest.MonkeyPatch.context() as patch:
        for name in ("white", "grain", "camera", "compressed"):
            patch.setattr(kinds, name, counted(name))
        degrade(clean, mixture, dice())
    assert sum(seen.values()) == 400
    for name, share in (("grain", 0.1), ("camera", 0.2), ("compressed", 0.3), ("white", 0.4)):
        assert seen[name] / 400 == pytest.approx(share, abs=0.07)


def test_white_noise_is_as_strong_as_told_and_independent() -> None:
    clean = flat(0.5)
    strengths = []
    for seed in range(4):
        part = degrade(clean, EXACT, dice(seed))
        noise, told = part.noisy - part.clean, part.maps[:, 0, 0, 0]
        assert torch.equal(part.maps[:, 0], told[:, None, None].expand_as(part.maps[:, 0]))
        clipped = bool(part.noisy.min() >= 0 and part.noisy.max() <= 1)
        strong = told > 0.02
        sigma = noise.std(dim=(1, 2, 3))
        assert torch.allclose(sigma[strong], told[strong], rtol=0.06 if clipped else 0.03)
        assert neighbour_correlation(noise)[strong].abs().max() < 0.05
        across = (noise[:, 0] * noise[:, 1]).mean(dim=(1, 2)) / sigma**2
        assert across[strong].abs().max() < 0.05
        strengths += told.tolist()
    assert max(strengths) <= 75 / 255
    assert min(strengths) < 5 / 255
    assert np.mean(np.array(strengths) > 40 / 255) > 0.15, "strong noise is not rare"


def test_grain_is_as_strong_as_told_and_correlated() -> None:
    mixture = Mixture(grain=1, camera=0, jpeg=0, grey=0, map_error=0, overstated=0)
    part = degrade(flat(0.5), mixture, dice())
    noise, told = part.noisy - part.clean, part.maps[:, 1, 0, 0]
    assert torch.allclose(noise.std(dim=(1, 2, 3)), told, rtol=0.06)
    correlation = neighbour_correlation(noise)
    assert 0.3 < correlation.median() < 0.95
    assert correlation.max() - correlation.min() > 0.2, "of many kinds"
    red_green = (noise[:, 0] * noise[:, 1]).mean(dim=(1, 2)) / told**2
    assert red_green.max() > 0.5, "some is mostly of brightness"
    unit = correlated_noise(flat(0.5, 4).shape, dice())
    assert torch.allclose(unit.std(dim=(2, 3)), torch.ones(4, 3), atol=1e-3)


def test_maps_are_wrong_by_as_much_as_the_mixture_says() -> None:
    mixture = Mixture(grain=1, camera=0, jpeg=0, grey=0, map_error=0.25, overstated=0)
    part = degrade(flat(0.5, 64, 64), mixture, dice())
    ratio = part.maps[:, 1, 0, 0] / (part.noisy - part.clean).std(dim=(1, 2, 3))
    assert 0.7 < ratio.min() < 0.85
    assert 1.15 < ratio.max() < 1.3


@pytest.mark.parametrize(("kind", "channel"), [("white", 0), ("grain", 1)])
def test_some_are_told_far_too_much_noise_and_none_too_little(kind: str, channel: int) -> None:
    exact = replace(KINDS[kind], grey=0, map_error=0, overstated=0)
    told = [
        degrade(flat(0.5, 64, 32), mixture, dice()).maps[:, channel, 0, 0]
        for mixture in (exact, replace(exact, overstated=0.5))
    ]
    assert (told[1] >= told[0] * (1 - 1e-6)).all()
    more = told[1] > told[0] * 1.001
    assert 0.3 < more.float().mean() < 0.7
    ratio = (told[1] / told[0])[more & (told[0] > 20 / 255)]
    assert 2 < ratio.max() < 3.3


def test_noise_reduction_in_a_camera_leaves_weaker_coarser_noise() -> None:
    noise = 0.1 * dice().normal(flat(0.5).shape)
    left = reduced(noise, dice())
    assert (left.std(dim=(1, 2, 3)) < 1.02 * noise.std(dim=(1, 2, 3))).all()
    assert left.std(dim=(1, 2, 3)).min() > 0.02
    grey = left.mean(dim=1, keepdim=True)
    brightness, colour = neighbour_correlation(grey), neighbour_correlation(left - grey)
    assert colour.median() > 0.8, "patches of colour"
    assert 0.02 < brightness.median() < 0.7, "finer grain"


def test_a_blur_keeps_what_is_flat_and_is_as_wide_as_told() -> None:
    assert torch.allclose(blurred(flat(0.3, 2, 32), torch.tensor([0.5, 3.0])), flat(0.3, 2, 32))
    dot = torch.zeros(2, 1, 33, 33)
    dot[:, :, 16, 16] = 1
    wide = blurred(dot, torch.tensor([0.8, 2.0]))[:, 0].sum(dim=1)
    place = torch.arange(33) - 16.0
    width = (wide * place**2).sum(dim=1).sqrt()
    assert torch.allclose(width, torch.tensor([0.8, 2.0]), rtol=0.03)


def test_grey_pictures_have_grey_noise() -> None:
    for kind, mixture in KINDS.items():
        grey = Mixture(mixture.grain, mixture.camera, mixture.jpeg, grey=1.0)
        part = degrade(crops(), grey, dice())
        for picture in (part.noisy, part.clean):
            tolerance = 2 / 255 if kind in ("camera", "jpeg", "all") else 1e-6
            assert (picture.amax(dim=1) - picture.amin(dim=1)).max() <= tolerance, kind


def test_camera_noise_grows_with_light_and_has_a_clean_twin() -> None:
    deviations = []
    for level in (0.1, 0.3, 0.6):
        noisy, clean = camera_noise(flat(level, 32, 48), dice())
        light = [part.clamp(min=1e-6) ** 2.2 for part in (noisy, clean)]
        inner = (..., slice(4, -4), slice(4, -4))
        deviations.append((light[0] - light[1])[inner].std(dim=(1, 2, 3)).median().item())
        assert clean[inner].std(dim=(2, 3)).max() < 1e-3
        assert (clean[inner].mean(dim=(1, 2, 3)) - level).abs().max() < 0.01
        assert noisy.min() >= 0
        assert noisy.max() <= 1
    assert deviations == sorted(deviations)
    assert deviations[-1] > 1.8 * deviations[0]


def test_camera_noise_is_told_in_place_or_on_average() -> None:
    local = 0
    for seed in range(8):
        mixture = Mixture(grain=0, camera=1, jpeg=0, grey=0, map_error=0, overstated=0)
        part = degrade(crops(), mixture, dice(seed))
        told = part.maps[:, 1].square().mean(dim=(1, 2)).sqrt()
        error = (part.noisy - part.clean).square().mean(dim=(1, 2, 3)).sqrt()
        strong = error > 2 / 255
        assert torch.allclose(told[strong], error[strong], rtol=0.15)
        local += bool(part.maps[:, 1].std(dim=(1, 2)).max() > 1e-4)
        assert (part.noisy * 255 - (part.noisy * 255).round()).abs().max() < 1e-3, "8 bits"
    assert 0 < local < 8


def test_a_mosaic_of_smooth_colours_is_filled_in() -> None:
    ramp = torch.linspace(0.2, 0.8, 64)
    picture = torch.stack([ramp.expand(64, 64), ramp.expand(64, 64).T, 1 - ramp.expand(64, 64)])
    error = (demosaic(picture[None])[0] - picture)[:, 2:-2, 2:-2]
    assert error.abs().max() < 0.02
    white = torch.ones(1, 3, 16, 16)
    assert torch.allclose(demosaic(white), white)
    mix = torch.tensor([0.0, 0.35])
    assert torch.allclose(colour_matrix(mix).sum(dim=2), torch.ones(2, 3))
    there_and_back = colour_matrix(inverse_mix(mix)) @ colour_matrix(mix)
    assert torch.allclose(there_and_back, torch.eye(3).expand(2, 3, 3), atol=1e-6)


def by_pillow(picture: np.ndarray, quality: int, *, subsampled: bool) -> tuple[np.ndarray, dict]:
    buffer = io.BytesIO()
    sampling = 2 if subsampled else 0
    Image.fromarray(picture).save(buffer, "JPEG", quality=quality, subsampling=sampling)
    with Image.open(buffer) as image:
        return np.asarray(image), image.quantization


@pytest.mark.parametrize("subsampled", [False, True], ids=["444", "420"])
@pytest.mark.parametrize("quality", [8, 30, 50, 75, 98])
def test_jpeg_is_what_pillow_writes(quality: int, subsampled: bool) -> None:
    picture = photograph(128, 160)
    expected, quantiser = by_pillow(picture, quality, subsampled=subsampled)
    planes = torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255
    qualities = torch.tensor([float(quality)])
    ours = jpeg(planes, qualities, subsampled=subsampled)[0].permute(1, 2, 0).numpy() * 255
    assert np.abs(ours - np.rint(ours)).max() < 1e-3
    difference = np.square(ours - expected).mean()
    lost = np.square(expected.astype(float) - picture).mean()
    assert np.square(ours - picture).mean() == pytest.approx(lost, rel=0.02, abs=0.5)
    assert difference < 2 + 0.02 * lost, "only roundings differ"
    for number, text in enumerate((LUMA, CHROMA)):
        assert tables(text, qualities).flatten().tolist() == pytest.approx(quantiser[number], abs=1)


def test_jpeg_again_on_the_same_grid_changes_little_and_on_another_much() -> None:
    clean = crops(4)
    quality = torch.full((4,), 30.0)
    once = jpeg(clean, quality, subsampled=False)
    twice = jpeg(once, quality, subsampled=False)
    shifted = jpeg(once.roll((3, 5), (2, 3)), quality, subsampled=False).roll((-3, -5), (2, 3))
    same, other = ((part - once).square().mean() for part in (twice, shifted))
    assert other > 20 * same
    part = degrade(clean, KINDS["jpeg"], dice())
    assert (part.noisy * 255 - (part.noisy * 255).round()).abs().max() < 0.4


def test_strengths_told_are_those_of_the_runtime() -> None:
    qualities = torch.linspace(1, 100, 100)
    ours = [jpeg_strength.jpeg_sigma(quality) for quality in qualities.tolist()]
    assert jpeg_sigma(qualities).tolist() == pytest.approx(ours, rel=1e-5)
    assert (jpeg_sigma(qualities).diff() <= 1e-8).all()
