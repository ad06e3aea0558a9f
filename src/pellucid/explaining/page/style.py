"""How the page looks: follows the reader's light or dark, prints, and works from the keyboard."""

from __future__ import annotations

CSS = """
:root { color-scheme: light dark; --ink: #1a1c20; --paper: #fbfaf7; --soft: #5b6069;
  --line: #d9d6cd; --mark: #23598f; --card: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e6e1; --paper: #15171b; --soft: #a2a7b0;
  --line: #343840; --mark: #8abaf0; --card: #1d2026; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, sans-serif; }
header, main, footer { max-width: 72rem; margin: 0 auto; padding: 0 1.2rem; }
h1 { font-size: 1.7rem; margin: 1.6rem 0 .2rem; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 2.6rem 0 .4rem; border-top: 1px solid var(--line);
  padding-top: 1.2rem; }
p { max-width: 46rem; margin: .5rem 0; }
p.soft, figcaption, caption, footer { color: var(--soft); }
nav ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; }
a { color: var(--mark); }
a.skip { position: absolute; left: -99rem; } a.skip:focus { left: 1rem; top: .5rem; }
:focus-visible { outline: 3px solid var(--mark); outline-offset: 2px; }
.row { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(19rem, 1fr));
  align-items: start; }
.row.small { grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); }
figure { margin: .6rem 0; }
figure img { display: block; width: 100%; height: auto; background: var(--card);
  border: 1px solid var(--line); }
img.pixels { image-rendering: pixelated; }
figcaption { font-size: .9rem; margin-top: .3rem; }
.scale { display: flex; gap: .5rem; align-items: center; font-size: .85rem; color: var(--soft); }
.scale span.bar { flex: 1; height: .7rem; border: 1px solid var(--line); }
.facts { display: flex; flex-wrap: wrap; gap: .4rem 2rem; padding: 0; margin: .6rem 0; }
.facts div { display: flex; flex-direction: column-reverse; }
.facts dt { font-size: .85rem; color: var(--soft); } .facts dd { margin: 0; font-size: 1.2rem; }
table { border-collapse: collapse; margin: .8rem 0; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-size: .9rem; padding-bottom: .2rem; }
th, td { text-align: right; padding: .15rem .8rem .15rem 0; border-bottom: 1px solid var(--line); }
th[scope=row], thead th:first-child { text-align: left; } th { font-weight: 500; }
svg.bars { width: 100%; height: 7rem; fill: var(--mark); border-bottom: 1px solid var(--line); }
.pair { position: relative; } .pair img { width: 100%; display: block; }
.pair img + img { position: absolute; inset: 0; clip-path: inset(0 0 0 var(--cut, 50%)); }
.pair + label { display: block; font-size: .9rem; color: var(--soft); }
input[type=range] { width: 100%; }
details { margin: .6rem 0; } summary { cursor: pointer; color: var(--mark); }
footer { font-size: .85rem; margin-top: 3rem; padding-bottom: 2rem; }
@media print { nav, input, .pair + label { display: none; } }
"""

SCRIPT = """
for (const slider of document.querySelectorAll('input[data-pair]')) {
  const pair = document.getElementById(slider.dataset.pair);
  slider.addEventListener('input', () => pair.style.setProperty('--cut', slider.value + '%'));
}
"""
