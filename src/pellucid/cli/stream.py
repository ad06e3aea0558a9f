"""`pellucid stream`: a noisy video -> a clean one, or a sequence of .pel frames."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import click

from pellucid.cli import _options as options
from pellucid.cli._options import option
from pellucid.cli._program import FAILED, exit_code, say, tell
from pellucid.cli._progress import Progress
from pellucid.errors import PellucidError

if TYPE_CHECKING:
    from pellucid import StreamResult

SHARES = {"median": 0.5, "p95": 0.95}


def to_rate(value: str) -> Fraction:
    """25, 29.97 or 30000/1001."""
    try:
        return Fraction(value)
    except (ValueError, ZeroDivisionError) as error:
        raise click.BadParameter(f"{value!r} is no rate; write 25 or 30000/1001") from error


def to_setting(value: str) -> tuple[str, str]:
    """preset=slow."""
    name, equals, text = value.partition("=")
    if not (name and equals):
        raise click.BadParameter(f"{value!r} is no setting; write NAME=VALUE, such as preset=slow")
    return name, text


@click.command(short_help="Videos without their noise.")
@click.argument("source", metavar="SRC", type=options.FILE)
@click.argument("target", metavar="DST", type=options.FILE)
@options.sigma_option(
    metavar="auto|N",
    help="Standard deviation of the noise in the video's own unit (of 255, or 1023); auto measures "
    "it.",
)
@options.strength_option(metavar="0..1", type=float, help="How much of it to take off.")
@option("--model", "s, m (better, slower), xs (faster), or a model's folder.", str, default="s")
@option(
    "--frame-by-frame",
    "Use no earlier frames.",
)
@option(
    "--memory",
    "Frames that are averaged at most, where nothing moves.",
    click.IntRange(1, 1000),
    "N",
    default=16,
)
@option(
    "--realtime",
    "Keep up with the source: smaller networks, then half the resolution; a file is taken at the "
    "speed at which it plays.",
)
@option(
    "--to",
    "pel: a sequence of .pel frames; or FFmpeg's name of a container. Default: by DST's suffix, "
    "and Y4M for standard output.",
    str,
    "FORM",
)
@option("--codec", "FFmpeg's name of the encoder, such as libx265 or ffv1 (lossless).", str, "NAME")
@option(
    "--set settings",
    "A setting of the encoder, such as crf=20; again for more.",
    to_setting,
    "NAME=VALUE",
    multiple=True,
)
@option("--quality", "Of .pel frames, 0 to 100.", click.IntRange(0, 100), "Q")
@option("--lossless", "Keep .pel frames bit for bit.")
@option("--pel-model", "The codec of .pel frames: s or m.", str, default="s")
@option("--only-video alone", "Leave out sound, subtitles and all else.")
@option(
    "--from form", "What SRC is, if it doesn't say: rawvideo, or another of FFmpeg's.", str, "FORM"
)
@option("--size", "Width and height of raw video.", options.to_numbers("W,H", "640,480"), "W,H")
@option("--rate", "Frames a second, of raw video, pictures or a camera.", to_rate, "R")
@option("--pixels layout", "Layout of raw video, as FFmpeg names it, such as yuv420p.", str, "NAME")
@options.limits_option
@options.device_option
@options.force_option
@option("--json as_json", "One JSON object at the end, on stdout (on stderr if DST is -).")
@option("--progress", "Say how far it is, on stderr, also where that is no terminal.")
def stream(source: str, target: str, **given: Any) -> None:
    """Take the noise off a video, with the help of earlier frames: in.mp4 -> out.mp4.

    SRC is a video file, a .pels, a folder of pictures, a camera (camera:0), or - for standard input
    (Y4M, or what --from says). DST is a video file, a .pels, or - for standard output. Sound,
    subtitles, chapters, times, rotation, colours and bit depth stay as they are. What was done when
    it ends early stays playable.
    """
    from pellucid import (
        CompressOptions,
        SourceOptions,
        StreamOptions,
        TargetOptions,
        stream_file,
    )

    started = time.perf_counter()
    shown = Shown(source, quiet=given["as_json"], wanted=given["progress"])
    try:
        result = stream_file(
            source,
            target,
            StreamOptions(
                sigma=given["sigma"],
                strength=given["strength"],
                model=given["model"],
                temporal=not given["frame_by_frame"],
                memory=given["memory"],
                device=given["device"],
            ),
            read=SourceOptions(
                given["form"], given["size"], given["rate"], given["layout"], given["limits"]
            ),
            write=TargetOptions(
                form=given["to"],
                codec=given["codec"],
                settings=dict(given["settings"]),
                frames=CompressOptions(
                    quality=given["quality"], lossless=given["lossless"], model=given["pel_model"]
                ),
                alone=given["alone"],
                force=given["force"],
            ),
            realtime=given["realtime"],
            told=shown,
        )
    except BaseException as error:
        if not hasattr(error, "result"):
            raise
        result = error.result
    finally:
        shown.progress.clear()
    report(source, target, result, time.perf_counter() - started, as_json=given["as_json"])
    end(source, result)


class Shown:
    """A line on a terminal: how far, how fast, how late."""

    def __init__(self, name: str, *, quiet: bool, wanted: bool) -> None:
        self.progress = Progress(1, wanted=wanted, quiet=quiet)
        self.progress.show(1, name)
        self._changes = 0

    def __call__(self, now: Any) -> None:
        """Say where it is; changes on lines of their own."""
        for number, way in now.changes[self._changes :]:
            self.progress.clear()
            say(f"frame {number}: {way}, to keep up")
        self._changes = len(now.changes)
        part = 0.0 if not now.length else min(1.0, now.position / now.length)
        said = (
            f"frame {now.frames}, {now.rate:.1f} a second, delay {now.delay(0.5) * 1e3:.0f} ms "
            f"(95 %: {now.delay(0.95) * 1e3:.0f} ms)"
        )
        self.progress.part(part, lambda: said)


def report(
    source: str, target: str, result: StreamResult, seconds: float, *, as_json: bool
) -> None:
    """What was done: a line, or a JSON object; to stderr if the video went to standard output."""
    now, info = result.progress, result.info
    aside = target == "-"
    if as_json:
        fields = {
            "source": source,
            "output": target,
            "width": info.width,
            "height": info.height,
            "bits": info.white.bit_length(),
            "frames": now.frames,
            "frames_per_second": round(now.rate, 2),
            "delay_ms": {name: round(1e3 * now.delay(part), 1) for name, part in SHARES.items()},
            "noise": None if now.noise is None else asdict(now.noise),
            "changes": [{"frame": number, "to": way} for number, way in now.changes],
            "skipped": now.skipped,
            "missing": list(result.missing),
            "remarks": list(result.remarks),
            "engine": now.engine,
            "seconds": round(seconds, 3),
        }
        click.echo(json.dumps(fields), err=aside)
    else:
        noise = "" if now.noise is None else f", noise {now.noise.sigma:.3g} of {info.white}"
        skipped = f", {now.skipped} left out to keep up" if now.skipped else ""
        line = (
            f"{now.frames} frames of {info.width} x {info.height}{noise}, {now.rate:.1f} a second, "
            f"delay {1e3 * now.delay(0.5):.0f} ms (95 %: {1e3 * now.delay(0.95):.0f} ms){skipped}"
        )
        name = source if aside else click.format_filename(target)
        tell(f"{name}  {line}") if aside else click.echo(f"{name}  {line}")
    for remark in result.remarks:
        say(f"{source}: {remark}")


def end(source: str, result: StreamResult) -> None:
    """Say what is missing, and end the program if anything is."""
    for missing in result.missing:
        say(f"{source}: {missing}")
    if result.early is not None:
        if not isinstance(result.early, PellucidError):
            raise result.early
        raise click.exceptions.Exit(exit_code([result.early]))
    if result.missing:
        raise click.exceptions.Exit(FAILED)
