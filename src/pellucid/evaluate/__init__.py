"""Looks at results: how small, how good, how fast, beside the codecs and denoisers people use.

| module             | idea                                                               |
|--------------------|--------------------------------------------------------------------|
| `bench`            | a bench as data, and the one `run`: cases x methods -> rows        |
| `plan`             | what a bench is told: fields that are options of its command       |
| `rows`             | the one store: a dataclass declares columns, a name the file       |
| `runs`             | command, machine and methods behind the rows: `runs.json`          |
| `table`, `report`  | parts of a report -> Markdown, HTML, the tables of the docs        |
| `registry`         | all benches; a new one is a line there                             |
| `benches`          | what each bench measures and shows                                 |
| `peers`            | what they compare with: adapters and registries                    |
| `speed`, `fresh`   | warm, interleaved timing; peak memory in a fresh process           |
| `metrics`          | PSNR, SSIM, MS-SSIM, SSIMULACRA2, Butteraugli; scoring many        |
| `drawing`          | one look for all plots; PNG and SVG                                |
| `html`             | every kept row as one HTML page                                    |
| `pictures`         | the pictures of a folder, or some without; which are test pictures |
| `clips`            | clips whose motion is known, made of photographs; and noise        |
| `mosaic`           | pictures of any size out of photographs                            |
| `calibrate`        | the half-widths of a model's intervals                             |
| `macs`             | multiply-adds a pixel, counted from a network's graph              |

Nothing here is imported by the rest of the package except by `cli`. What it needs beyond the
base install comes with the extra `bench`.
"""

from __future__ import annotations
