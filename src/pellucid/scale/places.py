"""Where an output may lie: names of any origin -> places below a target, harmless anywhere.

A place is never absolute, has no "..", and doesn't begin with `.pellucid`, where a run keeps its
own files. Names in archives and keys in object stores may be anything, so what can't stand in a
place is written as `%u` and four hexadecimal digits: different names keep different places.
"""

from __future__ import annotations

import os
import re

OWN = ".pellucid"

# what no name on a disk should have; and what looks like an escape already
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\\ud800-\udfff]|%(?=u[0-9a-f]{4})")
_DRIVE = re.compile(r"[A-Za-z]:")
_PASSWORD = re.compile(r"^([^/:@]*):[^/@]*(?=@)")
_PROTOCOL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_CHAINED = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:(//|:)")


def is_url(text: str) -> bool:
    """Whether a text begins as a URL or a chain of them does; `C:\\a` doesn't."""
    return _CHAINED.match(text) is not None


def harmless(below: str) -> str:
    """The place of what is called so below a folder; different for different names.

    Nearly all names are their own place.
    """
    first, *others = map(_part, below.split("/"))
    if first.lower().startswith(OWN):
        first = _escaped(".") + first[1:]
    elif _DRIVE.match(first):
        first = first[0] + _escaped(":") + first[2:]
    return "/".join((first, *others))


def place_of_path(path: str) -> str:
    """The place of a path that was named: ".." resolved, without root and drive.

    What would lie above the folder that a relative path starts from loses that part.
    """
    if os.name == "nt" or re.match(r"[A-Za-z]:[\\/]", path):
        path = path.replace("\\", "/")
    if _DRIVE.match(path):
        path = path[0] + "/" + path[2:]
    return harmless("/".join(resolved(path)))


def place_of_url(url: str) -> str:
    """The place of a URL: its whole path without protocol, password and query.

    In a chain the last comes first: of `zip://a.png::s3://b/x.zip` it is `b/x.zip/a.png`.
    """
    parts: list[str] = []
    for link in reversed(url.split("::")):
        protocol = _PROTOCOL.match(link)
        rest = link[protocol.end() :] if protocol else link
        if protocol:
            rest = _PASSWORD.sub(r"\1", rest)
            if protocol[0].startswith("http"):
                rest = re.split("[?#]", rest)[0]
        parts += resolved(rest)
    return harmless("/".join(parts))


def resolved(path: str) -> list[str]:
    """The names in a path, without "." and "..", which takes away the name before it, if any."""
    names: list[str] = []
    for name in path.split("/"):
        if name == "..":
            del names[-1:]
        elif name not in ("", "."):
            names.append(name)
    return names


def _part(name: str) -> str:
    """One name between slashes."""
    if name in (".", ".."):
        return _escaped(".") * len(name)
    return _UNSAFE.sub(lambda found: _escaped(found[0]), name) if name else _escaped("/")


def _escaped(char: str) -> str:
    return f"%u{ord(char):04x}"
