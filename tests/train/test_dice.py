"""Random numbers for training: nothing waits for the device, and their states are saved."""

from __future__ import annotations

from collections.abc import Callable

import pytest

torch = pytest.importorskip("torch", exc_type=ImportError)

from torch.overrides import TorchFunctionMode  # noqa: E402 - needs torch

from pellucid.train.degrade import Dice, Mixture, degrade  # noqa: E402
from pellucid.train.degrade.draw import constant  # noqa: E402

COUNT, SIDE = 12, 64
MIXTURES = {
    "white": Mixture(grain=0, camera=0, jpeg=0),
    "grain": Mixture(grain=1, camera=0, jpeg=0),
    "camera": Mixture(grain=0, camera=1, jpeg=0),
    "jpeg": Mixture(grain=0, camera=0, jpeg=1),
    "usual": Mixture(),
}


def seeded(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def crops() -> torch.Tensor:
    return torch.rand(COUNT, 3, SIDE, SIDE, generator=seeded(9))


class OnMeta(TorchFunctionMode):
    """What `own` draws has no values, and whoever asks for one fails, as a GPU would make it wait.

    Nor may it wait for a copy to the device or for the flag of a matrix without an inverse.
    """

    def __init__(self, own: torch.Generator) -> None:
        super().__init__()
        self.own = own

    def __torch_function__(
        self, call: Callable, types: object, args: tuple = (), kwargs: dict | None = None
    ) -> object:
        kwargs = dict(kwargs or {})
        if kwargs.get("generator") is self.own:
            del kwargs["generator"]
            kwargs["device"] = "meta"
        if call in (torch.Tensor.__getitem__, torch.Tensor.__setitem__) and args[0].is_meta:
            assert getattr(args[1], "is_meta", True), "waits until the index is on the device"
        result = call(*args, **kwargs)
        if getattr(result, "is_meta", False):
            assert call not in (torch.tensor, torch.linalg.inv), "waits"
            copied = call is torch.Tensor.to and not args[0].is_meta
            assert kwargs.get("non_blocking") or not copied, "waits for a copy"
        return result


@pytest.mark.parametrize("kind", MIXTURES)
def test_nothing_waits_for_the_device(kind: str) -> None:
    clean = torch.empty(COUNT, 3, SIDE, SIDE, device="meta")
    for seed in range(12):
        source = Dice(seeded(seed), seeded(seed))
        with OnMeta(source.device):
            part = degrade(clean, MIXTURES[kind], source)
        assert part.noisy.is_meta
        assert part.noisy.shape == clean.shape


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("kind", MIXTURES)
def test_nothing_waits_for_a_gpu(kind: str) -> None:
    clean = crops().cuda()
    for mode in ("default", "error"):  # libraries may wait when they start
        constant.cache_clear()
        source = Dice.seeded(1, clean.device)
        torch.cuda.set_sync_debug_mode(mode)
        try:
            parts = [degrade(clean, MIXTURES[kind], source) for _ in range(12)]
        finally:
            torch.cuda.set_sync_debug_mode("default")
    assert all(torch.isfinite(part.noisy).all() for part in parts)


def test_states_of_the_dice_are_all_there_is_to_save() -> None:
    assert len(Dice.seeded(1, torch.device("cpu")).generators) == 1, (
        "one for both where both are the CPU"
    )
    source, clean = Dice(seeded(1), seeded(2)), crops()
    degrade(clean, Mixture(), source)
    states = [generator.get_state() for generator in source.generators]
    straight = degrade(clean, Mixture(), source)
    other = Dice(seeded(), seeded())
    for generator, state in zip(other.generators, states, strict=True):
        generator.set_state(state)
    again = degrade(clean, Mixture(), other)
    assert torch.equal(again.noisy, straight.noisy)
    assert torch.equal(again.maps, straight.maps)
