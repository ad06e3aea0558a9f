"""A large picture by several workers: the same file as by one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import fsspec
import numpy as np
import pytest
from PIL import Image

import pellucid
from pellucid.cli._verbs import verb_to_compress
from pellucid.errors import InputError, MismatchError
from pellucid.scale import large
from pellucid.scale.dispatch import Dispatch
from pellucid.scale.group import Large, Request
from pellucid.scale.items import InPieces, Item, Made, State, Verb
from pellucid.scale.large import code_large, join_large, plan_large
from pellucid.scale.manifest.manifest import Manifest
from pellucid.scale.options import BatchOptions
from pellucid.scale.outputs.target import Target
from pellucid.scale.run import run_batch
from pellucid.scale.task import do_group

WANTED = {"model": None, "lossless": True, "tile": 64}


@pytest.fixture
def picture(tmp_path: Path) -> Item:
    samples = np.random.default_rng(1).integers(0, 40, (150, 210, 3), np.uint8)
    np.save(tmp_path / "a.npy", samples)
    return Item(str(tmp_path / "a.npy"), "sub/a.npy")


@pytest.fixture
def request_(tmp_path: Path) -> Request:
    return Request("run", verb_to_compress("", **WANTED), Target(str(tmp_path / "target")))


def whole(item: Item, folder: Path) -> bytes:
    out = folder / "whole.pel"
    pellucid.compress_to(item.url, out, pellucid.CompressOptions(**WANTED))
    return out.read_bytes()


def test_pieces_make_the_same_file(picture: Item, request_: Request, tmp_path: Path) -> None:
    planned = plan_large(request_, picture, 3)
    assert planned is not None
    assert planned.plan.pieces == 3
    pieces = [code_large(picture, planned, number) for number in range(5)]
    assert pieces[3:] == [None, None]
    (row,) = join_large(request_, picture, planned, pieces).rows
    assert row.state is State.DONE
    assert row.place == "sub/a.npy.pel"
    assert row.made.fields["max_error"] == 0
    assert row.seconds >= planned.seconds
    assert row.size == Path(picture.url).stat().st_size
    made = tmp_path / "target" / row.place
    assert made.read_bytes() == whole(picture, tmp_path)
    assert row.written == made.stat().st_size


def test_without_a_plan_it_is_made_whole(picture: Item, tmp_path: Path) -> None:
    verb = verb_to_compress("", model=None, bpp=4.0)
    request = Request("run", verb, Target(str(tmp_path / "target")))
    assert plan_large(request, picture, 3) is None
    (row,) = join_large(request, picture, None, [None]).rows
    assert row.state is State.DONE, row.message


def test_a_source_that_changes_is_refused(picture: Item, request_: Request) -> None:
    planned = plan_large(request_, picture, 2)
    data = bytearray(Path(picture.url).read_bytes())
    data[-1] ^= 1
    Path(picture.url).write_bytes(data)
    with pytest.raises(InputError, match="it changed while it was compressed"):
        code_large(picture, planned, 0)


def test_a_damaged_piece_is_a_row(picture: Item, request_: Request) -> None:
    planned = plan_large(request_, picture, 2)
    pieces = [code_large(picture, planned, number) for number in range(2)]
    assert pieces[1] is not None
    pieces[1] = replace(pieces[1], data=pieces[1].data[:-9])
    (row,) = join_large(request_, picture, planned, pieces).rows
    assert (row.state, row.error) == (State.FAILED, "DamagedFileError")


def test_what_is_said_of_one_names_the_source(request_: Request, tmp_path: Path) -> None:
    """As of any picture: of its copy by its URL; a second picture in its file is remarked on."""
    samples = np.random.default_rng(1).integers(0, 40, (150, 210, 3), np.uint8)
    first, second = (Image.fromarray(samples[..., order]) for order in ((0, 1, 2), (2, 1, 0)))
    first.save(tmp_path / "two.mpo", format="MPO", save_all=True, append_images=[second])
    fsspec.filesystem("memory").pipe_file("/two.mpo", (tmp_path / "two.mpo").read_bytes())
    item = Item("memory://two.mpo", "two.mpo")
    planned = plan_large(request_, item, 2)
    pieces = [code_large(item, planned, number) for number in range(2)]
    (row,) = join_large(request_, item, planned, pieces).rows
    said, *others = row.made.remarks
    assert said.startswith("memory://two.mpo holds 2 pictures")
    assert said not in others

    def refusing(source: Path, _target: Path, _made: object) -> Made:
        raise MismatchError(f"{source}: it isn't right")

    how = InPieces(request_.verb.pieces.options, refusing)
    request = replace(request_, run="2", force=True, verb=replace(request_.verb, pieces=how))
    (row,) = join_large(request, item, planned, pieces).rows
    assert row.message == "memory://two.mpo: it isn't right"


def test_tasks_of_one_ask_for_memory_and_may_be_sent_anew(
    picture: Item, request_: Request, tmp_path: Path
) -> None:
    """The last one makes all of it where there is no plan; so it needs what that takes."""
    crew = Mock(number=3, most=10**6)
    crew.needs = lambda memory: {"memory": memory}
    crew.client.submit.side_effect = lambda *_words, **_more: Mock(done=lambda: False)
    with Manifest.open(tmp_path / "m.sqlite", {}, resume=False) as manifest:
        found = Dispatch(crew, request_, manifest)
        found._send_large(Large(picture, 10**9))
        calls = crew.client.submit.call_args_list
        assert [call.args[0] for call in calls] == [plan_large, *[code_large] * 3, join_large]
        assert [call.kwargs["resources"]["memory"] // 10**8 for call in calls] == [14] * 4 + [44]
        found._send_anew()  # of the workers the one with most memory has left
    assert crew.client.submit.call_args.args[0] is do_group
    assert list(found._under_way.values()) == [(picture,)]


@pytest.mark.slow
def test_two_workers_share_one(tmp_path: Path) -> None:
    """Really large, so that workers know it as such."""
    samples = np.random.default_rng(2).integers(0, 255, (900, 1200, 3), np.uint8)
    samples = samples.repeat(11, 0).repeat(11, 1)
    np.save(tmp_path / "a.npy", samples)
    (tmp_path / "list.txt").write_text("a.npy")
    verb: Verb = verb_to_compress("", model="s", quality=20)
    options = BatchOptions(
        source=str(tmp_path / "list.txt"),
        target=str(tmp_path / "target"),
        manifest=tmp_path / "m.sqlite",
        workers=2,
    )
    assert samples.nbytes > large.FROM
    summary = run_batch(verb, options, lambda _counts, _n: None, pytest.fail)
    assert summary.counts.states[State.DONE] == 1
    out = tmp_path / "whole.pel"
    pellucid.compress_file(tmp_path / "a.npy", out, model="s", quality=20)
    assert (tmp_path / "target" / "a.npy.pel").read_bytes() == out.read_bytes()
