"""Everything measured in a folder as one HTML file that needs no network and no other file.

| module     | idea                                                                       |
|------------|----------------------------------------------------------------------------|
| `parts`    | a list of the kinds of rows: which files, which tables, which plots         |
| `markdown` | the tables and notes of the Markdown reports as HTML                       |
| `figures`  | plots as SVG inside the page, in the page's colours                        |
| `style`    | how it looks, beside what all pages share (`pellucid.pages`)               |
| `document` | all of it in order                                                         |

A new kind of rows is one entry in `parts.PARTS`.
"""

from __future__ import annotations

from pellucid.evaluate.html.document import report_page, write_html

__all__ = ["report_page", "write_html"]
