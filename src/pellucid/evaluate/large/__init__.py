"""`bench large`: pictures of many megapixels, each command in a process of its own -> `large.md`.

| module     | idea                                                          |
|------------|---------------------------------------------------------------|
| `mosaic`   | a picture of any size out of photographs, as a tiled BigTIFF  |
| `process`  | a command's seconds and peak of memory                        |
| `child`    | what runs in that process, and says its own peak              |
| `rows`     | one typed row a size and task                                 |
| `bench`    | the loop                                                      |
| `report`   | rows -> Markdown, and whether the promises are kept           |
| `sections` | the table of the docs                                         |
"""

from __future__ import annotations
