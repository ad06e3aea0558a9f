"""Pictures a minute over time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifests import done, failed, items, opened, output
from pellucid.scale.report.speed import BARS, PAUSE, Bar, gathered, rate_text, speed_body, speed_of

START = datetime(2025, 3, 30, 0, 59, tzinfo=UTC)


def at(seconds):
    return START + timedelta(seconds=seconds)


def test_a_bar_a_second_if_it_was_short():
    speed = gathered([(at(0), 4), (at(1), 2), (at(3), 6)], 1)
    assert speed.bars == [Bar(at(0), 1, 4), Bar(at(1), 1, 2), Bar(at(2), 1, 0), Bar(at(3), 1, 6)]
    assert speed.seconds == 4
    assert speed.rate == 12 * 60 / 4
    assert speed.paused == 0


def test_time_without_work_is_left_out():
    pause = int(PAUSE.total_seconds())
    speed = gathered([(at(0), 1), (at(pause + 60), 1), (at(pause + 120), 1)], 60)
    assert [bar.start for bar in speed.bars] == [at(0), at(pause + 60), at(pause + 120)]
    assert speed.paused == pause
    assert speed.seconds == 180


@given(
    st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 9)), min_size=1, max_size=200),
    st.sampled_from([1, 60, 3600]),
)
def test_nothing_is_lost_and_bars_are_few(moments, unit):
    times = sorted({unit * n: count for n, count in moments}.items())
    speed = gathered([(at(n), count) for n, count in times], unit)
    assert 1 <= len(speed.bars) <= BARS
    assert sum(bar.pictures for bar in speed.bars) == sum(count for _, count in times)
    whole = times[-1][0] - times[0][0] + unit
    assert speed.seconds + speed.paused == whole
    assert speed_body(speed).count("<rect") == len(speed.bars)


@pytest.mark.parametrize(("apart", "unit"), [(60, 1), (7440, 60), (11 * 86400, 3600)])
def test_it_is_looked_at_as_finely_as_it_took_long(tmp_path, monkeypatch, apart, unit):
    times = iter(f"{at(n * apart // 4):%Y-%m-%dT%H:%M:%SZ}" for n in range(5))
    with opened(tmp_path / "run.sqlite") as manifest:
        assert speed_of(manifest) is None
        manifest.add(items(6), output)
        monkeypatch.setattr("pellucid.scale.manifest.rows.now", lambda: next(times))
        for number, one in enumerate(items(5)):
            manifest.record([failed(one) if number == 3 else done(one)])
        speed = speed_of(manifest)
    assert speed is not None
    assert [bar.pictures for bar in speed.bars if bar.pictures] == [1] * 5
    assert speed.bars[0].seconds % unit == 0
    assert speed.seconds + speed.paused == apart + unit


def test_what_cannot_be_seen_is_told():
    body = speed_body(gathered([(at(0), 4), (at(1), 2)], 1))
    assert 'role="img" aria-label="Pictures a minute over time, 240 at most"' in body
    assert "180 pictures a minute on average, over 2 s." in body
    assert '<th scope="row">2025-03-30 00:59:01</th><td>120</td><td>2</td>' in body


@pytest.mark.parametrize(("rate", "said"), [(0.1234, "0.123"), (12.34, "12.3"), (1234.5, "1,234")])
def test_rates(rate, said):
    assert rate_text(rate) == said
