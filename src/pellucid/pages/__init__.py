"""HTML files that need no network and no other file: what the pages of explain and bench share.

look.py     colours in light and dark, type, the keyboard's focus, tables
parts.py    facts, tables, and the frame of a whole page
"""

from __future__ import annotations

from pellucid.pages.look import LOOK
from pellucid.pages.parts import Section, document, facts, scroll, table

__all__ = ["LOOK", "Section", "document", "facts", "scroll", "table"]
