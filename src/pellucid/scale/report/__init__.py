"""The page at the end of a run.

page.py       all of it; parts.py: what its sections are made of
figures.py    what is asked of the manifest; tables.py, speed.py: what is said of it
looks.py      pictures to look at, at the place where they differ most: crops.py
"""
