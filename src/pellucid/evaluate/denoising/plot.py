"""Quality over time: mean PSNR at sigma 25 against seconds a megapixel, a dot a method."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pellucid.evaluate.denoisers import label_of
from pellucid.evaluate.denoising import summary
from pellucid.evaluate.denoising.rows import DenoiseResult
from pellucid.evaluate.denoising.timing import SIGMA, TASK
from pellucid.evaluate.drawing import Dot, Plot, draw_dots, new_figure

SIZE_INCHES = (8.0, 5.0)


def cost_plots(rows: Sequence[DenoiseResult], speed: Sequence[DenoiseResult]) -> list[Plot]:
    """`denoise-cost` for the folder of pictures that speed was measured on, or else the one with
    most rows, which the title then says.

    Over the pictures that all methods have; nothing is drawn without speed or without any.

    Raises:
        MissingExtraError: matplotlib isn't installed.
    """
    seconds = summary.seconds_per_megapixel(speed)
    told = [r for r in rows if (r.task, r.level) == (TASK.name, SIGMA) and r.method in seconds]
    counts = Counter(row.data for row in told)
    timed = speed[0].data if speed else ""
    data = timed if timed in counts else max(counts, key=lambda name: counts[name], default="")
    own = [row for row in told if row.data == data]
    images = summary.shared(summary.scores(own))
    quality = {name: s.psnr for (name, _), s in summary.scores(own, images).items()}
    dots = [
        Dot(label_of(name), seconds[name], quality[name], summary.is_own(name))
        for name in seconds
        if name in quality
    ]
    if not dots:
        return []
    count = len(images[SIGMA])
    title = f"{data}, {count} picture{'s' if count != 1 else ''}, sigma {SIGMA:g}"
    title += f"; time on {timed}" if timed != data else ""
    figure, (axes,) = new_figure(*SIZE_INCHES)
    draw_dots(axes, dots, xlabel="seconds a megapixel", ylabel="PSNR (dB)", title=title)
    alt = f"PSNR of each denoiser over seconds a megapixel, {title}"
    return [Plot("denoise-cost", alt, figure)]
