"""Folders and patterns of other file systems: in memory, in archives, in S3, and any other."""

from __future__ import annotations

import zipfile
from collections import Counter
from pathlib import Path
from typing import Any, ClassVar

import fsspec
import pytest
import s3fs
from fsspec.implementations.local import LocalFileSystem
from moto.s3.models import s3_backends

from pellucid.errors import InputError, OptionError
from pellucid.scale import retrying
from pellucid.scale.items import Item
from pellucid.scale.sources.find import find_sources, kind_of_source
from s3_server import BUCKET

SUFFIXES = (".jpg", ".zarr")
NAMES = ("1.jpg", "a/2.JPG", "a/b/3.jpg", "a/note.txt", ".h/4.jpg", "x.zarr/0/5.jpg", "x.zarr/6")


class Listed:
    """What `find_sources` gives, tells and counts."""

    def __init__(self, source: str, exclude: str | None = None) -> None:
        self.passed: Counter[str] = Counter()
        self.told: list[str] = []
        self.items = list(find_sources(source, SUFFIXES, self.passed, exclude, self.told.append))
        self.places = sorted(item.place for item in self.items)
        self.urls = sorted(item.url for item in self.items)


class Walked(LocalFileSystem):  # type: ignore[misc]
    """A file system as most are: only `ls` tells what is in a folder."""

    protocol = "walked"
    asked: ClassVar[list[str]] = []
    refused: ClassVar[dict[str, OSError]] = {}

    def ls(self, path: str, detail: bool = False, **kwargs: Any) -> list[Any]:
        self.asked.append(path)
        for name, error in self.refused.items():
            if path.endswith(name):
                raise error
        return super().ls(path, detail=detail, **kwargs)


@pytest.fixture(params=["memory", "zip", "s3", "walked"])
def root(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a folder with `NAMES`, up to what comes after its names, as "zip://{}::a.zip"."""
    monkeypatch.chdir(tmp_path)
    folder = f"folder-{tmp_path.name}"
    if request.param == "zip":
        with zipfile.ZipFile("a.zip", "w") as archive:
            for name in NAMES:
                archive.writestr(f"{folder}/{name}", b"12345")
        return f"zip://{folder}{{}}::{tmp_path}/a.zip"
    if request.param == "s3":
        request.getfixturevalue("s3_server")
        for name in NAMES:
            put(f"{folder}/{name}")
        return f"s3://{BUCKET}/{folder}{{}}"
    if request.param == "memory":
        for name in NAMES:
            fsspec.filesystem("memory").pipe(f"/{folder}/{name}", b"12345")
        return f"memory://{folder}{{}}"
    fsspec.register_implementation("walked", Walked, clobber=True)
    monkeypatch.setattr(Walked, "asked", [])
    monkeypatch.setattr(Walked, "refused", {})
    for name in NAMES:
        (tmp_path / folder / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / name).write_bytes(b"12345")
    return f"walked://{tmp_path}/{folder}{{}}"


def put(key: str, bucket: str = BUCKET) -> None:
    """Put a key into a bucket, past HTTP."""
    s3_backends["123456789012"]["aws"].put_object(bucket, key, b"12345")


def test_all_below_a_folder(root: str) -> None:
    for given in (root.format(""), root.format("/")):
        assert kind_of_source(given) == "a folder"
        listed = Listed(given)
        assert listed.places == ["1.jpg", "a/2.JPG", "a/b/3.jpg", "x.zarr"]
        assert listed.urls == [root.format(f"/{place}") for place in listed.places]
        assert listed.passed == {".txt": 1}
        assert listed.told == []


def test_size_and_stamp_come_with_the_listing(root: str) -> None:
    items = {item.place: item for item in Listed(root.format("")).items}
    assert items["1.jpg"].size == 5
    assert items["1.jpg"].stamp
    assert (items["x.zarr"].size, items["x.zarr"].stamp) == (None, "")


def test_a_file_and_a_store(root: str) -> None:
    (item,) = Listed(root.format("/a/b/3.jpg")).items
    assert (item.url, item.place, item.size) == (root.format("/a/b/3.jpg"), "3.jpg", 5)
    assert item in [Item(i.url, "3.jpg", i.size, i.stamp) for i in Listed(root.format("")).items]
    (store,) = Listed(root.format("/x.zarr")).items
    assert store == Item(root.format("/x.zarr"), "x.zarr")


PATTERNS = {
    "/*.jpg": ["1.jpg"],
    "/**/*.jpg": ["1.jpg", "a/b/3.jpg"],
    "/a*/*": ["a/2.JPG", "a/note.txt"],
    "/a/*/?.jpg": ["b/3.jpg"],
    "/*.z*": ["x.zarr"],
    "/*/*/3.*": ["a/b/3.jpg"],
    "/a**/*": None,
    "/**": ["1.jpg", "a/2.JPG", "a/b/3.jpg", "a/note.txt", "x.zarr"],
}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns(root: str, pattern: str) -> None:
    if PATTERNS[pattern] is None:
        with pytest.raises(InputError, match="is no pattern"):
            Listed(root.format(pattern))
        return
    assert kind_of_source(root.format(pattern)) == "a pattern"
    assert Listed(root.format(pattern)).places == PATTERNS[pattern]


@pytest.mark.parametrize("root", ["memory", "s3", "walked"], indirect=True)
def test_a_target_below_the_source_is_passed_by(root: str) -> None:
    for target in (root.format("/a"), root.format("/a/")):
        assert Listed(root.format(""), target).places == ["1.jpg", "x.zarr"]
        assert Listed(root.format("/**/*.jpg"), target).places == ["1.jpg"]
        assert Listed(root.format("/*/*"), root.format("/b")).places == ["a/2.JPG", "a/note.txt"]
    assert len(Listed(root.format(""), root.format("-other")).places) == 4
    with pytest.raises(OptionError, match="outputs there would become sources"):
        Listed(root.format(""), root.format("/"))


def test_what_is_not_there(root: str) -> None:
    missing = root.format("/nope")
    with pytest.raises(InputError) as raised:
        Listed(missing)
    assert str(raised.value) == f"{missing}: no such file or folder"
    with pytest.raises(InputError, match="no file matches"):
        Listed(root.format("/*.gif"))
    with pytest.raises(InputError, match=r"holds no files named \*.tif"):
        list(find_sources(root.format("/a"), (".tif",), Counter()))


def test_an_unknown_protocol() -> None:
    with pytest.raises(OptionError, match="nonsense:// is no kind of URL"):
        Listed("nonsense://a/b")


def hostile_zip(names: list[str]) -> str:
    with zipfile.ZipFile("h.zip", "w") as archive:
        for name in names:
            info = zipfile.ZipInfo("x")
            info.filename = name
            archive.writestr(info, b"1")
    return "zip://::h.zip"


def test_members_with_hostile_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    listed = Listed(
        hostile_zip(["../../x.jpg", "a/../y.jpg", "C:/z.jpg", "w\\v.jpg", "\x1b[1m.jpg"])
    )
    assert listed.places == [
        *("%u001b[1m.jpg", "%u002e%u002e/%u002e%u002e/x.jpg", "C%u003a/z.jpg"),
        *("a/%u002e%u002e/y.jpg", "w%u005cv.jpg"),
    ]
    for item in listed.items:  # each opens by its URL
        assert fsspec.open(item.url).open().read() == b"1"


def test_members_that_no_url_opens_are_remarks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    source = hostile_zip(["/etc/x.jpg", "etc/x.jpg", "a::file:///etc/y.jpg", "//z.jpg"])
    listed = Listed(source)
    assert listed.places == ["etc/x.jpg"]
    assert sorted(listed.told) == sorted(
        [
            f"zip:////z.jpg::{tmp_path}/h.zip: no URL leads to such a name",
            f"zip:///etc/x.jpg::{tmp_path}/h.zip: no URL leads to such a name",
            f"zip://a::file:///etc/y.jpg::{tmp_path}/h.zip: its name has ::, which in a URL means "
            "a chain",
        ]
    )


def test_an_empty_archive_and_one_that_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="holds no files named"):
        Listed(hostile_zip([]))
    Path("none.zip").write_bytes(b"no archive")
    with pytest.raises(InputError, match=r"none\.zip: cannot be opened: File is not a zip file"):
        Listed("zip://::none.zip")
    with pytest.raises(InputError, match=r"gone\.zip: cannot be opened: no such file"):
        Listed("zip://::gone.zip")


def test_keys_of_more_than_a_page(s3_server: str) -> None:
    for number in range(2300):
        put(f"many/{number % 3}/{number}.jpg")
    put("many/3/")  # as consoles make for an empty folder
    put("many/4.zarr/")
    listed = Listed(f"s3://{BUCKET}/many")
    assert len(set(listed.urls)) == 2300
    assert len(Listed(f"s3://{BUCKET}/many/*/*.jpg").items) == 2300
    assert len(Listed(f"s3://{BUCKET}/many/1/*7.jpg").items) == len(
        [number for number in range(2300) if number % 3 == 1 and number % 10 == 7]
    )


def test_pages_are_asked_for_as_they_are_needed(
    s3_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, asked = s3fs.S3FileSystem.call_s3, []

    def call_s3(self: object, method: str, **words: str) -> dict[str, Any]:
        asked.append({"method": method, **words})
        return real(self, method, **words)

    monkeypatch.setattr(s3fs.S3FileSystem, "call_s3", call_s3)
    for number in range(2300):
        put(f"pages/{number}.jpg")
    items = find_sources(f"s3://{BUCKET}/pages/1*", SUFFIXES, Counter())
    next(items)
    assert [request["Prefix"] for request in asked] == ["pages/1"]
    assert len(list(items)) == 1110
    assert len(asked) == 2


@pytest.mark.parametrize("root", ["walked"], indirect=True)
def test_a_folder_that_a_pattern_rules_out_is_not_asked_for(root: str) -> None:
    Listed(root.format("/a/*/*.jpg"))
    assert {Path(path).name for path in Walked.asked} == {"a", "b"}


def test_keys_with_odd_names(s3_server: str) -> None:
    keys = ["a//b.jpg", "/c.jpg", "sp ace+%20#?.jpg", "ünï.jpg", "x::y.jpg", "n\nl.jpg"]
    for key in keys:
        put(f"odd/{key}")
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
        put(name, bucket="small")
    assert Listed("s3://small").places == ["a/b.jpg", "top.jpg"]
    assert Listed("s3://small/t*.jpg").places == ["top.jpg"]
    for source in ("s3://", "s3://*/x.jpg"):
        with pytest.raises(InputError, match="without a bucket; name one"):
            Listed(source)
    with pytest.raises(InputError, match="s3://no-such-bucket"):
        Listed("s3://no-such-bucket/x/")


def test_a_listing_that_breaks_off_is_an_error(
    s3_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What follows wouldn't be done, and nobody would know."""
    for number in range(1500):
        put(f"broken/{number:04}.jpg")
    real, calls = s3fs.S3FileSystem.call_s3, []

    def call_s3(self: object, method: str, **words: str) -> dict[str, Any]:
        calls.append(method)
        if "ContinuationToken" in words:
            raise PermissionError(13, "Access Denied")
        return real(self, method, **words)

    monkeypatch.setattr(s3fs.S3FileSystem, "call_s3", call_s3)
    items = find_sources(f"s3://{BUCKET}/broken", SUFFIXES, Counter())
    with pytest.raises(
        InputError, match=f"s3://{BUCKET}/broken: cannot be read: .*Access Denied.*credentials"
    ):
        assert not list(items)


@pytest.mark.parametrize(
    ("error", "said"),
    [(PermissionError(13, "Denied"), "Denied"), (FileNotFoundError(2, "Gone"), "no such file")],
)
@pytest.mark.parametrize("root", ["walked"], indirect=True)
def test_a_closed_folder_is_a_remark(root: str, error: OSError, said: str) -> None:
    Walked.refused = {"/a": error}
    listed = Listed(root.format(""))
    assert listed.places == ["1.jpg", "x.zarr"]
    (told,) = listed.told
    assert "/a: the folder can't be read: " in told
    assert said in told
    Walked.refused = {root.format("")[-9:]: error}
    with pytest.raises(InputError):
        Listed(root.format(""))


@pytest.mark.parametrize("root", ["walked"], indirect=True)
def test_a_server_that_is_gone_is_an_error(root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrying, "FIRST_S", 0.0)
    Walked.refused = {"/a": OSError(5, "Input/output error")}
    with pytest.raises(InputError, match="cannot be read: Input/output error"):
        Listed(root.format(""))
    assert len([path for path in Walked.asked if path.endswith("/a")]) == retrying.TRIES


def test_a_page_that_fails_twice_is_asked_for_again(
    s3_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrying, "FIRST_S", 0.0)
    for number in range(1500):
        put(f"slow/{number}.jpg")
    real, failures = (
        s3fs.S3FileSystem.call_s3,
        [OSError(16, "Please reduce your request rate.")] * 2,
    )

    def call_s3(self: object, method: str, **words: str) -> dict[str, Any]:
        if "ContinuationToken" in words and failures:
            raise failures.pop()
        return real(self, method, **words)

    monkeypatch.setattr(s3fs.S3FileSystem, "call_s3", call_s3)
    listed = Listed(f"s3://{BUCKET}/slow")
    assert not failures
    assert len(set(listed.urls)) == len(listed.urls) == 1500
