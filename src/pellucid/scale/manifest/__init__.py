"""A row a picture, in SQLite; the queue of a run.

manifest.py     opened, asked, taken from
schema.py       its tables; rows.py: rows as columns; counts.py: how far it is
adding.py       sources in; recording.py: what came of them; export.py: as Parquet
"""
