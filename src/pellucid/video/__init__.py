"""Video: frames in, frames out, with bounded delay and memory.

    stream.py     `pellucid.stream`: a clip's frames, any source
    frames.py     a frame through both denoisers: over time, then the network
    temporal.py   the mean of the frames so far, along motion; motion.py: where things were
    level.py      the noise of a clip, measured now and then
    ahead.py      an iterator on a thread of its own

    file.py       `stream_file`: which source and sink a name stands for
    run.py        a clip from a source to a sink; pace.py: as fast as it plays
    clip.py       what sources, sinks and clips are
    read.py       video files and pipes in (PyAV); raw_file.py: the bytes under them
    write.py      and out; encoder.py: which encoder and layout; others.py: sound and the like
    samples.py    how FFmpeg names samples
    pels.py       sequences of .pel frames; pictures.py: folders, cameras

OpenCV, and PyAV for files, come with the extra `video`.
"""

from __future__ import annotations

from pellucid.video.file import SourceOptions, TargetOptions, stream_file
from pellucid.video.run import StreamResult
from pellucid.video.stream import StreamOptions, stream

__all__ = [
    "SourceOptions",
    "StreamOptions",
    "StreamResult",
    "TargetOptions",
    "stream",
    "stream_file",
]
