"""DICOM elements out of bytes that may be hostile, by pydicom.

Of the transfer syntaxes only the deflated one (PS3.5, A.5) packs the elements themselves, and
pydicom inflates it whatever comes out. So what comes out is measured first, without keeping it.
"""

from __future__ import annotations

import warnings
import zlib
from typing import Any, BinaryIO

from pellucid.errors import InputError, LimitError, MissingExtraError, PellucidError

DEFLATED = "1.2.840.10008.1.2.1.99"
_STEP = 1 << 20


def library() -> Any:
    """pydicom, or MissingExtraError."""
    try:
        import pydicom
    except ImportError as error:
        raise MissingExtraError("pydicom, which reads DICOM,", "science") from error
    return pydicom


def parse(file: BinaryIO, name: str, *, most: int = 0) -> Any:
    """The data set of an open file; its elements are read, and so known to be sound.

    A deflated one may have up to `most` bytes. Raises InputError, LimitError if they are more.
    """
    pydicom = library()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of values that standards don't allow: they are kept
            _check_deflated(file, name, most)
            file.seek(0)
            dataset = pydicom.dcmread(file)
            dataset.walk(lambda *_: None)
    except PellucidError:
        raise
    except Exception as error:  # parsers raise anything on damaged files
        raise InputError(f"{name} is no DICOM file, or damaged or cut off: {error}") from error
    return dataset


def _check_deflated(file: BinaryIO, name: str, most: int) -> None:
    """Refuse deflated elements of more than `most` bytes."""
    from pydicom.filereader import _read_file_meta_info, read_preamble

    read_preamble(file, False)
    meta = _read_file_meta_info(file)  # as dcmread does: what it would inflate is found here
    if meta.get("TransferSyntaxUID") != DEFLATED:
        return
    if most == 0:
        raise InputError(f"{name} has deflated DICOM elements, which it must not have")
    inflater, got, rest = zlib.decompressobj(-zlib.MAX_WBITS), 0, b""
    while not inflater.eof:
        rest = rest or file.read(_STEP)
        piece = inflater.decompress(rest, _STEP)
        if not rest and not piece:
            break  # cut off: dcmread says so
        got, rest = got + len(piece), inflater.unconsumed_tail
        if got > most:
            raise LimitError(
                f"{name} inflates to more than {most} bytes; if you trust it, raise max_pixels"
            )
