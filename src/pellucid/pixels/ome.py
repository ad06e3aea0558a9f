"""The OME-XML of a TIFF: kept where it still says what the file holds, else made.

An OME-TIFF tells in the first page's description what its pages are. What came from one keeps that
description, byte for byte, while its sizes, type and order of pages are those of the file that is
written. A region or a page has others, and what came from elsewhere has none: then it is made from
the axes (`axes.py`), with the names and physical sizes of the one before.

OME has the axes Z, C and T beside rows and columns; those of other or no names take what is free of
C, Z, T, the fastest first, as in tifffile.

Source: the OME data model, schema 2016-06.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, ParseError, SubElement

import numpy as np

from pellucid.errors import OutputError
from pellucid.pixels.axes import SAMPLES, Axes, samples_a_page, unpack_axes
from pellucid.pixels.info import ImageInfo
from pellucid.pixels.stacked import IMAGEJ_TAGS, is_imagej, told
from pellucid.pixels.tiff import Directory, Value, build, header, parse

SUFFIXES = (".ome.tif", ".ome.tiff")
SCHEMA = "http://www.openmicroscopy.org/Schemas/OME/2016-06"
TYPES = {"float32": "float", "float64": "double"}
TYPES |= {name: name for name in ("int8", "int16", "int32", "uint8", "uint16", "uint32")}
DESCRIPTION, ASCII = 270, 2
FREE = "CZT"
PIXELS = ("PhysicalSizeX", "PhysicalSizeY", "PhysicalSizeZ", "TimeIncrement", "SignificantBits")
CHANNEL = ("Name", "Color", "Fluor", "EmissionWavelength", "ExcitationWavelength")
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Stack:
    """The pages of a file: axes Z, C and T, slowest first, and the samples of a pixel."""

    width: int
    height: int
    dtype: str
    axes: Axes
    samples: int

    def size(self, letter: str) -> int:
        """How long an axis is; 1 if it isn't there."""
        return dict(self.axes).get(letter, 1)


def is_ome(path: Path) -> bool:
    """Whether a file is an OME-TIFF by its name."""
    return path.name.lower().endswith(SUFFIXES)


def described(
    path: Path, info: ImageInfo, shape: tuple[int, int, int], dtype: np.dtype[Any]
) -> ImageInfo:
    """`info` for a TIFF of samples (H, W, C): with OME-XML if its name or its source ask for it.

    Another description stays, but for sizes of a stack that isn't what is written.

    Raises OutputError for a type, or for more axes, than OME has, if the name asks for it;
    ValueError for EXIF that is no TIFF structure.
    """
    order, tags = parse(info.exif) if info.exif else ("<", {})
    value = tags.get(DESCRIPTION)
    text = value.raw.rstrip(b"\0") if isinstance(value, Value) else b""
    root = ome_of(text)
    if root is None:
        text = _corrected(tags, text, info, shape)
        if not is_ome(path):
            same = value == tags.get(DESCRIPTION)
            return info if same else replace(info, exif=_packed(order, tags))
    try:
        stack = stack_of(info, shape, dtype)
    except ValueError as error:
        if is_ome(path):
            raise OutputError(f"cannot write {path}: {error}; name it .tif") from error
        del tags[DESCRIPTION]  # what it said is no longer so
    else:
        if root is not None and fits(root, stack):
            return info
        raw = made(stack, root, text) + b"\0"
        tags[DESCRIPTION] = Value(ASCII, len(raw), raw)
    return replace(info, exif=_packed(order, tags))


def _packed(order: str, tags: Directory) -> bytes | None:
    return header(order, 8) + build(tags, order, 8) if tags else None


def _corrected(
    tags: Directory, before: bytes, info: ImageInfo, shape: tuple[int, int, int]
) -> bytes:
    """The description of ImageJ, tifffile or others, corrected in `tags` if it has to be."""
    height, width, channels = shape
    axes = unpack_axes(info.axes, channels)
    samples = samples_a_page(axes, channels)
    pages = tuple(axis for axis in axes or () if axis[0] != SAMPLES)
    text = told(before, pages, (height, width, samples))
    if text == before:
        return text
    if is_imagej(before):
        for tag in IMAGEJ_TAGS:
            tags.pop(tag, None)
    tags.pop(DESCRIPTION)
    if text:
        tags[DESCRIPTION] = Value(ASCII, len(text) + 1, text + b"\0")
    return text


def ome_of(text: bytes) -> Element | None:
    """The root of an OME-XML; None for another description, and for one with a DTD."""
    if not text.rstrip().endswith(b"OME>") or b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        return None
    try:
        root = ElementTree.fromstring(text)
    except (ParseError, ValueError, LookupError):
        return None
    return root if root.tag.rpartition("}")[2] == "OME" else None


def stack_of(info: ImageInfo, shape: tuple[int, int, int], dtype: np.dtype[Any]) -> Stack:
    """The pages that samples (H, W, C) make; ValueError for what OME can't say."""
    height, width, channels = shape
    if dtype.name not in TYPES:
        raise ValueError(f"OME has no samples of type {dtype.name}")
    axes = unpack_axes(info.axes, channels) or ()
    others = [(letter, n) for letter, n in axes if letter != SAMPLES and n > 1]
    if len(others) > len(FREE):
        names = ", ".join(f"{letter} {length}" for letter, length in others)
        raise ValueError(f"OME has 3 axes beside rows and columns, and there are {names}")
    known = [letter for letter, _ in others]
    free = [letter for letter in FREE if letter not in known]
    named: list[tuple[str, int]] = []
    for letter, length in reversed(others):
        taken = any(letter == one for one, _ in named)
        named.insert(0, (letter if letter in FREE and not taken else free.pop(0), length))
    samples = samples_a_page(axes or None, channels)
    return Stack(width, height, TYPES[dtype.name], tuple(named), samples)


def fits(root: Element, stack: Stack) -> bool:
    """Whether an OME-XML says what a file's pages are, in their order."""
    images = root.findall("{*}Image")
    pixels = None if len(images) != 1 else images[0].find("{*}Pixels")
    if pixels is None:
        return False
    try:
        given = {letter: int(pixels.get(f"Size{letter}", "")) for letter in "XYZCT"}
        samples = int(getattr(pixels.find("{*}Channel"), "attrib", {}).get("SamplesPerPixel", 1))
        order = pixels.get("DimensionOrder", "")[2:]  # the fastest first
        if sorted(order) != ["C", "T", "Z"] or given["C"] % samples:
            return False
        planes = {**given, "C": given["C"] // samples}
        following = _in_order(root, pixels, order, planes)
    except (ValueError, ZeroDivisionError):
        return False
    axes = tuple((letter, planes[letter]) for letter in order[::-1] if planes[letter] > 1)
    more = any("ModuloAlong" in str(one.get("Namespace")) for one in root.iter())
    same = axes == stack.axes or (more and _count(axes) == _count(stack.axes))
    size = (given["X"], given["Y"], pixels.get("Type"), samples)
    return same and following and size == (stack.width, stack.height, stack.dtype, stack.samples)


def _in_order(root: Element, pixels: Element, order: str, sizes: dict[str, int]) -> bool:
    """Whether all planes lie in this file, one behind the other."""
    for place in pixels.findall("{*}TiffData"):
        number, step = 0, 1
        for letter in order:
            number += step * int(place.get(f"First{letter}", 0))
            step *= sizes[letter]
        elsewhere = [one.text for one in place if one.text != root.get("UUID")]
        if number != int(place.get("IFD", 0)) or elsewhere:
            return False
    return True


def _count(axes: Axes) -> int:
    return math.prod(length for _, length in axes)


def made(stack: Stack, before: Element | None, text: bytes) -> bytes:
    """An OME-XML of a stack, with what still holds of the one `before`, or with other text."""
    images = [] if before is None else before.findall("{*}Image")
    image = images[0] if len(images) == 1 else None
    pixels = None if image is None else image.find("{*}Pixels")
    channels = [] if pixels is None else pixels.findall("{*}Channel")
    root = Element("OME", xmlns=SCHEMA, Creator="pellucid")
    new = SubElement(root, "Image", {"ID": "Image:0"} | _taken(image, ("Name",)))
    if image is not None:
        for tag in ("AcquisitionDate", "Description"):
            found = image.findtext(f"{{*}}{tag}")
            if found:
                SubElement(new, tag).text = found
    elif before is None and text:
        SubElement(new, "Description").text = _NO_XML.sub("", text.decode("utf-8", "replace"))
    letters = [letter for letter, _ in reversed(stack.axes)]
    order = "".join([*letters, *(letter for letter in FREE if letter not in letters)])
    sizes = {letter: stack.size(letter) for letter in "ZCT"}
    sizes |= {"X": stack.width, "Y": stack.height, "C": sizes["C"] * stack.samples}
    about = {"ID": "Pixels:0", "DimensionOrder": f"XY{order}", "Type": stack.dtype}
    about |= {f"Size{letter}": str(sizes[letter]) for letter in "XYZCT"}
    about |= {"Interleaved": "true"} if stack.samples > 1 else {}
    inner = SubElement(new, "Pixels", about | _taken(pixels, PIXELS))
    for number in range(stack.size("C")):
        same = len(channels) == stack.size("C")
        kept = _taken(channels[number] if same else None, CHANNEL)
        name = {"ID": f"Channel:0:{number}", "SamplesPerPixel": str(stack.samples)}
        SubElement(inner, "Channel", name | kept)
    SubElement(inner, "TiffData", IFD="0", PlaneCount=str(_count(stack.axes)))
    return b'<?xml version="1.0" encoding="UTF-8"?>' + ElementTree.tostring(root)


def _taken(element: Element | None, names: tuple[str, ...]) -> dict[str, str]:
    """Those of some attributes that an element has, with their units."""
    found = {} if element is None else element.attrib
    return {name: text for name, text in found.items() if name.removesuffix("Unit") in names}
