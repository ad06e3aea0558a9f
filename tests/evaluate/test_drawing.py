"""Plots of many methods: each name can be read."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from pellucid.evaluate.drawing import Dot, draw_dots, new_figure

texts = pytest.importorskip("matplotlib.text")


@pytest.mark.parametrize("seed", range(4))
def test_names_of_crowded_dots_hit_neither_each_other_nor_the_frame(seed: int) -> None:
    rng = np.random.default_rng(seed)
    figure, (axes,) = new_figure(7.0, 6.0)
    dots = [
        Dot(f"a method, setting {n}", 10 ** rng.uniform(0, 0.5), rng.uniform(35, 36), n % 3 == 0)
        for n in range(9)
    ]
    far = Dot("far away", 1000.0, 30.0, own=False)
    draw_dots(axes, [*dots, far], xlabel="speed", ylabel="quality", title="All")
    figure.draw_without_rendering()
    boxes = [texts.Text.get_window_extent(name) for name in axes.texts]  # without the leader
    assert len(boxes) == 10
    for one, other in combinations(boxes, 2):
        deep = min(one.y1, other.y1) - max(one.y0, other.y0)
        wide = min(one.x1, other.x1) - max(one.x0, other.x0)
        assert min(deep, wide) < 0.35 * one.height, "a third of a line at most"
    assert all(box.x1 <= figure.bbox.x1 and box.x0 >= 0 for box in boxes)
