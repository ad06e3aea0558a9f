"""`bench denoise`: pictures x denoisers x strengths -> rows -> `denoise.md`.

| module     | idea                                                                      |
|------------|---------------------------------------------------------------------------|
| `tasks`    | where noisy and clean pictures come from, and what a denoiser is told     |
| `scores`   | PSNR and SSIM of samples that aren't rounded                              |
| `rows`     | one typed row a picture and denoiser; which file holds which; what is stale |
| `bench`    | the loop                                                                  |
| `timing`   | interleaved medians, and what each denoiser is                            |
| `estimates`| how near the measured noise level is                                      |
| `adapting` | `bench adapt`: what tuning gains on noise unlike the prior's               |
| `summary`  | rows -> the few numbers worth showing                                     |
| `report`, `plot` | those numbers -> Markdown tables and a picture                      |
| `sections` | the tables of the docs                                                    |
| `block_rows` | how fast candidate blocks are (`tools/block_speed.py`)                  |
"""

from __future__ import annotations
