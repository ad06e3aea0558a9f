"""Training of the denoiser: all kinds and strengths of noise at once, log squared error.

The logarithm is taken of each crop's mean, so that a smooth crop, which has little error, counts
as much as a detailed one, and weak noise as much as strong: the loss falls with the mean PSNR of
crops, 0.09 a dB, until a crop has almost no error. Brightness that moves over a whole crop counts
extra. Convolutions run in bfloat16 where the hardware has it (twice as fast, also on CPUs);
weights, the loss and what is added to the picture stay in float32.
"""

from __future__ import annotations

import torch
from torch import Tensor

from pellucid.nets.denoiser import Denoiser
from pellucid.train.data import random_crops, textured
from pellucid.train.degrade import Dice, degrade
from pellucid.train.optimisers import muon_and_adamw
from pellucid.train.recipe import DenoiserRecipe
from pellucid.train.trainer import Figures, Scores, Trainer

ERROR_POWER = 1.15  # of a denoiser: the mean squared error grows as sigma to this power
FLOOR = 2 / 255  # strengths below this have the typical error of this
LEAST_ERROR = 5e-4  # of sigma**ERROR_POWER, of which 1e-2 is usual: far below a crop stops counting
LOSS_SCALE = 0.4  # keeps most gradients below where they are clipped
SHIFT_WEIGHT = 4.0  # of a channel's mean, whose error counts little among that of all samples
JUDGED_AT = (15, 25, 50)  # strengths, of 255


class DenoiserTrainer(Trainer):
    """A denoiser that starts as the identity."""

    recipe: DenoiserRecipe
    average: Denoiser

    def __init__(self, recipe: DenoiserRecipe, tiles: Tensor, device: torch.device) -> None:
        torch.manual_seed(recipe.seed)
        net = Denoiser(recipe.shape)
        super().__init__(recipe, net, textured(tiles, recipe.texture), device)
        self.dice = Dice.seeded(recipe.seed, device)
        self.generators += self.dice.generators
        self.bfloat16 = recipe.bfloat16
        self.measure = self.error

    def make_optimisers(self) -> list[torch.optim.Optimizer]:
        return muon_and_adamw(self.net, self.recipe.rate, self.recipe.last_rate, self.device)

    def use_bfloat16(self, wanted: bool) -> None:
        self.bfloat16 = wanted and self.recipe.bfloat16

    def loss(self, part: float) -> tuple[Tensor, Figures]:
        batch, patch = self.crop_size(part)
        clean = random_crops(self.tiles, batch, patch, self.generator)
        sample = degrade(clean, self.recipe.mixture, self.dice)
        return self.measure(sample.noisy, sample.maps, sample.clean)

    def error(self, noisy: Tensor, maps: Tensor, clean: Tensor) -> tuple[Tensor, Figures]:
        """The loss of a batch with its noise level `maps`, and by how many dB it is cleaner."""
        layout = noisy.contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bfloat16):
            out = self.net(layout, maps)
        wrong = out.float() - clean
        error = wrong.square().mean(dim=(1, 2, 3))
        shift = wrong.mean(dim=(2, 3)).square().mean(dim=1)
        level = maps.sum(dim=1).square().mean(dim=(1, 2)).sqrt()
        expected = level.clamp(min=FLOOR) ** ERROR_POWER
        relative = (error + SHIFT_WEIGHT * shift) / expected
        loss = (relative + LEAST_ERROR).log().mean() * LOSS_SCALE
        gain = 10 * torch.log10((noisy - clean).square().mean() / error.detach().mean())
        return loss, {"loss": loss.detach(), "gain": gain}

    def judge(self, tiles: Tensor) -> Scores:
        scores = [score(self.average, tiles, sigma) for sigma in JUDGED_AT]
        return {f"held_out_psnr_{row['sigma']:g}": row["psnr"] for row in scores}


@torch.no_grad()
def score(net: Denoiser, tiles: Tensor, strength: int) -> Scores:
    """Mean PSNR of held-out tiles with independent noise of `strength` (of 255), same each time."""
    device = next(net.parameters()).device
    generator = torch.Generator().manual_seed(strength)  # on the host: the same on every device
    total = 0.0
    for batch in tiles.split(8):
        clean = batch.float() / 255
        noisy = clean + strength / 255 * torch.randn(clean.shape, generator=generator)
        maps = torch.zeros(len(clean), 2, *clean.shape[2:])
        maps[:, 0] = strength / 255
        denoised = net(noisy.to(device), maps.to(device)).cpu()
        error = (denoised.clamp(0, 1) - clean).square().mean(dim=(1, 2, 3))
        total += float((-10 * torch.log10(error)).sum())
    return {"sigma": float(strength), "psnr": round(total / len(tiles), 3)}
