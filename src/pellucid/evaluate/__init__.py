"""Looks at results: how small, how good, how fast, beside the codecs and denoisers people use.

| module             | idea                                                               |
|--------------------|--------------------------------------------------------------------|
| `record`           | one typed row per picture, codec and setting; TSV in and out       |
| `metrics`          | PSNR here; `ms_ssim`, `ssimulacra2`, `butteraugli`; one registry   |
| `bd_rate`          | two rate-quality curves -> percent                                 |
| `peers`            | one adapter a file, pellucid among them, all behind one protocol   |
| `speed`            | warm, repeated, interleaved timing: medians and quartiles          |
| `memory`           | peak memory, in a fresh process (`memory_child`)                   |
| `compress_bench`   | the loop: pictures x codecs x settings -> rows                     |
| `store`            | which file holds which rows; what is stale                         |
| `summary`          | rows -> the few numbers worth showing                              |
| `report`, `plot`   | those numbers -> Markdown tables and curves; `finish` writes them  |
| `drawing`          | one look for all plots; PNG and SVG                                |
| `denoisers`        | denoisers, one adapter a file, pellucid among them, one protocol   |
| `denoising`        | `bench denoise`: its tasks, rows, loop, summary and report         |
| `exact_codecs`     | lossless and error-bounded codecs, one adapter a file, one protocol |
| `lossless`         | `bench lossless`: its inputs, rows, loop, summary and report       |
| `sizes`            | `bench size`: how time and memory grow with the picture            |
| `html`             | every kept row as one HTML page                                    |
| `commands`         | kept rows -> the commands that make them again                     |
| `held_out`         | which pictures results are reported on, by hash                    |
| `samples`          | pictures of a quick bench, without any of the user's               |
| `toy`              | `bench toy`: data, systems that learn in minutes, rows, loop, report |
| `macs`             | multiply-adds a pixel, counted from a network's graph              |
| `tsv`              | dataclasses as lines of a TSV file                                 |
| `readme`           | keeps the tables in README.md and the docs in step with kept rows  |

Nothing here is imported by the rest of the package except by `cli`. What it needs beyond the
base install comes with the extra `bench`.
"""

from __future__ import annotations
