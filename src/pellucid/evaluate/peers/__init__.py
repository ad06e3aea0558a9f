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
| `denoiser`       | `Denoiser`, and what one is told about the noise                  |
| `denoisers`      | registry of the denoisers                                         |
| `block_matching` | BM3D, also with a variance-stabilising transform                  |
| `ffdnet`         | FFDNet                                                            |
| `filters`        | wavelets, non-local means, total variation, median                |
| `pellucid_denoiser` | pellucid's denoisers                                           |
"""

from __future__ import annotations
