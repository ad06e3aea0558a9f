import hashlib, os
from contextlib import contextmanager
from pathlib import Path
import fsspec
from pellucid.errors import InputError
def resolve(url): return fsspec.core.url_to_fs(url)
def is_local(url): return os.path.lexists(url) or ("://" not in url and "::" not in url)
def retried(f,*a,**k): return f(*a,**k)
@contextmanager
def fetched(url, folder, size):
    if not os.path.exists(url): raise InputError(f"{url}: no such file")
    yield Path(url)
def sha256_of(path):
    d=path.read_bytes(); return len(d), hashlib.sha256(d).hexdigest()
