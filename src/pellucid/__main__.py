"""Where the program starts: `pellucid` and `python -m pellucid`.

Loading the commands takes a moment. Until they run Ctrl-C ends the process at once, as there is
nothing to clean up yet; then `cli/_program.py` takes over.
"""

from __future__ import annotations

import os
import signal
import sys
import warnings


def leave(_number: int, _frame: object) -> None:
    """End at once, with the message and the exit code of an interrupted command."""
    os.write(2, b"pellucid: interrupted\n")
    os._exit(130)


def run() -> None:
    """The program."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # not ignored, as by nohup
        signal.signal(signal.SIGINT, leave)
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # what libraries warn their programmers of
    from pellucid.cli import main

    main(prog_name="pellucid")


if __name__ == "__main__":
    run()
