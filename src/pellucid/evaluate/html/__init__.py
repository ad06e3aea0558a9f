"""Everything measured in a folder as one HTML file that needs no network and no other file.

figures.py    plots as SVG inside the page, in the page's colours
style.py      how it looks, beside what all pages share (`pellucid.pages`)
document.py   all of it in order
"""

from __future__ import annotations

from pellucid.evaluate.html.document import report_page, write_html

__all__ = ["report_page", "write_html"]
