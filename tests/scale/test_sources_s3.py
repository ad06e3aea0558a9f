"""Listings of S3: page by page, odd keys, and what goes wrong in their midst."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import fsspec
import pytest
import s3fs

from listed import SUFFIXES, Listed
from pellucid.errors import InputError
from pellucid.scale import retrying
from pellucid.scale.sources.find import find_sources
from s3_server import BUCKET, put_key


def test_keys_of_more_than_a_page(s3_server: str) -> None:
    for number in range(2300):
        put_key(f"many/{number % 3}/{number}.jpg")
    put_key("many/3/")  # as consoles make for an empty folder
    put_key("many/4.zarr/")
    listed = Listed(f"s3://{BUCKET}/many")
    assert len(set(listed.urls)) == 2300
    assert len(Listed(f"s3://{BUCKET}/many/*/*.jpg").items) == 2300
    assert len(Listed(f"s3://{BUCKET}/many/1/*7.jpg").items) == len(
        [number for number in range(2300) if number % 3 == 1 and number % 10 == 7]
    )


@dataclass
class Requests:
    """Those for pages of listings; `errors` come instead of pages that aren't a listing's first."""

    prefixes: list[str] = field(default_factory=list)
    errors: list[OSError] = field(default_factory=list)


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> Requests:
    monkeypatch.setattr(retrying, "FIRST_S", 0.0)
    real, found = s3fs.S3FileSystem.call_s3, Requests()

    def call_s3(self: object, method: str, **words: str) -> dict[str, Any]:
        found.prefixes.append(words["Prefix"])
        if "ContinuationToken" in words and found.errors:
            raise found.errors.pop()
        return real(self, method, **words)

    monkeypatch.setattr(s3fs.S3FileSystem, "call_s3", call_s3)
    return found


@pytest.fixture(scope="module")
def pages(s3_server: str) -> str:
    """A folder of three pages."""
    for number in range(2300):
        put_key(f"pages/{number}.jpg")
    return f"s3://{BUCKET}/pages"


def test_pages_are_asked_for_as_they_are_needed(pages: str, requests: Requests) -> None:
    items = find_sources(f"{pages}/1*", SUFFIXES, Counter())
    next(items)
    assert requests.prefixes == ["pages/1"]
    assert len(list(items)) == 1110
    assert len(requests.prefixes) == 2


def test_keys_with_odd_names(s3_server: str) -> None:
    keys = ["a//b.jpg", "/c.jpg", "sp ace+%20#?.jpg", "ünï.jpg", "x::y.jpg", "n\nl.jpg"]
    for key in keys:
        put_key(f"odd/{key}")
    listed = Listed(f"s3://{BUCKET}/odd")
    assert listed.places == [
        *("%u002f/c.jpg", "a/%u002f/b.jpg", "n%u000al.jpg", "sp ace+%20#?.jpg", "ünï.jpg")
    ]
    fs = fsspec.filesystem("s3")
    readable = [item.url for item in listed.items if "\n" not in item.url]  # moto finds none such
    assert all(fs.cat_file(url) == b"12345" for url in readable)
    assert listed.told == [
        f"s3://{BUCKET}/odd/x::y.jpg: its name has ::, which in a URL means a chain"
    ]


def test_a_bucket_itself_and_none(s3_server: str) -> None:
    fsspec.filesystem("s3").mkdir("small")
    for name in ("top.jpg", "a/b.jpg"):
        put_key(name, bucket="small")
    assert Listed("s3://small").places == ["a/b.jpg", "top.jpg"]
    assert Listed("s3://small/t*.jpg").places == ["top.jpg"]
    for source in ("s3://", "s3://*/x.jpg"):
        with pytest.raises(InputError, match="without a bucket; name one"):
            Listed(source)
    with pytest.raises(InputError, match="s3://no-such-bucket"):
        Listed("s3://no-such-bucket/x/")


def test_a_listing_that_breaks_off_is_an_error(pages: str, requests: Requests) -> None:
    """What follows wouldn't be done, and nobody would know."""
    requests.errors.append(PermissionError(13, "Access Denied"))
    items = find_sources(pages, SUFFIXES, Counter())
    assert len(list(islice(items, 1000))) == 1000
    with pytest.raises(InputError, match=f"{pages}: cannot be read: .*Access Denied.*credentials"):
        next(items)


def test_a_page_that_fails_twice_is_asked_for_again(pages: str, requests: Requests) -> None:
    requests.errors += [OSError(16, "Please reduce your request rate.")] * 2
    listed = Listed(pages)
    assert not requests.errors
    assert len(set(listed.urls)) == len(listed.urls) == 2300
