"""Numbers on the page: without an exponent where they read well, in the unit of the samples."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid.explaining.page.parts import chart, gathered, number, percent, signed, unit_of


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0"),
        (2647.88, "2,650"),
        (999.6, "1,000"),
        (20.18, "20.2"),
        (0.01139, "0.0114"),
        (-0.1941, "−0.194"),
        (-7094.0, "−7,090"),
        (2e7, "2e+07"),
        (3.2e-6, "3.2e-06"),
        (-1.5e30, "−1.5e+30"),
        (65535.0, "65,500"),
        (float("nan"), "nan"),
        (float("-inf"), "−inf"),
    ],
)
def test_number(value, shown):
    assert number(value) == shown


def test_signed():
    assert [signed(value) for value in (0.4091, -0.035, -0.0001, 0.0)] == [
        "+0.409",
        "−0.035",
        "0.000",
        "0.000",
    ]


def test_percent():
    assert (percent(0.0071), percent(0.4402, 2), percent(1, 0)) == ("0.7 %", "44.02 %", "100 %")


def test_units():
    assert [unit_of(np.dtype(name)) for name in ("u1", "u2", "i2", "f4")] == [
        "of 255",
        "of 65,535",
        "in the samples' unit",
        "in the samples' unit",
    ]


def test_a_chart_says_what_a_bar_is():
    bits = np.arange(320.0)[::-1].tolist()
    assert sum(gathered(bits)) == sum(bits)
    assert gathered(bits)[0] == 319 + 318 + 317
    assert "A bar for 3 channels of y, dearest first; the tallest holds 119 bytes." in chart(
        bits, "channel", " of y, dearest first"
    )
    assert "A bar for each plane, in order; the tallest holds 2 bytes." in chart(
        [16.0, 8.0], "plane", ", in order"
    )
