"""An explanation as one HTML file that needs no network and no other file.

draw.py     arrays to small pictures         sections.py   what is told, in order
parts.py    style, numbers, figures          spent.py, changed.py   sections
shown.py    samples as a screen shows them, also for other pages
"""

from __future__ import annotations

from pellucid.explaining.page.sections import page_of

__all__ = ["page_of"]
