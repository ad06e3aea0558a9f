"""`bench compress`: pictures x codecs x settings -> rows, written as they come.

Every file is made for real and its length is the rate. Pictures are the outer loop, so that an
interrupted run leaves whole pictures; started again, it does only what's missing. One codec or
picture that fails is reported and the others go on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from pellucid.errors import InputError, OptionError, OutputError, PellucidError
from pellucid.evaluate import store
from pellucid.evaluate._extras import require
from pellucid.evaluate.butteraugli import program
from pellucid.evaluate.memory import can_measure, peaks_of_codec
from pellucid.evaluate.metrics import DEFAULT_METRICS, METRICS
from pellucid.evaluate.peers import Peer, Rgb, load_peers
from pellucid.evaluate.pictures import find_pictures, load_rgb
from pellucid.evaluate.record import (
    Result,
    Timing,
    append_results,
    read_results,
    write_timings,
)
from pellucid.evaluate.scoring import Scorer
from pellucid.evaluate.speed import measure_speed, setting_near

QUICK_PICTURES = 2
QUICK_SETTINGS = 4
QUICK_REPEATS = 3
CODEC_ERRORS = (PellucidError, OSError, ValueError, RuntimeError)

Notify = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run. `images` limits the pictures (None: all); `repeats` 0 leaves speed out.

    `memory`: measure peaks too, on the first picture that is timed.
    """

    data: Path
    out: Path
    codecs: tuple[str, ...]
    metrics: tuple[str, ...] = DEFAULT_METRICS
    images: int | None = None
    threads: int = 2
    repeats: int = 5
    speed_images: int = 4
    processes: int = 2
    fresh: bool = False
    quick: bool = False
    memory: bool = True


@dataclass(slots=True)
class Outcome:
    """What came of it: codecs left out with the reason, and single failures."""

    codecs: list[str] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    new_rows: int = 0


def run(plan: Plan, notify: Notify = lambda _line: None) -> Outcome:
    """Run a bench; rows end up in `plan.out`.

    Raises:
        InputError: no pictures.
        OptionError: an unknown codec or metric, a number out of range.
        OutputError: the folder can't be written.
        MissingExtraError: the library or the program of a metric isn't installed.
    """
    _check(plan)
    peers, missing = load_peers(plan.codecs, plan.threads)
    for name, reason in missing.items():
        notify(f"without {name}: {reason}")
    outcome = run_peers(plan, peers, notify)
    outcome.missing = missing
    return outcome


def run_peers(plan: Plan, peers: Sequence[Peer], notify: Notify = lambda _line: None) -> Outcome:
    """`run` for adapters made elsewhere, whatever `plan.codecs` says; raises what it does."""
    _check(plan)
    limit = min(plan.images or QUICK_PICTURES, QUICK_PICTURES) if plan.quick else plan.images
    paths = find_pictures(plan.data, limit)
    outcome = Outcome([peer.name for peer in peers])
    _prepare_folder(plan, peers, paths)
    _sweep(plan, paths, peers, outcome, notify)
    if plan.repeats:
        _speed(plan, paths, peers, outcome, notify)
    return outcome


def sweep_settings(peer: Peer, *, quick: bool) -> tuple[float, ...]:
    """All settings of a codec, or a few spread over them."""
    count = len(peer.settings)
    if not quick or count <= QUICK_SETTINGS:
        return peer.settings
    places = (round(i * (count - 1) / (QUICK_SETTINGS - 1)) for i in range(QUICK_SETTINGS))
    return tuple(peer.settings[place] for place in places)


def _check(plan: Plan) -> None:
    if unknown := [name for name in plan.metrics if name not in METRICS]:
        raise OptionError(f"no metric called {unknown[0]!r}; there are: {', '.join(METRICS)}")
    if "psnr" not in plan.metrics:
        raise OptionError("the metrics must include psnr")
    if plan.images is not None and plan.images < 1:
        raise OptionError(f"images must be at least 1, got {plan.images}")
    if plan.repeats < 0 or plan.speed_images < 1:
        raise OptionError("repeats must be at least 0 and speed_images at least 1")
    if "ms_ssim" in plan.metrics:
        require("scipy.ndimage", "scipy")
    if "ssimulacra2" in plan.metrics:
        require("ssimulacra2")
    if "butteraugli" in plan.metrics:
        program()


def _prepare_folder(plan: Plan, peers: Sequence[Peer], paths: Sequence[Path]) -> None:
    try:
        plan.out.mkdir(parents=True, exist_ok=True)
        if plan.fresh:
            for peer in peers:
                store.sweep_path(plan.out, peer.name).unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"can't write to {plan.out}: {error}") from error
    data = {path.stem: plan.data.resolve().name for path in paths}
    programs = {"butteraugli": program().stem} if "butteraugli" in plan.metrics else {}
    store.save_machine(plan.out, peers, data, programs)


def _sweep(
    plan: Plan, paths: Sequence[Path], peers: Sequence[Peer], outcome: Outcome, notify: Notify
) -> None:
    done = {
        (row.codec, row.image, row.setting)
        for peer in peers
        for row in store.keep_usable(plan.out, peer, plan.threads, plan.metrics)
    }
    with Scorer(plan.metrics, plan.processes) as scorer:
        warm: set[str] = set()
        for number, path in enumerate(paths, start=1):
            todo = [
                (peer, settings)
                for peer in peers
                if (settings := _missing_settings(peer, path.stem, done, quick=plan.quick))
            ]
            if not todo:
                continue
            notify(f"picture {number} of {len(paths)}: {path.stem}")
            try:
                rgb = load_rgb(path)
            except InputError as error:
                outcome.failures.append(f"{path.name}: {error}")
                continue
            for peer, settings in todo:
                if peer.name not in warm:
                    _warm_up(peer, rgb)
                    warm.add(peer.name)
                rows = _code_picture(plan, peer, settings, path.stem, rgb, scorer, outcome)
                append_results(store.sweep_path(plan.out, peer.name), rows)
                outcome.new_rows += len(rows)
    for peer in peers:
        store.sort_rows(plan.out, peer)


def _missing_settings(
    peer: Peer, image: str, done: set[tuple[str, str, float]], *, quick: bool
) -> list[float]:
    settings = sweep_settings(peer, quick=quick)
    return [setting for setting in settings if (peer.name, image, setting) not in done]


def _warm_up(peer: Peer, rgb: Rgb) -> None:
    """Loads what a codec loads on first use; a failure shows up again, and is told, later."""
    try:
        peer.decode(peer.encode(rgb, peer.settings[len(peer.settings) // 2]))
    except CODEC_ERRORS:
        return


def _code_picture(
    plan: Plan,
    peer: Peer,
    settings: Iterable[float],
    image: str,
    rgb: Rgb,
    scorer: Scorer,
    outcome: Outcome,
) -> list[Result]:
    """One picture by one codec at several settings: all coded first, then all scored."""
    coded: list[tuple[float, int, float, float]] = []
    decoded: list[Rgb] = []
    for setting in settings:
        try:
            start = time.perf_counter()
            data = peer.encode(rgb, setting)
            middle = time.perf_counter()
            picture = peer.decode(data)
            end = time.perf_counter()
            if picture.shape != rgb.shape:
                raise ValueError(f"decoded to {picture.shape}, source is {rgb.shape}")
        except CODEC_ERRORS as error:
            outcome.failures.append(f"{image} by {peer.name} at {setting:g}: {error}")
            continue
        coded.append((setting, len(data), middle - start, end - middle))
        decoded.append(picture)
    scores = scorer(rgb, decoded)
    height, width = rgb.shape[:2]
    return [
        Result(
            codec=peer.name,
            setting=float(setting),
            image=image,
            width=width,
            height=height,
            bytes=size,
            bpp=round(8 * size / (width * height), 6),
            psnr=score["psnr"] or 0.0,
            ms_ssim=score.get("ms_ssim"),
            ssimulacra2=score.get("ssimulacra2"),
            encode_s=round(encode_s, 6),
            decode_s=round(decode_s, 6),
            threads=plan.threads,
            repeats=1,
            versions=peer.version,
            butteraugli=score.get("butteraugli"),
        )
        for (setting, size, encode_s, decode_s), score in zip(coded, scores, strict=True)
    ]


def _speed(
    plan: Plan, paths: Sequence[Path], peers: Sequence[Peer], outcome: Outcome, notify: Notify
) -> None:
    """Times every codec at its setting nearest to one common rate."""
    chosen = [
        (peer, setting_near(read_results(path)))
        for peer in peers
        if (path := store.sweep_path(plan.out, peer.name)).exists()
    ]
    repeats = QUICK_REPEATS if plan.quick else plan.repeats
    rows: list[Timing] = []
    for path in paths[: plan.speed_images]:
        notify(f"speed: {path.stem}")
        try:
            rgb = load_rgb(path)
            rows += measure_speed(chosen, path.stem, rgb, threads=plan.threads, repeats=repeats)
        except CODEC_ERRORS as error:
            outcome.failures.append(f"speed of {path.stem}: {error}")
    if plan.memory and can_measure():
        notify("memory")
        rows = _with_peaks(plan, paths[0], rows, outcome)
    if rows:
        write_timings(plan.out / store.SPEED, rows)


def _with_peaks(plan: Plan, path: Path, rows: Sequence[Timing], outcome: Outcome) -> list[Timing]:
    """The rows, those of one picture with the peaks of a process that does nothing else."""
    found = []
    for row in rows:
        try:
            if row.image == path.stem:
                with TemporaryDirectory() as folder:
                    encode, decode = peaks_of_codec(
                        row.codec,
                        row.setting,
                        load_rgb(path),
                        threads=plan.threads,
                        folder=Path(folder),
                    )
                row = replace(row, encode_mb=round(encode, 1), decode_mb=round(decode, 1))
        except CODEC_ERRORS as error:
            outcome.failures.append(f"memory of {row.codec}: {error}")
        found.append(row)
    return found
