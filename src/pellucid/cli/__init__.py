"""`pellucid`, the program: this page is its table of contents, one file a command.

    compress.py     picture(s) -> .pel               info.py      what is in a file
    decompress.py   .pel -> picture(s)               verify.py    every checksum, every latent
    denoise.py      picture(s) -> clean picture(s)   adapt.py     tune a denoiser on noisy pictures
    explain.py      where bits went, how sure, why   train.py     make a model
    stream.py       a video -> a clean one, or .pel frames
    serve.py        a page, and the verbs over HTTP  desktop.py   kinds of file and thumbnails
    view.py         that page, on some pictures
    batch.py        those verbs on whole archives, by many workers
    demo.py         one photograph, end to end
    bench.py        side by side with other codecs; the benches are in `evaluate`
    bench_all.py    all of them, and one page

    _program.py     errors, signals and remarks -> messages and exit codes
    _jobs.py        inputs and -o -> which file goes where
    _streams.py     standard input and output, and pipes, as files
    _batch.py       one job after another; one that fails doesn't stop the others
    _batch_options.py, _batch_shown.py, _verbs.py, _transcode.py   what `batch` takes, says, does
    _progress.py    how far the work is
    _options.py     what several commands take
    _browser.py     a page opened in a browser
    _bench_command.py  a command made of a bench

What is heavy (ONNX Runtime, PyTorch, matplotlib) is imported by the command that needs it, so that
`pellucid --help` is quick.
"""

from __future__ import annotations

import click

from pellucid import __version__
from pellucid.cli._program import Program
from pellucid.cli.adapt import adapt
from pellucid.cli.batch import batch
from pellucid.cli.bench import bench
from pellucid.cli.compress import compress
from pellucid.cli.decompress import decompress
from pellucid.cli.demo import demo
from pellucid.cli.denoise import denoise
from pellucid.cli.desktop import desktop
from pellucid.cli.explain import explain
from pellucid.cli.info import info
from pellucid.cli.serve import serve
from pellucid.cli.stream import stream
from pellucid.cli.train import train
from pellucid.cli.verify import verify
from pellucid.cli.view import view

__all__ = ["main"]


@click.group(
    cls=Program, context_settings={"help_option_names": ["-h", "--help"], "show_default": True}
)
@click.version_option(__version__, prog_name="pellucid", message="%(prog)s %(version)s")
def main() -> None:
    """Make pictures small and clean with convolutional networks.

    Exit codes: 0 all done, 1 something failed, 2 wrong usage, 128 + n ended by signal n (Ctrl-C:
    130). Nothing is overwritten without --force.
    """


for command in (
    demo,
    compress,
    decompress,
    denoise,
    stream,
    info,
    verify,
    batch,
    explain,
    serve,
    view,
    train,
    adapt,
    bench,
    desktop,
):
    main.add_command(command)
