"""pellucid makes pictures small and clean with convolutional networks.

    compress(image, quality=60)   picture -> bytes of a .pel file; or lossless=True, max_error=2
    decompress(data)              bytes of a .pel file -> array, height x width (x channels)
    salvage(data)                 the same of what is whole of a damaged file
    info(data)                    what is in a file, without decoding its pixels
    verify(data)                  every checksum and, by decoding, every latent
    compare(data, image)          how far a file is off the picture that it was made of

    compress_file(), decompress_file(), denoise_file()   from file to file, in bounded memory
    compress_to(), decompress_to()   the same with options that are made and checked once

    write_sequence(path), open_sequence(path)   many frames in one file (.pels), by number or time

    denoise(image)                the picture without its noise, in its own sample type
    stream(frames)                the same for a clip, frame by frame, with the help of earlier ones
    stream_file(source, target)   a video, a .pels, a folder or a camera

    noise_level(image)            how much noise there is, and of what kind

    explain(file_or_image)        where bits went, what was removed, how sure, why: as arrays

    models(), denoisers()         the models that are installed: name -> id
    Limits                        how large a picture or a file may be
    errors                        everything that is raised on purpose, as a tree

Nothing is downloaded. Importing this is quick: what the functions need is imported when one is
first used, ONNX Runtime when a network first runs, PyTorch only by `pellucid.train`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pellucid import errors
from pellucid.errors import PellucidError

if TYPE_CHECKING:
    from pellucid._api.about import info, verify
    from pellucid._api.codec import compress, decompress, models, salvage
    from pellucid._api.compared import Compared, compare
    from pellucid._api.denoise import denoise, denoise_file, denoisers, noise_level
    from pellucid._api.explain import explain
    from pellucid._api.on_disk import compress_file, compress_to, decompress_file, decompress_to
    from pellucid._api.options import CompressOptions, DecompressOptions
    from pellucid._api.results import (
        CompressResult,
        DecompressResult,
        Explanation,
        FileInfo,
        NoiseInfo,
        Verification,
    )
    from pellucid._api.sequence import Sequence, is_sequence, open_sequence
    from pellucid._api.sequence_files import save_frame, save_frames
    from pellucid._api.sequence_results import (
        SequenceFrame,
        SequenceInfo,
        SequenceSaved,
        SequenceVerification,
    )
    from pellucid._api.sequence_writer import SequenceWriter, write_sequence
    from pellucid.bitstream import Limits
    from pellucid.bitstream.sequence_about import SequenceAbout
    from pellucid.denoising import DenoiseOptions, DenoiseResult, NoiseEstimate
    from pellucid.video import (
        SourceOptions,
        StreamOptions,
        StreamResult,
        TargetOptions,
        stream,
        stream_file,
    )

__version__ = "0.1.0"

__all__ = [
    "Compared",
    "CompressOptions",
    "CompressResult",
    "DecompressOptions",
    "DecompressResult",
    "DenoiseOptions",
    "DenoiseResult",
    "Explanation",
    "FileInfo",
    "Limits",
    "NoiseEstimate",
    "NoiseInfo",
    "PellucidError",
    "Sequence",
    "SequenceAbout",
    "SequenceFrame",
    "SequenceInfo",
    "SequenceSaved",
    "SequenceVerification",
    "SequenceWriter",
    "SourceOptions",
    "StreamOptions",
    "StreamResult",
    "TargetOptions",
    "Verification",
    "__version__",
    "compare",
    "compress",
    "compress_file",
    "compress_to",
    "decompress",
    "decompress_file",
    "decompress_to",
    "denoise",
    "denoise_file",
    "denoisers",
    "errors",
    "explain",
    "info",
    "is_sequence",
    "models",
    "noise_level",
    "open_sequence",
    "salvage",
    "save_frame",
    "save_frames",
    "stream",
    "stream_file",
    "verify",
    "write_sequence",
]

OF_VIDEO = (
    "SourceOptions",
    "StreamOptions",
    "StreamResult",
    "TargetOptions",
    "stream",
    "stream_file",
)


def __getattr__(name: str) -> Any:
    """Import the public functions when one is first asked for (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in OF_VIDEO:
        from pellucid import video

        return getattr(video, name)
    from pellucid import _api

    return getattr(_api, name)


def __dir__() -> list[str]:
    return __all__
