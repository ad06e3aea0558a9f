"""What all HTML pages share: text is escaped, and tables scroll and can be read without seeing."""

from __future__ import annotations

import pytest

from pellucid.evaluate.html import css
from pellucid.explaining.page.parts import CSS
from pellucid.pages import LOOK, document, facts, scroll, table

ODD = '<b> & "c"'
SAFE = "&lt;b&gt; &amp; &quot;c&quot;"


def test_text_is_escaped():
    assert f"<dt>{SAFE}</dt><dd>{SAFE}</dd>" in facts([(ODD, ODD)])
    made = table((ODD, "n"), [(ODD, ODD)], ODD, caption=ODD)
    assert made.count(SAFE) == 5
    assert ODD not in made
    page = document(ODD, "", [("m", ODD, "<p>body</p>")], "<p>foot</p>", css=LOOK)
    assert page.count(SAFE) == 4  # title, heading, link, heading of the section
    assert "<p>body</p>" in page


def test_a_table_names_its_rows_and_columns():
    made = table(("part", "bytes"), [("a", "1"), ("b", "2")], "sizes", caption="all")
    assert made.startswith(scroll("Table: sizes"))
    assert 'tabindex="0"' in made
    assert made.count('<th scope="row">') == made.count('<th scope="col">') == 2
    assert "<caption>all</caption>" in made
    assert "<td>2</td>" in made


@pytest.mark.parametrize("sheet", [CSS, css()])
def test_each_page_has_the_common_look(sheet):
    assert sheet.startswith(LOOK)
    for once in ("--paper: #fbfaf7", ":focus-visible", "a.skip:focus"):
        assert sheet.count(once) == 1


def test_script_only_where_there_is_one():
    assert "<script" not in document("t", "", [], "", css="")
    assert "<script>go()</script>" in document("t", "", [], "", css="", script="go()")
