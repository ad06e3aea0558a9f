"""Folders and patterns of other file systems: in memory, in archives, in S3, and any other."""

from __future__ import annotations

import zipfile
from collections import Counter
from pathlib import Path
from typing import Any, ClassVar

import fsspec
import pytest
from fsspec.implementations.local import LocalFileSystem

from listed import Listed
from pellucid.errors import InputError, OptionError
from pellucid.scale import retrying
from pellucid.scale.items import Item
from pellucid.scale.sources.find import find_sources
from pellucid.scale.sources.kinds import kind_of
from s3_server import BUCKET, put_key

NAMES = ("1.jpg", "a/2.JPG", "a/b/3.jpg", "a/note.txt", ".h/4.jpg", "x.zarr/0/5.jpg", "x.zarr/6")


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
            put_key(f"{folder}/{name}")
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


def test_all_below_a_folder(root: str) -> None:
    for given in (root.format(""), root.format("/")):
        assert kind_of(given).value == "a folder"
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
    assert kind_of(root.format(pattern)).value == "a pattern"
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


def test_members_with_hostile_names(here: Path) -> None:
    listed = Listed(
        hostile_zip(["../../x.jpg", "a/../y.jpg", "C:/z.jpg", "w\\v.jpg", "\x1b[1m.jpg"])
    )
    assert listed.places == [
        *("%u001b[1m.jpg", "%u002e%u002e/%u002e%u002e/x.jpg", "C%u003a/z.jpg"),
        *("a/%u002e%u002e/y.jpg", "w%u005cv.jpg"),
    ]
    for item in listed.items:  # each opens by its URL
        assert fsspec.open(item.url).open().read() == b"1"


def test_members_that_no_url_opens_are_remarks(here: Path) -> None:
    source = hostile_zip(["/etc/x.jpg", "etc/x.jpg", "a::file:///etc/y.jpg", "//z.jpg"])
    listed = Listed(source)
    assert listed.places == ["etc/x.jpg"]
    assert sorted(listed.told) == sorted(
        [
            f"zip:////z.jpg::{here}/h.zip: no URL leads to such a name",
            f"zip:///etc/x.jpg::{here}/h.zip: no URL leads to such a name",
            f"zip://a::file:///etc/y.jpg::{here}/h.zip: its name has ::, which in a URL means "
            "a chain",
        ]
    )


def test_an_empty_archive_and_one_that_is_none(here: Path) -> None:
    with pytest.raises(InputError, match="holds no files named"):
        Listed(hostile_zip([]))
    Path("none.zip").write_bytes(b"no archive")
    with pytest.raises(InputError, match=r"none\.zip: cannot be opened: File is not a zip file"):
        Listed("zip://::none.zip")
    with pytest.raises(InputError, match=r"gone\.zip: cannot be opened: no such file"):
        Listed("zip://::gone.zip")


@pytest.mark.parametrize("root", ["walked"], indirect=True)
def test_a_folder_that_a_pattern_rules_out_is_not_asked_for(root: str) -> None:
    Listed(root.format("/a/*/*.jpg"))
    assert {Path(path).name for path in Walked.asked} == {"a", "b"}


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
