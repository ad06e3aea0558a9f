"""How fast a run went: pictures a minute over time, without the time in which nothing was done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape

from pellucid.pages import table
from pellucid.scale.manifest.manifest import Manifest
from pellucid.scale.report.parts import paragraph, time_text

BARS = 60
WIDTH, HEIGHT = 640, 120
PAUSE = timedelta(minutes=30)  # without a picture: nobody was at work
DONE_AT = "FROM picture WHERE finished IS NOT NULL AND doer IS NOT NULL"
# How long a run may have taken -> how finely it is looked at, in seconds, and the part of a time in
# the manifest that says it.
FINE = ((timedelta(hours=2), 1, 19), (timedelta(days=10), 60, 16), (timedelta.max, 3600, 13))
FORMS = {19: "%Y-%m-%dT%H:%M:%S", 16: "%Y-%m-%dT%H:%M", 13: "%Y-%m-%dT%H"}


@dataclass(frozen=True)
class Bar:
    """Some of the time: when it began, its seconds, and the pictures finished in it."""

    start: datetime
    seconds: int
    pictures: int

    @property
    def rate(self) -> float:
        """Pictures a minute."""
        return 60 * self.pictures / self.seconds


@dataclass(frozen=True)
class Speed:
    """All of the time in which something was done.

    Attributes:
        bars: in order, at most `BARS`.
        paused: seconds between them in which nothing was done.
    """

    bars: Sequence[Bar]
    paused: float

    @property
    def seconds(self) -> int:
        """Of work, as a clock on the wall has them."""
        return sum(bar.seconds for bar in self.bars)

    @property
    def rate(self) -> float:
        """Pictures a minute, of all the time."""
        return 60 * sum(bar.pictures for bar in self.bars) / self.seconds


def speed_of(manifest: Manifest) -> Speed | None:
    """As the times in the manifest say; None if nothing was done."""
    ((first, last),) = manifest.ask(f"SELECT min(finished), max(finished) {DONE_AT}")
    if first is None:
        return None
    took = datetime.fromisoformat(last) - datetime.fromisoformat(first)
    unit, length = next((unit, length) for most, unit, length in FINE if took <= most)
    found = manifest.ask(
        f"SELECT substr(finished, 1, {length}), count(*) {DONE_AT} GROUP BY 1 ORDER BY 1"
    )
    times = [
        (datetime.strptime(text, FORMS[length]).replace(tzinfo=UTC), number)
        for text, number in found
    ]
    return gathered(times, unit)


def gathered(times: Sequence[tuple[datetime, int]], unit: int) -> Speed:
    """Moments that are multiples of `unit` seconds, with how many pictures each -> bars."""
    step = timedelta(seconds=unit)
    slots: list[tuple[datetime, int]] = []
    paused = timedelta()
    for at, number in times:
        if slots and at - slots[-1][0] > max(PAUSE, step):
            paused += at - slots[-1][0] - step
        else:
            while slots and slots[-1][0] + step < at:
                slots.append((slots[-1][0] + step, 0))
        slots.append((at, number))
    each = -(-len(slots) // BARS)
    parts = [slots[start : start + each] for start in range(0, len(slots), each)]
    bars = [Bar(part[0][0], unit * len(part), sum(n for _, n in part)) for part in parts]
    return Speed(bars, paused.total_seconds())


def speed_body(speed: Speed) -> str:
    """A drawing, what it shows in words, and its numbers."""
    most = max(bar.rate for bar in speed.bars)
    wide = WIDTH / len(speed.bars)
    rects = "".join(
        f'<rect x="{n * wide:.1f}" y="{HEIGHT * (1 - bar.rate / most):.1f}" '
        f'width="{max(0.8, wide - 1):.1f}" height="{HEIGHT * bar.rate / most:.1f}"/>'
        for n, bar in enumerate(speed.bars)
    )
    each = time_text(speed.bars[0].seconds)
    said = f"{rate_text(speed.rate)} pictures a minute on average, over {time_text(speed.seconds)}"
    if speed.paused:
        said += f"; {time_text(speed.paused)} in which nothing was done are left out"
    alt = f"Pictures a minute over time, {rate_text(most)} at most"
    rows = [
        (f"{bar.start:%Y-%m-%d %H:%M:%S}", rate_text(bar.rate), f"{bar.pictures:,}")
        for bar in speed.bars
    ]
    numbers = table(
        ("from (UTC)", "pictures a minute", "pictures"),
        rows,
        "pictures a minute",
        caption=f"Each line is of {each} or what is left.",
    )
    return (
        f"{paragraph(f'{said}.')}"
        f'<figure><svg class="bars" role="img" aria-label="{escape(alt)}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none">{rects}</svg>'
        f"<figcaption>A bar is {escape(each)}; the tallest is {rate_text(most)} pictures a minute."
        f"</figcaption></figure><details><summary>The same in numbers</summary>{numbers}</details>"
    )


def rate_text(rate: float) -> str:
    """As many digits as are worth reading."""
    return f"{rate:,.0f}" if rate >= 100 else f"{rate:.3g}"
