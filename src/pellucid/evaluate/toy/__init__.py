"""`bench toy`: pellucid beside what articles for beginners build, on CIFAR-10 and MNIST.

| module     | idea                                                                     |
|------------|--------------------------------------------------------------------------|
| `data`     | idx files, CIFAR's pickles, sprites, arrays, folders -> train and held out |
| `systems`  | a small CNN in Keras, random forest, support vectors, codecs, denoisers  |
| `sheets`   | small pictures side by side in one, for codecs with long headers         |
| `rows`     | one typed row a picture or sheet, one a training; which file holds which |
| `measure`  | one system on one set: train, code or clean, score                       |
| `bench`    | the loop over sets, tasks and systems                                    |
| `summary`  | rows -> the few numbers worth showing                                    |
| `report`   | those numbers -> Markdown; `sections` puts them into the docs            |
"""

from __future__ import annotations
