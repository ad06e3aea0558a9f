"""The friendly layer: paths, bytes, arrays and Pillow images in; strict layers below.

    options.py    what the verbs can be asked for, checked once; results.py: what they give back
    layer.py      what a layer does; learned.py and exact.py: the two; kept.py: one behind the other
    cleaned.py    who leaves noise out; codings.py: how each layer's tiles are coded
    layers.py     which of the two it is, and a picture into a stream; decode.py: an open file
    pieces.py     a picture into a file by many processes
    codec.py      compress, decompress, salvage; on_disk.py: from file to file
    about.py      info, verify; compared.py: a file beside its picture
    denoise.py, explain.py, explain_denoise.py
    noise.py      what a file says of the noise that was taken off, and grain
    sequence*.py      frames in one file (.pels): read, written, saved as pictures
    files.py      names that an output can't have, and what is kept beside samples

`import pellucid` stays quick, as it imports this when something of it is first used.
"""

# ruff: noqa: F401 - `pellucid.__all__` names them
from pellucid._api.about import info, verify
from pellucid._api.codec import compress, decompress, models, salvage
from pellucid._api.compared import Compared, compare
from pellucid._api.denoise import denoise, denoise_file, denoisers, noise_level
from pellucid._api.explain import explain
from pellucid._api.on_disk import compress_file, compress_to, decompress_file, decompress_to
from pellucid._api.options import CompressOptions, DecompressOptions
from pellucid._api.results import (
    CompressResult,
    DecompressResult,
    Explanation,
    FileInfo,
    NoiseInfo,
    Verification,
)
from pellucid._api.sequence import Sequence, is_sequence, open_sequence
from pellucid._api.sequence_files import save_frame, save_frames
from pellucid._api.sequence_results import (
    SequenceFrame,
    SequenceInfo,
    SequenceSaved,
    SequenceVerification,
)
from pellucid._api.sequence_writer import SequenceWriter, write_sequence
from pellucid.bitstream import Limits
from pellucid.bitstream.sequence_about import SequenceAbout
from pellucid.denoising import DenoiseOptions, DenoiseResult, NoiseEstimate
