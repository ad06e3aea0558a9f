"""An S3 server on this machine (moto), and what clients need to find it."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.request import Request, urlopen

import fsspec
import s3fs
from moto.s3.models import s3_backends
from moto.server import ThreadedMotoServer

BUCKET = "pictures"
KEYS = {
    "AWS_ACCESS_KEY_ID": "a-key",
    "AWS_SECRET_ACCESS_KEY": "a-secret",
    "AWS_DEFAULT_REGION": "us-east-1",
}


@contextmanager
def new_clients() -> Iterator[None]:
    """Clients made in the block are new and go with it: s3fs keeps them, with what they were told
    by the environment."""
    s3fs.S3FileSystem.clear_instance_cache()
    try:
        yield
    finally:
        s3fs.S3FileSystem.clear_instance_cache()


@contextmanager
def running_s3() -> Iterator[str]:
    """The address of a server with an empty bucket; the environment leads there in the block."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    before = dict(os.environ)
    os.environ.update(KEYS, AWS_ENDPOINT_URL=address)
    try:
        urlopen(Request(f"{address}/moto-api/reset", method="POST")).close()  # one of before
        with new_clients():
            fsspec.filesystem("s3").mkdir(BUCKET)
            yield address
    finally:
        os.environ.clear()
        os.environ.update(before)
        server.stop()


def put_key(key: str, bucket: str = BUCKET) -> None:
    """Put five bytes into a bucket of the server that runs, past HTTP."""
    s3_backends["123456789012"]["aws"].put_object(bucket, key, b"12345")
