"""What benches compare with, all behind the types in `base`.

| module           | idea                                                              |
|------------------|-------------------------------------------------------------------|
| `base`           | `Codec`, `Denoiser`, and `Registry`: names to peers               |
| `lossy`          | the lossy codecs of Pillow, pillow-heif and imagecodecs           |
| `exact`          | the lossless and error-bounded ones                               |
| `toy`            | registry of what articles build, beside codecs and denoisers      |
| `toy_base`       | `System`: what these have in common                               |
| `toy_cnn`        | a small CNN in Keras at both jobs                                 |
| `toy_predictive` | `toy_learners` at both jobs                                       |
| `joint`          | a lossy codec alone or behind a denoiser, and pellucid's joint    |
| `pellucid_codec` | pellucid's lossy models, lossless and within a bound               |
| `denoisers`      | FFDNet, pellucid's denoisers, and the registry of all             |
| `video`          | pellucid's denoisers of clips and FFmpeg's filters                 |
| `filters`        | BM3D, wavelets, non-local means, total variation, median, guided  |
"""

from __future__ import annotations
