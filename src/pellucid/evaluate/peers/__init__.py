"""What benches compare with, all behind the types in `base`.

| module           | idea                                                              |
|------------------|-------------------------------------------------------------------|
| `base`           | `Codec`, with loss or without, and `Registry`: names to peers     |
| `lossy`          | the lossy codecs of Pillow, pillow-heif and imagecodecs           |
| `exact`          | the lossless and error-bounded ones                               |
| `toy`            | registry of what articles build, beside codecs and denoisers      |
| `toy_base`       | `System`: what these have in common                               |
| `toy_cnn`        | a small CNN in Keras at both jobs                                 |
| `toy_predictive` | `toy_learners` at both jobs                                       |
| `pellucid_codec` | pellucid's lossy models, lossless and within a bound               |
| `denoiser`       | `Denoiser`, and what one is told about the noise                  |
| `denoisers`      | registry of the denoisers                                         |
| `block_matching` | BM3D, also with a variance-stabilising transform                  |
| `ffdnet`         | FFDNet                                                            |
| `filters`        | wavelets, non-local means, total variation, median                |
| `pellucid_denoiser` | pellucid's denoisers                                           |
"""

from __future__ import annotations
