"""Archives: a verb on millions of pictures, by many cores or machines, with Dask in between.

    run.py         a run as its client sees it; options.py: what it's asked for; estimate.py: before
    lister.py      sources into the manifest, by a thread; dispatch.py: groups to workers, rows back
    pace.py        how many pictures a group has
    workers.py     processes here, or a scheduler's (scheduler.py); fitness.py: which are fit
    task.py        what a worker does with a group; large.py: with one large picture
    publishing.py  outputs under their names; group.py, items.py: what goes round
    storage.py     sources as local files; retrying.py: storage that fails for a while
    places.py      what outputs may be called
    sources/       folders, patterns, lists, Parquet, archives and object stores as a stream
    outputs/       staged and published whole, receipts, one batch at a time on a target
    manifest/      a row a picture, in SQLite; the queue
    report/        the page at the end

Importing this loads nothing; `run.py` loads Dask.
"""
