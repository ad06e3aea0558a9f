"""Runs the program in this process and says how much memory it took at most.

    python -m pellucid.evaluate.large.child REPORT compress picture.tif -o picture.pel

The peak in bytes is written to the file REPORT.
"""

from __future__ import annotations

import resource
import runpy
import sys
from pathlib import Path

UNIT = 1 if sys.platform == "darwin" else 1024  # bytes, of what getrusage counts in


def main() -> None:
    """Run the command line after the first argument; exits as the program does."""
    report, sys.argv = Path(sys.argv[1]), ["pellucid", *sys.argv[2:]]
    try:
        runpy.run_module("pellucid", run_name="__main__")
    finally:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * UNIT
        report.write_text(str(peak), encoding="ascii")


if __name__ == "__main__":
    main()
