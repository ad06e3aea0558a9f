"""The friendly layer: paths, bytes, arrays and Pillow images in; strict layers below.

Heavy imports (ONNX Runtime) happen inside the calls, so that `import pellucid` stays quick.
"""

from pellucid._api.about import FileInfo, info
from pellucid._api.clean_file import denoise_file
from pellucid._api.codec import compress, decompress, models
from pellucid._api.damage import verify
from pellucid._api.denoise import denoise, denoisers, noise_level
from pellucid._api.explain import explain
from pellucid._api.explanation import Explanation
from pellucid._api.on_disk import compress_file, decompress_file
from pellucid.denoising.estimate import NoiseEstimate

__all__ = [
    "Explanation",
    "FileInfo",
    "NoiseEstimate",
    "compress",
    "compress_file",
    "decompress",
    "decompress_file",
    "denoise",
    "denoise_file",
    "denoisers",
    "explain",
    "info",
    "models",
    "noise_level",
    "verify",
]
