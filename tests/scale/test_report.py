"""The report of a run: what it says, that names can't do anything, that it is written whole."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from manifests import done, failed, item, items, opened, output
from pellucid.errors import OutputError
from pellucid.scale.items import Item, Made, Row, State
from pellucid.scale.report.page import page_of, write_report
from pellucid.scale.report.parts import percent, size_text, time_text

ODD = "<script>alert(1)</script> & \"' \u202egpj\n.exe"


class Outline(HTMLParser):
    """The tags of a page that must balance, its headings, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.headings: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag not in ("meta", "img", "rect", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data
        if self.open and self.open[-1] in ("h2", "h3"):
            self.headings.append(data)


def test_it_says_what_was_done(path):
    made = Made({"width": 40, "height": 25}, ("it was a JPEG of quality 85",))
    with opened(path) as manifest:
        manifest.add(items(9), output)
        manifest.record([done(one, made=made) for one in items(3)])
        manifest.record(
            [failed(item(3)), failed(item(4), "LimitError", "photos/0/4.jpg: too large")]
        )
        manifest.record([done(item(5), state=State.THERE, written=0, written_sha256="")])
        manifest.record([done(item(6), made=Made({}, ("tile 3 is lost",), damaged=True))])
        found = Outline(page_of(manifest))
    assert found.headings == [
        "What was done",
        "Failed",
        "InputError: 1 picture",
        "LimitError: 1 picture",
        "Damaged",
        "Pictures to look at",
        "Before and after",
        "Speed",
        "The slowest",
        "Saved least",
        "Remarks",
        "Every picture",
    ]
    for said in (
        "4 of 9 pictures are done: 4.00 kB became 1.00 kB, 75.0 % less.",
        "photos/0/4.jpg: too large",
        "photos/0/6.jpg: tile 3 is lost",
        "it was a JPEG of quality N",
        "bits a pixel2.000",
        "waiting2done4failed2there before1damaged1",
        "--resume goes on with those that wait",
        "m 0123",
        "sqlite3 -box",
    ):
        assert said in found.text, said


def test_a_run_without_trouble_says_nothing_of_it(path):
    with opened(path, verb="verify") as manifest:
        assert Outline(page_of(manifest)).headings == ["What was done", "Every picture"]
        manifest.add(items(2), None)
        rows = [done(one, place="", written=0, written_sha256="") for one in items(2)]
        manifest.record([replace(row, made=Made()) for row in rows])
        found = Outline(page_of(manifest))
    assert found.headings == ["What was done", "Speed", "The slowest", "Every picture"]
    assert "2 of 2 pictures are done." in found.text
    assert "became" not in found.text


@pytest.mark.parametrize("verb", ["denoise", "decompress"])
def test_only_of_compression_it_is_said_what_saved_least(path, verb):
    with opened(path, verb=verb) as manifest:
        manifest.add(items(2), output)
        manifest.record([done(one, written=3000) for one in items(2)])
        found = Outline(page_of(manifest))
    assert "Saved least" not in found.headings
    assert ("Pictures to look at" in found.headings) is (verb == "denoise")
    assert "2.00 kB became 6.00 kB, 200.0 % more" in found.text


def test_changed_sources_are_named(path):
    with opened(path) as manifest:
        manifest.add(items(1), output)
        manifest.record([done(item(0))])
        manifest.add([item(0, 7)], output)
        assert "1 source has changed since" in page_of(manifest)


def test_names_and_messages_are_only_text(path):
    odd = Item(f"photos/{ODD}.jpg", f"{ODD}.jpg", 9, "")
    other = Item(f"photos/b{ODD}.{ODD[:5]}", "b", 9, "")
    with opened(path, words=ODD, source=ODD, target=ODD) as manifest:
        manifest.add([odd, other, item(1)], output)
        manifest.record([done(odd, made=Made({"width": ODD}, (ODD,), damaged=True), models=ODD)])
        manifest.record([done(other, place="b.pel"), failed(item(1), ODD, ODD)])
        page = page_of(manifest)
    found = Outline(page)
    assert "script" not in found.tags
    assert page.count("<script") == 0
    assert ODD in found.text
    assert not re.search(r"<[^>]*alert", page)


def test_all_lists_are_short(path):
    """However many kinds of errors and remarks there are, and however long names and texts."""
    many = [Item(f"{n:04}{'x' * 4000}", f"{n}.{'s' * (n % 300)}", n, "") for n in range(1200)]
    with opened(path) as manifest:
        manifest.add(many, output)
        rows = [failed(one, f"Error{n % 90}", "long " * 2000) for n, one in enumerate(many[:600])]
        made = Made(damaged=True)
        for n, one in enumerate(many[600:]):
            made = Made({}, (f"{chr(97 + n % 26) * (n + 9)}" * 9,), damaged=True)
            rows.append(done(one, made=made))
        manifest.record(rows)
        page = page_of(manifest)
    assert len(page) < 300_000
    text = Outline(page).text
    assert "And 70 other kinds of error." in text
    assert "600 pictures lack what the source had lost; the first 10" in text
    assert "others" in text


def test_it_replaces_an_earlier_one_whole(path, tmp_path):
    page = tmp_path / "run.html"
    page.write_text("old")
    with opened(path) as manifest:
        write_report(manifest, page)
        first = page.read_text(encoding="utf-8")
        manifest.add(items(1), output)
        write_report(manifest, page)
        assert "of 1 picture are done" in page.read_text(encoding="utf-8")
        assert "of 0 pictures are done" in first
        with pytest.raises(OutputError, match="cannot write"):
            write_report(manifest, tmp_path / "missing" / "run.html")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["run.html", "run.sqlite"]


def test_a_run_whose_pictures_wait_or_failed_alone(path):
    with opened(path) as manifest:
        manifest.add(items(3), output)
        manifest.record([failed(item(0), message="")])
        found = Outline(page_of(manifest))
        assert "0 of 3 pictures are done." in found.text
        manifest.record([Row(item(1).url, State.KEPT, message="larger", made=Made(kept="larger"))])
        assert "not made: would be larger" in page_of(manifest)


def test_a_name_is_said_once(path):
    with opened(path) as manifest:
        manifest.add(items(3), output)
        for number, end in enumerate((" is damaged", ": is damaged", ".pel exists already")):
            url = item(number).url
            manifest.record([failed(item(number), message=f"{url}{end}")])
        text = " ".join(Outline(page_of(manifest)).text.split())
    assert text.count(f"{item(0).url}: is damaged") == 1
    assert text.count(f"{item(1).url}: is damaged") == 1
    assert f"{item(2).url}: {item(2).url}.pel exists already" in text


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.00 kB"),
        (99_960, "100 kB"),
        (999_499, "999 kB"),
        (999_500, "1.00 MB"),
        (12_345_678, "12.3 MB"),
        (-1500, "-1.50 kB"),
        (5e18, "5,000 PB"),
    ],
)
def test_sizes_have_three_digits(size, said):
    assert size_text(size) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (0.254, "0.25 s"),
        (59.4, "59 s"),
        (200, "3 min 20 s"),
        (3600 * 5 + 600, "5 h 10 min"),
        (86400 * 2 + 3 * 3600, "2 days 3 h"),
    ],
)
def test_times_as_people_say_them(seconds, said):
    assert time_text(seconds) == said


def test_no_part_of_nothing():
    assert percent(1, 0) == "–"
    assert percent(-1, 3) == "-33.3 %"
