"""Sets of small pictures, read without trusting the files: what to train on, what to hold out.

base.py      ToySet: training pictures and held-out ones, all of one shape
idx.py       MNIST's files, gzipped or not
pickles.py   CIFAR's Python pickles, through an unpickler that can make nothing but arrays
sprites.py   CIFAR-10 as PNG, one picture a row
folders.py   a folder for each class, as of ImageNet, reduced to 32x32
find.py      a folder -> which of these it is
"""

from __future__ import annotations

from pellucid.evaluate.toy.data.base import Pictures, ToySet, from_arrays, split
from pellucid.evaluate.toy.data.find import find_sets

__all__ = ["Pictures", "ToySet", "find_sets", "from_arrays", "split"]
