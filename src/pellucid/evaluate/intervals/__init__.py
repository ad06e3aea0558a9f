"""Intervals around a result: made from pictures kept for it, and tested on others.

trials.py      one picture through a denoiser or a codec: result and truth
calibrate.py   the half-widths of a model, from many trials
coverage.py    how many samples of other pictures they hold: rows
sections.py    the table of these rows in the docs
"""

from __future__ import annotations

from pellucid.evaluate.intervals.calibrate import calibrate, save_intervals
from pellucid.evaluate.intervals.coverage import DEFAULT_STEPS, load_coverage, run

__all__ = ["DEFAULT_STEPS", "calibrate", "load_coverage", "run", "save_intervals"]
