"""OME-XML: what it says of the pages of a TIFF, and one that is made of a few facts.

OME has the axes Z, C and T beside rows and columns; those of other or no names take what is free of
C, Z, T, the fastest first, as in tifffile. What is made keeps the names and physical sizes of the
one before.

Source: the OME data model, schema 2016-06.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, ParseError, SubElement

import numpy as np

from pellucid.pixels.axes import SAMPLES, Axes, unpack_axes
from pellucid.pixels.info import ImageInfo

SCHEMA = "http://www.openmicroscopy.org/Schemas/OME/2016-06"
TYPES = {"float32": "float", "float64": "double"}
TYPES |= {name: name for name in ("int8", "int16", "int32", "uint8", "uint16", "uint32")}
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


def stack_of(info: ImageInfo, dtype: np.dtype[Any]) -> Stack:
    """The pages that a picture's samples make; ValueError for what OME can't say."""
    if dtype.name not in TYPES:
        raise ValueError(f"OME has no samples of type {dtype.name}")
    axes = unpack_axes(info.axes, info.channels) or ()
    others = [(letter, n) for letter, n in axes if letter != SAMPLES and n > 1]
    if len(others) > len(FREE):
        names = ", ".join(f"{letter} {length}" for letter, length in others)
        raise ValueError(f"OME has 3 axes beside rows and columns, and there are {names}")
    known = [letter for letter, _ in others]
    free = [letter for letter in FREE if letter not in known]
    named: dict[str, int] = {}
    for letter, length in reversed(others):
        named[letter if letter in FREE and letter not in named else free.pop(0)] = length
    stack = tuple(reversed(named.items()))
    return Stack(info.width, info.height, TYPES[dtype.name], stack, info.samples_a_page)


def ome_of(text: bytes) -> Element | None:
    """The root of an OME-XML; None for another description, and for one with a DTD."""
    if not text.rstrip().endswith(b"OME>") or b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        return None
    try:
        root = ElementTree.fromstring(text)
    except (ParseError, ValueError, LookupError):
        return None
    return root if root.tag.rpartition("}")[2] == "OME" else None


def only_image(root: Element) -> Element | None:
    """The image of an OME-XML that has one."""
    images = root.findall("{*}Image")
    return images[0] if len(images) == 1 else None


def fits(root: Element, stack: Stack) -> bool:
    """Whether an OME-XML says what a file's pages are, in their order."""
    image = only_image(root)
    pixels = None if image is None else image.find("{*}Pixels")
    if pixels is None:
        return False
    try:
        sizes, samples, runs = _planes(root, pixels)
        size = int(pixels.get("SizeX", "")), int(pixels.get("SizeY", ""))
    except ValueError:
        return False
    axes = tuple((letter, length) for letter, length in reversed(sizes.items()) if length > 1)
    more = any("ModuloAlong" in str(one.get("Namespace")) for one in root.iter())
    same = axes == stack.axes or (more and _count(axes) == _count(stack.axes))
    following = all(page == plane for page, _, plane in runs)
    wanted = (stack.width, stack.height, stack.dtype, stack.samples)
    return same and following and (*size, pixels.get("Type"), samples) == wanted


def _planes(
    root: Element, pixels: Element
) -> tuple[dict[str, int], int, list[tuple[int | None, int, int]]]:
    """Lengths of C, Z and T, the fastest first, the samples of a pixel, and runs of planes.

    Of a run the page that it begins at, None if it is in another file, its length and first plane.
    Raises ValueError for what makes no sense.
    """
    first = pixels.find("{*}Channel")
    samples = 1 if first is None else int(first.get("SamplesPerPixel", 1))
    order = pixels.get("DimensionOrder", "")[2:]
    sizes = {letter: int(pixels.get(f"Size{letter}", "")) for letter in order}
    if sorted(order) != ["C", "T", "Z"] or samples < 1 or sizes["C"] % samples:
        raise ValueError(f"the order {order} or the {samples} samples make no sense")
    sizes["C"] //= samples
    if min(sizes.values()) < 1:
        raise ValueError("an axis is empty")
    runs = []
    for place in pixels.findall("{*}TiffData"):
        plane, step = 0, 1
        for letter, length in sizes.items():
            plane += step * int(place.get(f"First{letter}", 0))
            step *= length
        count = int(place.get("PlaneCount", 1 if "IFD" in place.attrib else step))
        here = all(one.text == root.get("UUID") for one in place)
        runs.append((int(place.get("IFD", 0)) if here else None, count, plane))
    return sizes, samples, runs


def page_xml(root: Element, number: int, stack: Stack) -> bytes | None:
    """The OME-XML of a page, `stack`, from that of its file; None if the file doesn't name it.

    The page has the sizes of a pixel and the name and colour of its channel.
    """
    for image in root.findall("{*}Image"):
        pixels = image.find("{*}Pixels")
        try:
            sizes, _, runs = ({}, 1, []) if pixels is None else _planes(root, pixels)
        except ValueError:
            continue
        for page, count, plane in runs:
            if page is not None and page <= number < page + count:
                plane += number - page
                for letter, length in sizes.items():
                    if letter == "C":
                        return made(stack, image, channel=plane % length)
                    plane //= length
    return None


def _count(axes: Axes) -> int:
    return math.prod(length for _, length in axes)


def made(
    stack: Stack, image: Element | None, text: bytes = b"", channel: int | None = None
) -> bytes:
    """An OME-XML of a stack, with what still holds of an `image` before, or with other text.

    `channel`: of those of the image the one that is left.
    """
    image = Element("Image") if image is None else image
    pixels = image.find("{*}Pixels")
    pixels = Element("Pixels") if pixels is None else pixels
    channels = pixels.findall("{*}Channel")
    channels = channels if channel is None else channels[channel : channel + 1]
    root = Element("OME", xmlns=SCHEMA, Creator="pellucid")
    new = SubElement(root, "Image", {"ID": "Image:0"} | _taken(image, ("Name",)))
    for tag in ("AcquisitionDate", "Description"):
        if found := image.findtext(f"{{*}}{tag}"):
            SubElement(new, tag).text = found
    if text:
        SubElement(new, "Description").text = _NO_XML.sub("", text.decode("utf-8", "replace"))
    letters = [letter for letter, _ in reversed(stack.axes)]
    order = "".join([*letters, *(letter for letter in FREE if letter not in letters)])
    sizes = {"X": stack.width, "Y": stack.height, "Z": 1, "C": 1, "T": 1} | dict(stack.axes)
    count, sizes["C"] = sizes["C"], sizes["C"] * stack.samples
    about = {"ID": "Pixels:0", "DimensionOrder": f"XY{order}", "Type": stack.dtype}
    about |= {f"Size{letter}": str(length) for letter, length in sizes.items()}
    about |= {"Interleaved": "true"} if stack.samples > 1 else {}
    inner = SubElement(new, "Pixels", about | _taken(pixels, PIXELS))
    for number in range(count):
        kept = _taken(channels[number], CHANNEL) if len(channels) == count else {}
        name = {"ID": f"Channel:0:{number}", "SamplesPerPixel": str(stack.samples)}
        SubElement(inner, "Channel", name | kept)
    SubElement(inner, "TiffData", IFD="0", PlaneCount=str(_count(stack.axes)))
    return b'<?xml version="1.0" encoding="UTF-8"?>' + ElementTree.tostring(root)


def _taken(element: Element, names: tuple[str, ...]) -> dict[str, str]:
    """Those of some attributes that an element has, with their units."""
    found = element.attrib.items()
    return {name: text for name, text in found if name.removesuffix("Unit") in names}
