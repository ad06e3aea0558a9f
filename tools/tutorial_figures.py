"""Draw the figures of docs/tutorial.md: `python tools/tutorial_figures.py`.

Runs the page's own snippets and draws what they made, so that text and figures can't part. What a
snippet prints with other weights than the page's is put into the page; read the words around it.
"""

from __future__ import annotations

import doctest
import io
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

import pellucid

DOCS = Path(__file__).resolve().parent.parent / "docs"
FOLDER = DOCS / "tutorial"
DPI = 80
COLOURS = 96


class Runner(doctest.DocTestRunner):
    """Runs a page and keeps what snippets printed that the page doesn't say."""

    def __init__(self) -> None:
        super().__init__(verbose=False)
        self.printed: list[tuple[doctest.Example, str]] = []

    def report_failure(self, *told: Any) -> None:
        self.printed.append(told[2:])

    def report_unexpected_exception(self, *told: Any) -> None:
        raise told[-1][1]


def values_of_page() -> dict[str, Any]:
    """The names that the snippets leave behind; corrects what the page says they print."""
    page = DOCS / "tutorial.md"
    text, runner = page.read_text("utf-8"), Runner()
    examples = doctest.DocTestParser().get_doctest(text, {}, "tutorial", None, 0)
    runner.run(examples, clear_globs=False)
    lines = text.splitlines(keepends=True)
    for example, got in reversed(runner.printed):
        start = example.lineno + example.source.count("\n")
        indent = " " * example.indent
        lines[start : start + example.want.count("\n")] = [
            indent + line for line in got.splitlines(keepends=True)
        ]
        print(f"tutorial.md, line {start + 1}, says now:\n{got}", end="")
    if runner.printed:
        page.write_text("".join(lines), "utf-8")
    return examples.globs


def panels(name: str, pictures: list[tuple[str, Any]], *, columns: int = 0, **options: Any) -> None:
    """Pictures side by side, each with a title."""
    columns = columns or len(pictures)
    rows = -(-len(pictures) // columns)
    height, width = np.asarray(pictures[0][1]).shape[:2]
    size = (3.2 * columns, rows * (3.2 * height / width + 0.35))
    figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    for axis, (title, picture) in zip(axes.flat, pictures, strict=False):
        shown = np.asarray(picture)
        if shown.ndim == 3:
            axis.imshow(np.clip(shown, 0, 255).astype(np.uint8))
        else:
            axis.imshow(shown, **{"cmap": "gray", **options})
        axis.set_title(title, fontsize=10)
    save(figure, name)


def save(figure: Any, name: str) -> None:
    """Write a figure, small."""
    figure.tight_layout(pad=0.4)
    stream = io.BytesIO()
    figure.savefig(stream, dpi=DPI)
    plt.close(figure)
    few = Image.open(stream).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(FOLDER / f"{name}.png", optimize=True)


def filters(v: dict[str, Any]) -> None:
    """The denoiser's weights where it is flat and where it isn't."""
    found = []
    for title, (x, y) in {"in fur": (100, 90), "at the eye's edge": (68, 60)}.items():
        why = pellucid.explain(v["noisy"], task="denoise", sigma=20.0, pixel=(x, y)).pixel
        assert why is not None
        down, along = y - why.top, x - why.left
        part = (slice(max(0, down - 12), down + 13), slice(max(0, along - 12), along + 13))
        found.append((f"noisy, {title}", v["noisy"][y - 12 : y + 13, x - 12 : x + 13]))
        found.append((f"weights, mean of {why.effective:.0f}", why.weights[(*part, 1)]))
    most = max(np.abs(p).max() for t, p in found if t.startswith("weights"))
    panels("filters", found, cmap="RdBu_r", vmin=-most, vmax=most)


def draw(v: dict[str, Any]) -> None:
    """All figures from the names of the page."""
    panels("noisy", [("clean", v["clean"]), ("noise of 20", v["noisy"])])
    found = [("noisy, green", v["green"]), ("mean of 3 x 3", v["smooth"]), ("edges", v["edges"])]
    panels("convolution", found)
    pooled = [("mean of 2 x 2", v["pool"](v["green"])), ("largest", v["pool"](v["green"], np.max))]
    panels("pooling", [("green", v["green"]), *pooled])
    rows = [(f"component {n + 1}", v["rows"][n].reshape(8, 8)) for n in range(8)]
    panels("dense", rows, columns=4)
    figure, axis = plt.subplots(figsize=(5, 2.8))
    x = np.linspace(-4, 4, 200)
    for name, y in {
        "ReLU": np.maximum(x, 0),
        "sigmoid": 1 / (1 + np.exp(-x)),
        "tanh": np.tanh(x),
    }.items():
        axis.plot(x, y, label=name)
    axis.set_ylim(-1.2, 2)
    axis.grid(alpha=0.3)
    axis.legend()
    save(figure, "activations")
    live = [n for n, p in v["found"].layers.items() if p.std() > 0 and n[:4] in ("Conv", "Relu")]
    layers = {n: v["found"].layers[n] for n in live[:3] + live[5:8]}
    maps = [(f"{n}, one of {len(p)}", p[p.std(axis=(1, 2)).argmax()]) for n, p in layers.items()]
    panels("layers", maps, columns=3, cmap="magma")
    filters(v)
    figure, (left, right) = plt.subplots(1, 2, figsize=(6.4, 2.6))
    left.plot(v["history"])
    left.set_yscale("log")
    left.set_xlabel("step")
    left.set_ylabel("squared error")
    right.imshow(v["kernel"].reshape(5, 5), cmap="magma")
    right.set_title("the kernel it learned", fontsize=10)
    save(figure, "training")
    figure, (left, right) = plt.subplots(1, 2, figsize=(6.6, 2.6))
    left.imshow(v["picture"])
    image = right.imshow(v["bits"].latents, cmap="magma")
    figure.colorbar(image, label="bits a latent position")
    for axis in (left, right):
        axis.axis("off")
    save(figure, "bits")
    coded = {q: pellucid.compress(v["picture"], quality=q) for q in (10, 50, 90)}
    found = [(f"quality {q}, {len(d):,} bytes", pellucid.decompress(d)) for q, d in coded.items()]
    panels("qualities", found)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    draw(values_of_page())
