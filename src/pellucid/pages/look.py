"""How every page looks: follows the reader's light or dark, prints, and works from the keyboard.

A page adds its own rules after these.
"""

from __future__ import annotations

LOOK = """
:root { color-scheme: light dark; --ink: #1a1c20; --paper: #fbfaf7; --soft: #5b6069;
  --line: #d9d6cd; --mark: #23598f; --card: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e6e1; --paper: #15171b; --soft: #a2a7b0;
  --line: #343840; --mark: #8abaf0; --card: #1d2026; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, sans-serif; }
header, main, footer { margin: 0 auto; padding: 0 1.2rem; }
h1 { font-size: 1.7rem; margin: 1.6rem 0 .2rem; overflow-wrap: anywhere; }
h2 { margin: 2.6rem 0 .4rem; border-top: 1px solid var(--line); padding-top: 1.2rem; }
p { margin: .5rem 0; }
p.soft, figcaption, caption, footer { color: var(--soft); }
nav ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; }
a { color: var(--mark); }
a.skip { position: absolute; left: -99rem; } a.skip:focus { left: 1rem; top: .5rem; }
:focus-visible { outline: 3px solid var(--mark); outline-offset: 2px; }
figcaption { font-size: .9rem; margin-top: .3rem; }
.facts { display: flex; flex-wrap: wrap; gap: .4rem 2rem; padding: 0; margin: .6rem 0; }
.facts div { display: flex; flex-direction: column-reverse; }
.facts dt { font-size: .85rem; color: var(--soft); } .facts dd { margin: 0; }
.scroll { overflow-x: auto; margin: .8rem 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: right; border-bottom: 1px solid var(--line); }
th[scope=row], thead th:first-child { text-align: left; } th { font-weight: 500; }
footer { font-size: .85rem; margin-top: 3rem; padding-bottom: 2rem; }
@media print { nav { display: none; } .scroll { overflow: visible; } }
"""
