"""Sums and short lists of a manifest, against a plain count."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import PurePosixPath

import pytest

from manifests import done, failed, item, items, opened, output
from pellucid.scale.items import Item, Made, State
from pellucid.scale.report import figures
from pellucid.scale.report.figures import KINDS, STEPS, Picture, Sums


@pytest.fixture
def manifest(tmp_path):
    with opened(tmp_path / "run.sqlite") as manifest:
        yield manifest


def named(*places, size=10):
    return [Item(f"photos/{n}/{place}", f"{n}/{place}", size, "") for n, place in enumerate(places)]


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("a.jpg", ".jpg"),
        ("a.b.JPG", ".jpg"),
        ("a", "no suffix"),
        ("a.b/c", "no suffix"),
        ("a.b/c.d.png", ".png"),
        ("x.jpg.jpg", ".jpg"),
        ("...", "."),
        ("é.Tif", ".tif"),
        ("a b.t f", ".t f"),
    ],
)
def test_the_kind_of_a_source(manifest, place, kind):
    (one,) = named(place)
    manifest.add([one], output)
    manifest.record([done(one)])
    assert figures.by_kind(manifest) == [Sums(kind, 1, 10, 250)]


def test_kinds_and_sizes_are_those_of_a_plain_count(manifest):
    drawn = random.Random(3)
    sources = [
        Item(f"{n}.{'abcdef'[n % 6]}", f"{n}.{'abcdef'[n % 6]}", int(2 ** drawn.uniform(0, 40)), "")
        for n in range(300)
    ]
    manifest.add(sources, output)
    manifest.record([done(one, written=one.size // 3) for one in sources[:250]])
    manifest.record([failed(one) for one in sources[250:]])
    before, after, number = Counter(), Counter(), Counter()
    for one in sources[:250]:
        for key in (PurePosixPath(one.place).suffix, sum(one.size >= step for step in STEPS)):
            before[key] += one.size
            after[key] += one.size // 3
            number[key] += 1
    for found in (figures.by_kind(manifest), figures.by_size(manifest)):
        for sums in found:
            key = sums.name if sums.name.startswith(".") else names().index(sums.name)
            wanted = number[key], before[key], after[key]
            assert (sums.pictures, sums.before, sums.after) == wanted
        assert sum(sums.pictures for sums in found) == 250
    kinds = figures.by_kind(manifest)
    assert [one.before for one in kinds] == sorted((one.before for one in kinds), reverse=True)


def names():
    return [figures.class_name(number) for number in range(len(STEPS) + 1)]


def test_classes_have_names():
    assert names()[:3] == ["under 16 KiB", "16 KiB to 64 KiB", "64 KiB to 256 KiB"]
    assert names()[3:5] == ["256 KiB to 1 MiB", "1 MiB to 4 MiB"]
    assert names()[-2:] == ["1 GiB to 4 GiB", "4 GiB and more"]


def test_rare_kinds_are_one(manifest):
    sources = named(*(f"a.{n}" for n in range(KINDS + 5)), size=100)
    manifest.add(sources, output)
    manifest.record([done(one) for one in sources])
    found = figures.by_kind(manifest)
    assert len(found) == KINDS + 1
    assert found[-1] == Sums("others", 5, 500, 1250)


def test_bits_a_pixel_are_of_all_pixels(manifest):
    manifest.add(items(5), output)
    assert figures.bits_a_pixel(manifest) is None
    sizes = [(10, 10), (30, 10), ("wide", 10), (None, 3)]
    made = [Made({"width": w, "height": h}) for w, h in sizes]
    manifest.record([done(item(n), made=one, written=40) for n, one in enumerate(made)])
    manifest.record([done(item(4), made=Made())])
    assert figures.bits_a_pixel(manifest) == 8 * 80 / 400


def test_what_stands_out(manifest):
    manifest.add(items(40), output)
    rows = [done(item(n), written=100 * n, seconds=n / 2) for n in range(30)]
    manifest.record([*rows, done(item(30), state=State.KEPT, seconds=99.0)])
    assert figures.slowest(manifest)[0] == Picture(item(30).url, 1000, 250, 99.0)
    assert [one.url for one in figures.slowest(manifest)[1:]] == [
        item(n).url for n in range(29, 20, -1)
    ]
    assert [one.after for one in figures.saved_least(manifest)] == list(range(2900, 1900, -100))


def test_failures_and_damage(manifest):
    manifest.add(items(20), output)
    manifest.record([failed(item(n), "A" if n < 9 else "B", f"m{n}") for n in range(10)])
    manifest.record([done(item(n), made=Made({}, ("a", "b"), damaged=True)) for n in (15, 16)])
    manifest.record([done(item(17), made=Made(damaged=True))])
    assert [one.message for one in figures.failures(manifest, "A")] == [f"m{n}" for n in range(5)]
    assert [one.url for one in figures.failures(manifest, "B")] == [item(9).url]
    assert [one.message for one in figures.damaged(manifest)] == ["a; b", "a; b", ""]


def test_remarks_that_differ_in_numbers_are_one(manifest, monkeypatch):
    monkeypatch.setattr(figures, "DISTINCT", 4)
    monkeypatch.setattr(figures, "KINDS", 2)
    said = ["grew by 1,234.5 bytes", "grew by 7 bytes", "no EXIF", "no EXIF", "x", "y", "z", "z"]
    manifest.add(items(9), output)
    manifest.record([done(item(n), made=Made({}, (text,))) for n, text in enumerate(said)])
    manifest.record([done(item(8), made=Made({}, ("grew by 1 bytes", "grew by 2 bytes")))])
    assert figures.remarks(manifest) == ([("grew by N bytes", 3), ("no EXIF", 2)], 4)


def test_who_made_it(manifest):
    manifest.add(items(4), output)
    manifest.record([done(item(0)), done(item(1), models="s 1"), done(item(2), version="0.2.0")])
    manifest.record([failed(item(3))])
    assert figures.makers(manifest) == (["0.1.0", "0.2.0"], ["m 0123", "s 1"])
