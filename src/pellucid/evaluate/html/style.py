"""How the page looks: follows the reader's light or dark, prints, and works from the keyboard.

Plots take their colours from the page: each colour of `PLOT_COLOURS` has a second one that shows on
dark paper.
"""

from __future__ import annotations

from pellucid.evaluate.drawing import GRID, INK, SOFT

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

LOOK = """
:root { color-scheme: light dark; --ink: #1a1c20; --paper: #fbfaf7; --soft: #5b6069;
  --line: #d9d6cd; --mark: #23598f; --card: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e6e1; --paper: #15171b; --soft: #a2a7b0;
  --line: #343840; --mark: #8abaf0; --card: #1d2026; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, sans-serif; }
header, main, footer { max-width: 76rem; margin: 0 auto; padding: 0 1.2rem; }
h1 { font-size: 1.7rem; margin: 1.6rem 0 .2rem; overflow-wrap: anywhere; }
h2 { font-size: 1.35rem; margin: 2.6rem 0 .4rem; border-top: 1px solid var(--line);
  padding-top: 1.2rem; }
h3 { font-size: 1.1rem; margin: 1.8rem 0 .3rem; } h4 { margin: 1.2rem 0 .2rem; }
p, li { max-width: 52rem; } p { margin: .5rem 0; }
p.soft, figcaption, caption, footer { color: var(--soft); }
nav ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; }
a { color: var(--mark); }
a.skip { position: absolute; left: -99rem; } a.skip:focus { left: 1rem; top: .5rem; }
:focus-visible { outline: 3px solid var(--mark); outline-offset: 2px; }
figure { margin: 1rem 0; max-width: 60rem; }
figure svg { display: block; width: 100%; height: auto; background: var(--card);
  border: 1px solid var(--line); }
figcaption { font-size: .9rem; margin-top: .3rem; }
.facts { display: flex; flex-wrap: wrap; gap: .4rem 2rem; padding: 0; margin: .6rem 0; }
.facts div { display: flex; flex-direction: column-reverse; }
.facts dt { font-size: .85rem; color: var(--soft); } .facts dd { margin: 0; font-size: 1.05rem; }
.scroll { overflow-x: auto; margin: .8rem 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .15rem .9rem .15rem 0; border-bottom: 1px solid var(--line);
  white-space: nowrap; }
thead th { white-space: normal; vertical-align: bottom; }
th[scope=row], thead th:first-child { text-align: left; } th { font-weight: 500; }
th.text, td.text { text-align: left; white-space: normal; overflow-wrap: anywhere; }
code { font: .88em ui-monospace, monospace; overflow-wrap: anywhere; }
footer { font-size: .85rem; margin-top: 3rem; padding-bottom: 2rem; }
@media print { nav { display: none; } .scroll { overflow: visible; } }
"""


def variable(colour: str) -> str:
    """The page's name for a colour of the plots."""
    return f"--plot-{colour.removeprefix('#')}"


def css() -> str:
    """The whole style sheet."""
    light = "".join(f"{variable(colour)}: {colour}; " for colour in PLOT_COLOURS)
    dark = "".join(f"{variable(colour)}: {other}; " for colour, other in PLOT_COLOURS.items())
    return (
        f"{LOOK}:root {{ {light}}}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark}}} }}\n"
    )
