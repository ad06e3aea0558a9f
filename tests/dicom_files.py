"""DICOM files of several frames, made here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    ExplicitVRLittleEndian,
    MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
    generate_uid,
)


def dataset_of(stacked: np.ndarray, kind: str = MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
               **elements: object) -> Dataset:  # fmt: skip
    """A file of frames (n, height, width) or (n, height, width, 3) of 8 or 16 bits."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = kind
    uid = generate_uid(entropy_srcs=["frames"])
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = uid
    dataset.ImageType = ["ORIGINAL", "PRIMARY"]
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns = stacked.shape[:3]
    colours = stacked.ndim == 4
    dataset.SamplesPerPixel = 3 if colours else 1
    dataset.PhotometricInterpretation = "RGB" if colours else "MONOCHROME2"
    if colours:
        dataset.PlanarConfiguration = 0
    bits = 8 * stacked.itemsize
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = bits, bits, bits - 1
    dataset.PixelRepresentation = 0
    dataset.PixelData = stacked.tobytes()
    dataset["PixelData"].VR = "OB" if bits == 8 else "OW"
    for name, value in elements.items():
        setattr(dataset, name, value)
    return dataset


def saved(dataset: Dataset, path: Path) -> Path:
    dataset.save_as(path, enforce_file_format=True)
    return path


def saved_frames(stacked: np.ndarray, path: Path) -> Path:
    """The same, saved."""
    return saved(dataset_of(stacked), path)
