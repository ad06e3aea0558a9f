"""What benches compare with, all behind the types in `base`.

| module           | idea                                                              |
|------------------|-------------------------------------------------------------------|
| `base`           | `Codec`, with loss or without, and `Registry`: names to peers     |
| `lossy`          | registry of the lossy codecs                                      |
| `exact`          | the lossless and error-bounded ones                               |
| `pillow`         | JPEG, JPEG 2000, WebP and AVIF, as Pillow has them                |
| `imagecodecs`    | JPEG XL                                                           |
| `heic`           | HEIC, by pillow-heif                                              |
| `pellucid_codec` | pellucid's lossy models, lossless and within a bound               |
"""

from __future__ import annotations
