"""`bench size`: how time and memory grow with the picture.

| module    | idea                                                                    |
|-----------|-------------------------------------------------------------------------|
| `mosaic`  | photographs side by side, to any size: every size is equally detailed    |
| `rows`    | one typed row a task, model and size                                    |
| `bench`   | the loop: each measurement in a fresh process                           |
| `summary` | rows -> slopes                                                          |
| `report`  | those numbers -> a Markdown table, a sentence and a plot                |
"""

from __future__ import annotations
