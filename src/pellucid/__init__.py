"""pellucid makes pictures small and clean with convolutional networks.

    compress(image, quality=60)   picture -> bytes of a .pel file
    decompress(data)              bytes of a .pel file -> array, height x width x channels
    info(data)                    what is in a file, without decoding its pixels
    verify(data)                  every checksum and, by decoding, every latent

    models()                      the models that are installed: name -> id
    errors                        everything that is raised on purpose, as a tree

Nothing is downloaded; importing this loads neither ONNX Runtime nor PyTorch.
"""

from __future__ import annotations

from pellucid import errors
from pellucid._api import FileInfo, compress, decompress, info, models, verify
from pellucid.errors import PellucidError

__version__ = "0.1.0"

__all__ = [
    "FileInfo",
    "PellucidError",
    "__version__",
    "compress",
    "decompress",
    "errors",
    "info",
    "models",
    "verify",
]
