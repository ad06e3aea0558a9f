"""Video: frames in, frames out, with bounded delay and memory.

    stream.py     `pellucid.stream`: a clip's frames, any source
    frames.py     a frame through both denoisers: over time, then the network
    temporal.py   the mean of the frames so far, along motion; motion.py: where things were
    level.py      the noise of a clip, measured now and then
    ahead.py      an iterator on a thread of its own

OpenCV, and PyAV for files, come with the extra `video`.
"""

from __future__ import annotations
