"""The friendly layer: paths, bytes, arrays and Pillow images in; strict layers below.

Heavy imports (ONNX Runtime) happen inside the calls, so that `import pellucid` stays quick.
"""

from pellucid._api.about import FileInfo, info
from pellucid._api.clean_file import denoise_file
from pellucid._api.codec import compress, decompress, models, salvage
from pellucid._api.denoise import denoise, denoisers, noise_level
from pellucid._api.explain import explain
from pellucid._api.explanation import Explanation
from pellucid._api.on_disk import compress_file, compress_to, decompress_file, decompress_to
from pellucid._api.options import CompressOptions, DecompressOptions
from pellucid._api.results import CompressResult, DecompressResult, Verification
from pellucid._api.verify import verify
from pellucid.bitstream import Limits
from pellucid.denoising.estimate import NoiseEstimate

__all__ = [
    "CompressOptions",
    "CompressResult",
    "DecompressOptions",
    "DecompressResult",
    "Explanation",
    "FileInfo",
    "Limits",
    "NoiseEstimate",
    "Verification",
    "compress",
    "compress_file",
    "compress_to",
    "decompress",
    "decompress_file",
    "decompress_to",
    "denoise",
    "denoise_file",
    "denoisers",
    "explain",
    "info",
    "models",
    "noise_level",
    "salvage",
    "verify",
]
