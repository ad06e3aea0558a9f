"""What is left of a group that was cut off is known, whatever is in its receipt."""

from __future__ import annotations

import json
import os
import random
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from killing import kill_after
from pellucid.scale.items import Made, Row, State
from pellucid.scale.outputs.receipts import Receipts
from pellucid.scale.outputs.target import MOST_READ, OWN, RECEIPTS, STAGED, Staged, Target
from program import TESTS
from publishing import OUTPUTS, RUN, data_of, place_of
from targets import on_disk_and_s3

DATA = b"output"


@pytest.fixture
def receipts(target: Target) -> Receipts:
    return Receipts(target, RUN)


def output(target: Target, place: str, folder: Path, data: bytes = DATA) -> tuple[Row, Staged]:
    with target.staging(place, folder) as staged:
        staged.path.write_bytes(data)
    made = Made({"bytes": 5, "deep": {"a": [1, None]}}, ("a remark",), damaged=True)
    row = Row(f"u/{place}", State.DONE, place, 9, "5a", staged.size, staged.sha256, 1.5, made=made)
    return row, staged


def keep(target: Target, told: object) -> str:
    """A receipt of the run with something in it."""
    place = f"{RECEIPTS}/{RUN}-0.json"
    target.write(place, told if isinstance(told, bytes) else json.dumps(told).encode())
    return place


@on_disk_and_s3
def test_all_that_is_published_is_known(target: Target, receipts: Receipts, tmp_path: Path) -> None:
    outputs = [output(target, place, tmp_path) for place in ("a.pel", "b/ü.pel")]
    name = receipts.write(outputs)
    for _, staged in outputs:
        target.publish(staged, force=False)
    assert receipts.left() == [name]
    assert receipts.settle(name) == [row for row, _ in outputs]
    assert receipts.ours("a.pel") == outputs[0][0]
    assert receipts.ours("b/ü.pel") == outputs[1][0]
    assert receipts.ours("c.pel") is None
    receipts.drop([name, name])
    assert receipts.left() == []
    assert receipts.settle(name) == []


def test_what_is_staged_is_published_and_what_is_lost_left_out(
    local: Target, tmp_path: Path
) -> None:
    outputs = [output(local, f"{which}.pel", tmp_path) for which in "abcd"]
    receipts = Receipts(local, RUN)
    name = receipts.write(outputs)
    outputs[1][1].path.write_bytes(b"cut")
    outputs[2][1].drop()
    other = Path(local.key("d.pel"))
    other.write_bytes(b"of another")
    assert [row.place for row in receipts.settle(name)] == ["a.pel"]
    assert [local.find(f"{which}.pel") for which in "abcd"] == [6, None, None, 10]
    assert other.read_bytes() == b"of another"


@on_disk_and_s3
def test_what_a_worker_elsewhere_had_staged_is_lost(
    target: Target, receipts: Receipts, tmp_path: Path
) -> None:
    outputs = [output(target, place, tmp_path) for place in ("a.pel", "b.pel")]
    name = receipts.write(outputs)
    target.publish(outputs[0][1], force=False)
    outputs[1][1].drop()
    assert receipts.settle(name) == [outputs[0][0]]
    assert target.find("b.pel") is None


@on_disk_and_s3
def test_what_another_has_written_is_not_ours(
    target: Target, receipts: Receipts, tmp_path: Path
) -> None:
    receipts.write([output(target, "a.pel", tmp_path)])
    _, other = output(target, "a.pel", tmp_path, b"of another")
    target.publish(other, force=False)
    assert receipts.ours("a.pel") is None


@on_disk_and_s3
def test_those_of_other_runs_are_left_alone(
    target: Target, receipts: Receipts, tmp_path: Path
) -> None:
    mine = receipts.write([output(target, "a.pel", tmp_path)])
    theirs = Receipts(target, f"{RUN}2").write([output(target, "b.pel", tmp_path)])
    assert receipts.left() == [mine]
    target.sweep()
    assert set(target.own(RECEIPTS)) == {mine, theirs}


def test_what_is_no_json_is_told_as_text(local: Target, tmp_path: Path) -> None:
    row, staged = output(local, "a.pel", tmp_path)
    row = replace(row, made=Made({"path": Path("x")}))
    receipts = Receipts(local, RUN)
    (found,) = receipts.settle(receipts.write([(row, staged)]))
    assert found.made.fields == {"path": "x"}


def told(**more: Any) -> list[dict[str, Any]]:
    """A receipt of a file that is there, but for what is different."""
    kept = asdict(Row("u", State.DONE, "a.pel", 1, "0", 6, sha256(DATA).hexdigest()))
    return [{"row": kept | more, "staged": "x"}]


HOSTILE: list[object] = [
    b"",
    b"[",
    b"\xff",
    b"[" * 100_000,
    json.dumps(told()).encode()[:-9],
    None,
    5,
    {},
    {"row": 1},
    [1],
    [{}],
    [[]],
    [{"row": 5, "staged": "x"}],
    told(place=5),
    told(place=None),
    told(url=["u"]),
    told(size="1"),
    told(written=1.5),
    told(seconds="long"),
    told(state=0),
    told(state=99),
    told(state="DONE"),
    told(written_sha256=""),
    told(made=None),
    told(made={"remarks": 5}),
    told(made={"fields": 5, "remarks": [], "damaged": False, "kept": ""}),
    told(made={"fields": {}, "remarks": [5], "damaged": False, "kept": ""}),
    told(more=1),
    told(place=""),
    told(place="../outside"),
    told(place="b/../../outside"),
    told(place=f"{OWN}/inside"),
    told(place="a\0b"),
]


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda one: str(one)[:60])
def test_what_is_no_receipt_says_nothing(hostile: object, local: Target, tmp_path: Path) -> None:
    receipts = Receipts(local, RUN)
    for path in (tmp_path / "outside", Path(local.key("a.pel")), Path(local.key(f"{OWN}/inside"))):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(DATA)
    assert len(receipts.settle(keep(local, told()))) == 1
    name = keep(local, hostile)
    assert receipts.settle(name) == []
    assert receipts.ours("a.pel") is None
    receipts.drop([name])
    assert receipts.left() == []


@pytest.mark.parametrize("staged", ["../../outside", "/etc/passwd", "..", "", "a\0b", "x" * 300])
def test_what_is_staged_is_only_what_lies_there(staged: str, local: Target, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(DATA)
    receipts = Receipts(local, RUN)
    receipt = told()
    receipt[0]["staged"] = staged
    local.check()
    assert receipts.settle(keep(local, receipt)) == []
    assert outside.read_bytes() == DATA
    assert local.find("a.pel") is None


def test_a_huge_one_and_a_folder_say_nothing(local: Target) -> None:
    receipts = Receipts(local, RUN)
    name = keep(local, told())
    os.truncate(local.key(name), MOST_READ + 1)
    Path(local.key(f"{RECEIPTS}/{RUN}-1.json")).mkdir()
    assert len(receipts.left()) == 2
    for one in receipts.left():
        assert receipts.settle(one) == []


def kill_some(target: Target, deaths: int) -> None:
    """Processes that publish, each killed at some moment; what they had said stays."""
    draw, said = random.Random(1), set[str]()
    for seed in range(deaths):
        lines, seconds = draw.randrange(1, OUTPUTS // deaths), draw.uniform(0, 0.02)
        begun, *more = kill_after(lines, seconds, TESTS / "publishing.py", target.url, seed)
        assert begun == "begun"
        said |= set(more)
        assert said <= whole(target)
    assert said


def whole(target: Target) -> set[str]:
    """The outputs that are there, each of which is whole."""
    found = set()
    for path in Path(target.url).glob("[0-9]/*"):
        place = path.relative_to(target.url).as_posix()
        assert path.read_bytes() == data_of(place), place
        found.add(place)
    return found


@pytest.mark.parametrize("deaths", [10, pytest.param(50, marks=pytest.mark.slow)])
def test_whatever_is_killed_is_whole_and_known(deaths: int, local: Target) -> None:
    kill_some(local, deaths)
    receipts, rows = Receipts(local, RUN), list[Row]()
    for name in receipts.left():
        rows += receipts.settle(name)
        receipts.drop([name])
    places = {row.place for row in rows}
    # a picture that was cut off, and done again, has two receipts, of the same bytes
    assert len({(row.place, row.written_sha256) for row in rows}) == len(places)
    assert places == whole(local)  # nothing is there of which nobody knows
    assert places <= {place_of(number) for number in range(OUTPUTS)}
    local.sweep()
    assert not Path(local.key(OWN)).exists()
    assert not list(Path(local.url).rglob(".*"))
    assert local.own(STAGED) == []
