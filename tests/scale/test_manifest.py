"""The manifest as queue and as memory: what is added, taken, recorded, and found again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifests import done, failed, item, items, opened, output, recounted, told
from pellucid.scale.items import Item, Made, Row, State
from pellucid.scale.manifest.rows import to_json


def test_each_picture_is_taken_once_in_order(path):
    with opened(path) as manifest:
        assert manifest.add(items(10), output) == 10
        first = manifest.take(4)
        assert first == items(4)
        assert manifest.take(100) == items(6, 4)
        assert manifest.take(1) == []
        assert manifest.add(items(12), output) == 2
        assert manifest.take(5) == items(2, 10)
        assert manifest.counts().states[State.WAITING] == 12


def test_what_is_given_back_is_taken_again_first(path):
    with opened(path) as manifest:
        manifest.add(items(6), output)
        taken = manifest.take(3)
        manifest.give_back([taken[2], taken[0], taken[2]])
        manifest.give_back([item(5)])  # wasn't taken: it comes once, in its turn
        assert manifest.take(3) == [taken[2], taken[0], item(3)]
        manifest.give_back([item(3)])
        manifest.record([done(item(3))])  # it was done all the same
        assert manifest.take(9) == [item(4), item(5)]


def test_only_what_was_added_can_be_given_back_or_recorded(path):
    with opened(path) as manifest:
        manifest.add(items(2), output)
        with pytest.raises(ValueError, match=r"photos/0/7\.jpg isn't in the manifest"):
            manifest.give_back([item(0), item(7)])
        with pytest.raises(ValueError, match=r"photos/0/7\.jpg isn't in the manifest"):
            manifest.record([done(item(0)), done(item(7))])
        with pytest.raises(ValueError, match=r"0/0\.jpg: its output is 0/0\.jpg\.pel, not b"):
            manifest.record([done(item(1)), done(item(0), place="b")])
        assert manifest.counts().states[State.DONE] == 0  # nothing of these is there
        assert manifest.take(9) == items(2)


def test_rows_come_back_as_they_were(path):
    rows = [
        done(item(0)),
        done(item(1), made=Made({"psnr": None, "list": [1, {"a": "é"}]}, damaged=True)),
        failed(item(2)),
        done(item(3), state=State.THERE, written=0, written_sha256="", seconds=0.0),
        Row(
            item(4).url,
            State.KEPT,
            output(item(4).place),
            message="larger",
            made=Made(kept="larger"),
        ),
        done(item(5), size=0, written=0, models="", version="", worker=""),
    ]
    with opened(path) as manifest:
        manifest.add(items(7), output)
        manifest.record(rows)
    with opened(path, resume=True) as manifest:
        places = [output(item(number).place) for number in range(7)]
        rows[2] = Row(item(2).url, State.WAITING)  # tried again
        rows.append(Row(item(6).url, State.WAITING))
        wanted = [replace(row, place=place) for row, place in zip(rows, places, strict=True)]
        assert list(manifest.rows()) == wanted
        assert list(manifest.rows(State.DONE)) == [wanted[0], wanted[1], wanted[5]]
        assert list(manifest.rows(State.FAILED)) == []


def test_many_rows_are_read_in_pages(path):
    with opened(path) as manifest:
        manifest.add(items(2500), output)
        manifest.record([done(one) for one in items(2500)[::2]])
        read = [row.url for row in manifest.rows()]
        assert read == [one.url for one in items(2500)]
        assert [row.url for row in manifest.rows(State.DONE)] == read[::2]


def test_counts_are_those_of_a_full_count(path):
    with opened(path) as manifest:
        assert manifest.counts().total == 0
        manifest.add(items(9), output)
        manifest.record([done(item(0)), failed(item(1)), failed(item(2), "LimitError")])
        manifest.record([done(item(3), made=Made(damaged=True)), failed(item(4)), done(item(0))])
        manifest.record([done(item(1)), done(item(5), state=State.KEPT, written=0)])
        manifest.record([done(item(6), written=5000), done(item(6), written=50)])
        counts, said = manifest.counts(), told(manifest)
    assert said == recounted(path)
    assert counts.finished == 7
    assert counts.total == 9
    assert counts.errors == {"InputError": 1, "LimitError": 1}
    assert counts.saved == 4 * 1000 - 3 * 250 - 50
    with opened(path, resume=True) as manifest:
        assert told(manifest) == recounted_again(said)


def recounted_again(said):
    """The same with FAILED as WAITING, which took 0.5 seconds each."""
    states = {**said["states"], State.FAILED: 0, State.WAITING: 4}
    return {**said, "states": states, "errors": {}, "seconds": said["seconds"] - 1.0}


def test_what_is_finished_does_not_fail_any_more(path):
    with opened(path) as manifest:
        manifest.add(items(2), output)
        manifest.record([done(item(0)), failed(item(1))])
        manifest.record([failed(item(0), "OutputError"), done(item(1))])
        assert [row.state for row in manifest.rows()] == [State.DONE, State.DONE]
        assert manifest.counts().errors == {}


def test_a_restart_goes_on_with_what_waits_or_failed(path):
    with opened(path) as manifest:
        manifest.add(items(6), output)
        manifest.take(4)
        manifest.record([done(item(0)), failed(item(1))])
        manifest.mark_listed()
        assert manifest.is_listed
        assert manifest.counts().listed
        run = manifest.run
    with opened(path, resume=True) as manifest:
        assert manifest.run == run
        assert not manifest.is_listed
        assert manifest.add(items(6), output) == 0
        assert manifest.take(9) == items(5, 1)


def test_a_resumed_run_that_never_began_begins(path):
    with opened(path, resume=True) as manifest:
        assert manifest.about["started"].endswith("Z")
        assert manifest.counts().total == 0


def test_two_sources_with_one_output(path):
    def same(place):
        return place.rpartition(".")[0] + ".png"

    twice = [Item(f"photos/a.{suffix}", f"a.{suffix}") for suffix in ("pel", "pels", "x")]
    with opened(path) as manifest:
        assert manifest.add([*twice[:2], item(1)], same) == 3
        assert manifest.add(twice, same) == 1
        assert manifest.take(9) == [twice[0], item(1)]
        clash = {"state": State.FAILED, "error": "OutputError"}
        said = "its output a.png is that of photos/a.pel already"
        wanted = [Row(one.url, message=said, **clash) for one in twice[1:]]
        assert list(manifest.rows(State.FAILED)) == wanted
        assert manifest.counts().errors == {"OutputError": 2}
    with opened(path, resume=True) as manifest:  # a second try wouldn't help
        manifest.add(twice, same)
        assert list(manifest.rows(State.FAILED)) == wanted
        assert told(manifest)["states"][State.FAILED] == 2


def test_without_outputs_nothing_clashes(path):
    with opened(path) as manifest:
        assert manifest.add(items(3), None) == 3
        manifest.record([done(one, place="") for one in items(3)])
        assert {row.place for row in manifest.rows()} == {""}


@pytest.mark.parametrize(("size", "stamp"), [(1001, "then"), (1000, "now")])
def test_a_source_that_changed(path, size, stamp):
    new = [item(number, size, stamp) for number in range(6)]
    states = (State.DONE, State.THERE, State.KEPT, State.FAILED)
    with opened(path) as manifest:
        manifest.add(items(6), output)
        manifest.take(5)
        manifest.record([done(item(n), state=state) for n, state in enumerate(states)])
        manifest.add([item(1, None, ""), item(0, 1000, ""), item(0, None, "then")], output)
        assert manifest.counts().changed == 0  # as far as is known
        assert manifest.add(new, output) == 0
        assert manifest.counts().changed == 3
        assert manifest.take(9) == [new[5]]  # it is to be done as it is now
        assert sum(row.state is State.WAITING for row in manifest.rows()) == 2
    with opened(path, resume=True, force=True) as manifest:
        assert manifest.take(9) == new[3:]
        manifest.record([done(one) for one in new[3:]])
        assert manifest.add(new, output) == 0
        assert manifest.take(9) == new[:3]
        said = told(manifest)
        manifest.add(new, output)
        assert manifest.counts().changed == 0  # as these are done again
        assert manifest.take(9) == []
    assert said == recounted(path)


def test_odd_texts_are_kept(path):
    odd = "a\0b \udcff \N{PILE OF POO} \u202e"
    row = failed(item(0), message=odd)
    other = done(item(1), made=Made({"name": odd, "n": np.float32(0.5)}, (odd,)), worker=odd)
    with opened(path) as manifest:
        manifest.add(items(2), output)
        manifest.record([row, other])
        one, two = manifest.rows()
        assert one.message == "a\\0b \\udcff \N{PILE OF POO} \u202e"
        assert two.made == Made({"name": odd, "n": 0.5}, (odd,))
        assert two.worker == one.message
        assert manifest.ask("SELECT json_extract(fields, '$.n') FROM picture WHERE id = 2") == [
            (0.5,)
        ]


@given(
    st.recursive(
        st.floats() | st.text(st.characters(exclude_categories=())) | st.none() | st.integers(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_fields_are_strict_json(value):
    import json

    def refuse(name):
        raise AssertionError(name)

    text = to_json(value)
    text.encode()
    json.loads(text, parse_constant=refuse)


def test_arrays_in_fields_are_lists():
    assert to_json({"a": np.array([1.0, np.nan]), "b": {1}}) == '{"a":[1.0,null],"b":"{1}"}'
