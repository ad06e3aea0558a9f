"""A DICOM picture whose samples were changed: another instance, which says what was done.

It gets a UID of its own, the same each time, and names the instance that it was (PS3.3, C.7.6.1.1
and C.12.1).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.pixels.formats.dicom_parse import library

FRAME = "ReferencedFrameNumber"


@dataclass(frozen=True)
class Change:
    """What was done to samples since they were read.

    Attributes:
        what: in words, for the Derivation Description.
        ratio: by which a lossy file is smaller, None if none was made.
    """

    what: str
    ratio: float | None = None


def mark_changed(dataset: Any, change: Change, samples: NDArray[Any]) -> None:
    """Make a data set another instance that says where it comes from."""
    pydicom = library()
    source = pydicom.Dataset()
    source.ReferencedSOPClassUID = dataset.SOPClassUID
    source.ReferencedSOPInstanceUID = dataset.SOPInstanceUID
    cut = [item for item in dataset.get("SourceImageSequence") or [] if FRAME in item]
    dataset.SourceImageSequence = [source, *cut]  # what a frame came from stays named
    seed = hashlib.sha256(np.ascontiguousarray(samples).tobytes()).hexdigest()
    uid = pydicom.uid.generate_uid(entropy_srcs=[str(dataset.SOPInstanceUID), change.what, seed])
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = uid
    kind = dataset.get("ImageType") or ["", "PRIMARY"]
    kind = [kind] if isinstance(kind, str) else list(kind)
    dataset.ImageType = ["DERIVED", *kind[1:]]
    before = str(dataset.get("DerivationDescription") or "")
    dataset.DerivationDescription = f"{before}; {change.what}"[-1024:] if before else change.what
    for keyword in ("SmallestImagePixelValue", "LargestImagePixelValue"):
        if keyword in dataset:
            delattr(dataset, keyword)
    if change.ratio is None:
        return
    dataset.LossyImageCompression = "01"
    ratios = dataset.get("LossyImageCompressionRatio")
    known = [] if ratios is None else list(np.atleast_1d(ratios))
    dataset.LossyImageCompressionRatio = [*known, f"{change.ratio:.2f}"]
    if "LossyImageCompressionMethod" in dataset or not known:
        methods = dataset.get("LossyImageCompressionMethod") or []
        methods = [methods] if isinstance(methods, str) else list(methods)
        dataset.LossyImageCompressionMethod = [*methods, "PELLUCID"]
