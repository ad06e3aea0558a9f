import os, secrets
from contextlib import contextmanager
from pathlib import Path
from pellucid.errors import OutputError
from pellucid.scale.storage import sha256_of
class Staged:
    def __init__(s, place, path): s.place, s.path, s.size, s.sha256 = place, path, 0, ""
    def drop(s): s.path.unlink(missing_ok=True)
class Target:
    def __init__(s, url): s.url=url
    def check(s): Path(s.url,".pellucid/staged").mkdir(parents=True, exist_ok=True); Path(s.url,".pellucid/receipts").mkdir(parents=True, exist_ok=True)
    def find(s, place):
        p=Path(s.url,place); return p.stat().st_size if p.exists() else None
    @contextmanager
    def staging(s, place):
        st=Staged(place, Path(s.url,".pellucid/staged",secrets.token_hex(8)+Path(place).name))
        yield st
        if st.path.exists(): st.size, st.sha256 = sha256_of(st.path)
    def publish(s, st, force):
        p=Path(s.url,st.place); p.parent.mkdir(parents=True, exist_ok=True)
        if force: os.replace(st.path,p)
        else: os.link(st.path,p); st.path.unlink()
    def sweep(s): pass
