"""An explanation as one HTML file that needs no network and no other file.

draw.py     arrays to small pictures         sections.py   what is told, in order
parts.py    numbers, figures, charts         spent.py, changed.py   sections
style.py    how it looks, beside what all pages share (pellucid.pages)
"""

from __future__ import annotations

from pellucid.explaining.page.sections import page_of

__all__ = ["page_of"]
