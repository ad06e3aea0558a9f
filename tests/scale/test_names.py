"""Whatever a source is called: outputs lie below their target, and errors are our own."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from listed import SUFFIXES
from pellucid.errors import PellucidError
from pellucid.scale.places import harmless, place_of_path, place_of_url
from pellucid.scale.sources.find import find_sources

PLACES = {
    "a/b.jpg": "a/b.jpg",
    "../../x": "%u002e%u002e/%u002e%u002e/x",
    "/etc/x": "%u002f/etc/x",
    "a//b": "a/%u002f/b",
    "./a/.": "%u002e/a/%u002e",
    "a\\b": "a%u005cb",
    "a\0b": "a%u0000b",
    "C:/x": "C%u003a/x",
    "C:": "C%u003a",
    "2024-01-01T12:00.jpg": "2024-01-01T12:00.jpg",
    ".pellucid/lock": "%u002epellucid/lock",
    ".Pellucid-x": "%u002ePellucid-x",
    "a/.pellucid": "a/.pellucid",
    "100%.jpg": "100%.jpg",
    "%20.jpg": "%20.jpg",
    "%u0041.jpg": "%u0025u0041.jpg",
    "\udcff": "%udcff",
    "...": "...",
    "": "%u002f",
}


@pytest.mark.parametrize("name", PLACES)
def test_places_of_names_below_a_folder(name: str) -> None:
    assert harmless(name) == PLACES[name]


NAMES = st.text(
    st.sampled_from("ab./\\%u0025:C\0\n\udcff é") | st.characters(codec=None), max_size=12
)


PIECES = st.sampled_from(["..", ".", "", ".pellucid", "%u002e", "C:", "a", "/", "\\", "%", "u0025"])


HOSTILE = NAMES | st.lists(PIECES, max_size=6).map("".join) | st.lists(PIECES).map("/".join)


def is_harmless(place: str) -> bool:
    parts = place.split("/")
    place.encode()
    return (
        not place.lower().startswith(".pellucid")
        and not ({"", ".", ".."} & set(parts))
        and not any(ord(char) < 32 or char == "\\" for char in place)
        and not (place[1:2] == ":" and place[0].isascii() and place[0].isalpha())
    )


@settings(max_examples=500)
@given(st.sets(HOSTILE, max_size=20))
def test_places_are_harmless_and_as_many_as_the_names(names: set[str]) -> None:
    places = {harmless(name) for name in names}
    assert all(map(is_harmless, places))
    assert len(places) == len(names)


@settings(max_examples=300)
@given(HOSTILE)
def test_places_of_whatever_is_named_are_harmless(name: str) -> None:
    assert is_harmless(place_of_path(name))
    assert is_harmless(place_of_url(name))
    assert is_harmless(place_of_url(f"zip://{name}::s3://b/{name}"))


@pytest.mark.parametrize("name", ["a.jpg", "ü/ö.png", "x y/+#?&%20.jpg", "a-b_c(1)/[d]~.tif"])
def test_common_names_are_their_own_place(name: str) -> None:
    assert harmless(name) == place_of_path(name) == name


def test_every_error_is_our_own(tmp_path: Path) -> None:
    """Of names below a folder that is empty; others lead to whatever the disk holds."""

    @settings(max_examples=100)
    @given(HOSTILE)
    def check(name: str) -> None:
        source = f"{tmp_path}/x/{name}"
        assume(os.path.abspath(source).startswith(f"{tmp_path}/"))
        try:
            list(find_sources(source, SUFFIXES, Counter()))
        except PellucidError:
            return
        pytest.fail(f"{source} is a source")

    check()
