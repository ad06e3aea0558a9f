from contextlib import contextmanager
class Lock: lost=False
@contextmanager
def held(t, run): yield Lock()
