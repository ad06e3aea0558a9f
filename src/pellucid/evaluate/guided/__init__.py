"""`bench guided`: pictures with an aligned guide -> rows -> `guided.md`.

| module          | idea                                                            |
|-----------------|-----------------------------------------------------------------|
| `inputs`        | folders -> pairs: a picture, its guide, where the picture is known |
| `guided_filter` | the classical joint method, as the peer                         |
| `rows`          | one typed row a picture and method, or a picture and its sizes  |
| `bench`         | the loop: denoise and compress, check, write                    |
| `report`        | rows -> tables, also those of the docs                          |
"""

from __future__ import annotations
