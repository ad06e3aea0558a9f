"""`pellucid serve`: the verbs over HTTP, for programs and, under `page`, for people.

    limits.py    how much a request, and all of them together, may take
    work.py      work in processes beside the server: bounded, and ended when no one waits for it
    worker.py    such a process, as the server sees it; process.py: what it does
    jobs.py      what they do, from file to file
    bodies.py    requests into files, answers out of them; storage.py: where these are
    queries.py   options of the endpoints; schema.py: what OpenAPI says of bodies and errors
    problems.py  errors -> status and JSON
    v1.py        the endpoints
    guard.py     who may ask: token, host, origin; headers that protect the answers
    watch.py     logs and metrics
    app.py       all of it as one application; run.py: uvicorn with it
    connection.py  its connections, bounded in number and in how long they are held for nothing

Nothing here is imported by the processes that work but `process.py`, `jobs.py` and what they need,
so FastAPI, uvicorn and prometheus-client (the extra `web`) stay out of them.
"""

from __future__ import annotations

from pellucid.serve.limits import ServerLimits

__all__ = ["ServerLimits"]
