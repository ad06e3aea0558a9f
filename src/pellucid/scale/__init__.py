"""Archives: a verb on millions of pictures, by many cores or machines, with Dask in between.

    run.py         a run as its client sees it; options.py: what it's asked for; estimate.py: before
    lister.py      sources into the manifest, by a thread; dispatch.py: groups to workers, rows back
    workers.py     processes here, or a scheduler's: which of them are fit
    task.py        what a worker does with a group; large.py: with one large picture
    publishing.py  outputs under their names; group.py, items.py: what goes round
    sources.py     folders, patterns, lists, Parquet, archives and object stores as a stream
    storage.py     sources as local files; retrying.py: storage that fails for a while
    target.py      outputs, staged and published whole; staged.py: here; remote.py: elsewhere
    receipts.py    what is about to be published; lock.py: one batch at a time on a target
    manifest.py    a row a picture, in SQLite; the queue
    report.py      the page at the end; looks.py: pictures to look at

Importing this loads nothing; `run.py` loads Dask.
"""
