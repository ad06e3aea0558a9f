"""`bench lossless`: pictures and arrays x codecs x bounds -> rows -> `lossless.md`.

| module     | idea                                                                      |
|------------|---------------------------------------------------------------------------|
| `inputs`   | files and folders -> sets of pictures, read in their own sample type      |
| `rows`     | one typed row a picture, codec and bound; which file holds which; what is stale |
| `bench`    | the loop: code, decode, check, time                                       |
| `summary`  | rows -> the few numbers worth showing                                     |
| `report`   | those numbers -> Markdown tables, and who is smaller and faster in words  |
| `sections` | the tables of the docs                                                    |

The codecs are in `evaluate/exact_codecs`.
"""

from __future__ import annotations
