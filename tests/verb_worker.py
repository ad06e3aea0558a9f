"""A verb in a process of its own, as a worker gets it."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

from pellucid.scale.items import Verb
from program import ENVIRONMENT

WORKER = """
import json, pickle, sys
from pathlib import Path
data, source, *target = map(Path, sys.argv[1:])
verb = pickle.loads(data.read_bytes())
made = verb.work(source, target[0] if target else None)
said = {"fields": dict(made.fields), "remarks": made.remarks, "kept": made.kept}
said |= {"damaged": made.damaged, "prints": dict(verb.prints())}
said["output"] = verb.output("x/b.jpg") if verb.output else None
print(json.dumps(said))
"""


def work_elsewhere(verb: Verb, *files: object, code: int = 0) -> dict[str, Any]:
    """What comes of a source and a target there; with `code` 1 its last line on stderr."""
    Path("verb").write_bytes(pickle.dumps(verb))
    command = [sys.executable, "-c", WORKER, "verb", *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, check=False)
    assert done.returncode == code, done.stderr
    if code:
        return {"error": done.stderr.splitlines()[-1]}
    said: dict[str, Any] = json.loads(done.stdout)
    return said
