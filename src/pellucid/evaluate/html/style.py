"""How the page looks, beside what all pages share.

Plots take their colours from the page: each colour of `PLOT_COLOURS` has a second one that shows on
dark paper.
"""

from __future__ import annotations

from pellucid.evaluate.drawing import GRID, INK, SOFT
from pellucid.pages import LOOK

# A colour of the plots -> the same in the dark.
PLOT_COLOURS = {
    INK: "#e8e6e1",
    GRID: "#343840",
    SOFT: "#a2a7b0",
    "#d55e00": "#ff8b3d",
    "#e69f00": "#f2b632",
    "#999999": "#8f959e",
    "#555555": "#c3c7ce",
    "#117733": "#58b877",
    "#009e73": "#2fc79b",
    "#56b4e9": "#7cc8f2",
    "#0072b2": "#5aa8e6",
    "#cc79a7": "#dd98bf",
    "#882255": "#d56fa0",
}

OWN = """
header, main, footer { max-width: 76rem; }
h2 { font-size: 1.35rem; }
h3 { font-size: 1.1rem; margin: 1.8rem 0 .3rem; } h4 { margin: 1.2rem 0 .2rem; }
p, li { max-width: 52rem; }
figure { margin: 1rem 0; max-width: 60rem; }
figure svg { display: block; width: 100%; height: auto; background: var(--card);
  border: 1px solid var(--line); }
.facts dd { font-size: 1.05rem; }
th, td { padding: .15rem .9rem .15rem 0; white-space: nowrap; }
thead th { white-space: normal; vertical-align: bottom; }
th.text, td.text { text-align: left; white-space: normal; overflow-wrap: anywhere; }
code { font: .88em ui-monospace, monospace; overflow-wrap: anywhere; }
"""


def variable(colour: str) -> str:
    """The page's name for a colour of the plots."""
    return f"--plot-{colour.removeprefix('#')}"


def css() -> str:
    """The whole style sheet."""
    light = "".join(f"{variable(colour)}: {colour}; " for colour in PLOT_COLOURS)
    dark = "".join(f"{variable(colour)}: {other}; " for colour, other in PLOT_COLOURS.items())
    sets = f":root {{ {light}}}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark}}} }}\n"
    return LOOK + OWN + sets
