"""A million pictures on many cores or machines: one verb, a source, a target, Dask in between."""
