"""An explanation as one HTML file that needs no network and no other file.

draw.py      arrays to small pictures          charts.py    rows of numbers to bars
parts.py     pieces of HTML                    sections.py  what is told, in order
numbers.py   numbers and units as shown        spent.py, removed.py, pixel.py, layers.py  sections
style.py     how it looks, beside what all pages share (pellucid.pages)
"""

from __future__ import annotations

from pellucid.explaining.page.sections import page_of

__all__ = ["page_of"]
