"""How the page looks, beside what all pages share, and what moves on it."""

from __future__ import annotations

from pellucid.pages import LOOK

CSS = (
    LOOK
    + """
header, main, footer { max-width: 72rem; }
h2 { font-size: 1.25rem; }
p { max-width: 46rem; }
.row { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(19rem, 1fr));
  align-items: start; }
.row.small { grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); }
figure { margin: .6rem 0; }
figure img { display: block; width: 100%; height: auto; background: var(--card);
  border: 1px solid var(--line); }
img.pixels { image-rendering: pixelated; }
.scale { display: flex; gap: .5rem; align-items: center; font-size: .85rem; color: var(--soft); }
.scale span.bar { flex: 1; height: .7rem; border: 1px solid var(--line); }
.facts dd { font-size: 1.2rem; }
caption { text-align: left; font-size: .9rem; padding-bottom: .2rem; }
th, td { padding: .15rem .8rem .15rem 0; }
svg.bars { display: block; width: 100%; height: 7rem; fill: var(--mark);
  border-bottom: 1px solid var(--line); }
.pair { position: relative; } .pair img { width: 100%; height: auto; display: block; }
.pair img + img { position: absolute; inset: 0; clip-path: inset(0 0 0 var(--cut, 50%)); }
.pair + label { display: block; font-size: .9rem; color: var(--soft); }
input[type=range] { width: 100%; }
@media print { input, .pair + label { display: none; } }
"""
)

SCRIPT = """
for (const slider of document.querySelectorAll('input[data-pair]')) {
  const pair = document.getElementById(slider.dataset.pair);
  slider.addEventListener('input', () => pair.style.setProperty('--cut', slider.value + '%'));
}
"""
