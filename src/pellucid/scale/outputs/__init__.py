"""Where outputs go, and what keeps them from being lost, torn or made twice.

target.py      staged, and published whole; staged.py: on this machine; remote.py: elsewhere
receipts.py    what is about to be published
lock.py        one batch at a time
"""
