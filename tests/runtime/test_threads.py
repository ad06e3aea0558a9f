"""One thread for the matrix library, whoever asks for it and whoever ends it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from pellucid.runtime.threads import ONE_THREAD, matrix_library, take_over


def threads_now() -> list[int]:
    return [one["num_threads"] for one in matrix_library().info() if one["user_api"] == "blas"]


@pytest.fixture
def two():
    """The matrix library has two threads while a test lasts."""
    np.eye(3) @ np.eye(3)
    if not threads_now():
        pytest.skip("no matrix library whose threads can be told")
    take_over()
    limit = matrix_library().limit(limits=2, user_api="blas")
    if threads_now() != [2] * len(threads_now()):
        limit.restore_original_limits()
        pytest.skip("this matrix library has one thread")
    yield
    take_over()
    limit.restore_original_limits()


def test_in_another_thread_after_the_main_thread(two):
    with ONE_THREAD:
        assert set(threads_now()) == {1}
    assert set(threads_now()) == {2}

    def inside() -> set[int]:
        with ONE_THREAD:
            return set(threads_now())

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(inside).result() == {1}
    assert set(threads_now()) == {2}


def test_begun_in_one_thread_and_ended_in_another(two):
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as other:
        one.submit(ONE_THREAD.__enter__).result()
        other.submit(ONE_THREAD.__enter__).result()
        one.submit(ONE_THREAD.__exit__, None, None, None).result()
        assert set(threads_now()) == {1}
        other.submit(ONE_THREAD.__exit__, None, None, None).result()
        assert set(threads_now()) == {2}
