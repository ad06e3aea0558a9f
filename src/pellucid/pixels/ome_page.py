"""What an OME-TIFF says of one of its pages: the first page's OME-XML, cut down to that.

Only the first page has the OME-XML. A page that is taken alone gets one of its own, with the sizes
of a pixel and the name and colour of its channel, so that it still says what it shows.

Source: the OME data model, schema 2016-06 (TiffData).
"""

from __future__ import annotations

import math
from xml.etree.ElementTree import Element

import numpy as np

from pellucid.pixels.ome import ASCII, DESCRIPTION, TYPES, Stack, fits, made, ome_of
from pellucid.pixels.tiff import Value, build, header, parse


def page_exif(
    exif: bytes | None,
    first: bytes | None,
    number: int,
    shape: tuple[int, int, int],
    dtype: np.dtype,
) -> bytes | None:
    """`exif` of page `number`, of samples (H, W, C), with what `first`, the first page's, says.

    It is as it was if that has no OME-XML, or none that names the page. Raises ValueError for what
    is no TIFF structure.
    """
    _, tags = parse(first) if first else ("<", {})
    value = tags.get(DESCRIPTION)
    text = value.raw.rstrip(b"\0") if isinstance(value, Value) else b""
    root = ome_of(text)
    if root is None or dtype.name not in TYPES:
        return exif
    stack = Stack(shape[1], shape[0], TYPES[dtype.name], (), shape[2])
    if number == 0 and fits(root, stack):
        return exif  # the only page
    told = page_xml(root, text, number, stack)
    if told is None:
        return exif
    order, tags = parse(exif) if exif else ("<", {})
    raw = told + b"\0"
    tags[DESCRIPTION] = Value(ASCII, len(raw), raw)
    return header(order, 8) + build(tags, order, 8)


def page_xml(root: Element, text: bytes, number: int, stack: Stack) -> bytes | None:
    """The OME-XML of a page, `stack`, from that of its file; None if the file doesn't name it.

    `root` becomes that of the page's image, and its channel, alone.
    """
    images = root.findall("{*}Image")
    for image in images:
        pixels = image.find("{*}Pixels")
        channel = None if pixels is None else channel_of(root, pixels, number)
        if pixels is None or channel is None:
            continue
        for other in images:
            if other is not image:
                root.remove(other)
        for place, one in enumerate(pixels.findall("{*}Channel")):
            if place != channel:
                pixels.remove(one)
        return made(stack, root, text)
    return None


def channel_of(root: Element, pixels: Element, number: int) -> int | None:
    """Which channel page `number` of a file shows; None if it isn't among these pixels' pages."""
    try:
        first = pixels.find("{*}Channel")
        samples = int(first.get("SamplesPerPixel", 1)) if first is not None else 1
        sizes = {letter: int(pixels.get(f"Size{letter}", "")) for letter in "ZCT"}
        sizes["C"] //= samples
        order = pixels.get("DimensionOrder", "")[2:]  # the fastest first
        if sorted(order) != ["C", "T", "Z"] or min(sizes.values()) < 1:
            return None
        planes = math.prod(sizes.values())
        for place in pixels.findall("{*}TiffData"):
            if any(one.text != root.get("UUID") for one in place):
                continue  # in another file
            start = int(place.get("IFD", 0))
            length = int(place.get("PlaneCount", 1 if "IFD" in place.attrib else planes))
            if not start <= number < start + length:
                continue
            plane, step = number - start, 1
            for letter in order:
                plane += step * int(place.get(f"First{letter}", 0))
                step *= sizes[letter]
            for letter in order[: order.index("C")]:
                plane //= sizes[letter]
            return plane % sizes["C"]
    except (ValueError, ZeroDivisionError):
        pass
    return None
