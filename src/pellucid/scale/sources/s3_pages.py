"""Keys below a prefix in S3, a page of a thousand at a time, each with its size and ETag.

A page needs one request and no other follows for its keys, so memory is a page, and 10^8 keys
take 10^5 requests. Without `**` only the folders that a pattern names are listed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pellucid.errors import InputError
from pellucid.scale.sources.local import Found, is_zarr
from pellucid.scale.sources.wanted import Wanted
from pellucid.scale.storage import retried

if TYPE_CHECKING:
    from s3fs import S3FileSystem


def keys_below(fs: S3FileSystem, path: str, start: str) -> Iterator[Found]:
    """All keys below bucket/prefix that begin with `start` from there, in the server's order.

    Raises OSError as the file system does.
    """
    bucket, prefix = _split(fs, path)
    for page in _pages(fs, Bucket=bucket, Prefix=prefix + start):
        for key in page.get("Contents", ()):
            if not key["Key"].endswith("/"):  # which is the mark of an empty folder
                yield _found(key, prefix)


def walk_prefixes(fs: S3FileSystem, path: str, wanted: Wanted, skip: str | None) -> Iterator[Found]:
    """What is wanted below bucket/prefix, folder by folder; memory holds those that wait.

    `skip` is a folder below that isn't entered. Raises OSError as the file system does.
    """
    bucket, prefix = _split(fs, path)
    waiting = [prefix + wanted.start]
    while waiting:
        for page in _pages(fs, Bucket=bucket, Prefix=waiting.pop(), Delimiter="/"):
            for key in page.get("Contents", ()):
                found = _found(key, prefix)
                if not key["Key"].endswith("/") and wanted.take(found.below):
                    yield found
            for folder in (each["Prefix"] for each in page.get("CommonPrefixes", ())):
                below = folder.removeprefix(prefix).rstrip("/")
                if is_zarr(below):
                    if wanted.take(below):
                        yield Found(below)
                elif below != skip and wanted.enter(below):
                    waiting.append(folder)


def _split(fs: S3FileSystem, path: str) -> tuple[str, str]:
    """Bucket, and the prefix of what lies below, with its slash."""
    bucket, key, _ = fs.split_path(path)
    if not bucket:
        raise InputError("s3:// without a bucket; name one, as in s3://bucket/folder")
    return bucket, f"{key.rstrip('/')}/" if key else ""


def _pages(fs: S3FileSystem, **asked: str) -> Iterator[dict[str, Any]]:
    """The pages of one listing."""
    while True:
        page = retried(fs.call_s3, "list_objects_v2", **asked)
        yield page
        if not page.get("IsTruncated"):
            return
        asked["ContinuationToken"] = page["NextContinuationToken"]


def _found(key: dict[str, Any], prefix: str) -> Found:
    return Found(key["Key"].removeprefix(prefix), key["Size"], key.get("ETag", "").strip('"'))
