"""Group commit: everybody gets their own answer, groups form under load, nobody waits for ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from trivet.lib.group_commit import Early, GroupCommit


def test_everyone_gets_their_own_answer_and_groups_form() -> None:
    sizes: list[int] = []

    def run(items: Sequence[int], early: Early) -> list[int]:
        sizes.append(len(items))
        time.sleep(0.002)
        return [item * 2 for item in items]

    commit: GroupCommit[int, int] = GroupCommit(run, leaders=2, largest=50)
    with ThreadPoolExecutor(32) as pool:
        assert list(pool.map(commit.do, range(500))) == [n * 2 for n in range(500)]
    assert sum(sizes) == 500
    assert max(sizes) > 1
    assert max(sizes) <= 50


def test_an_item_may_fail_alone() -> None:
    def run(items: Sequence[int], early: Early) -> list[int | Exception]:
        return [ValueError(str(i)) if i % 2 else i for i in items]

    commit: GroupCommit[int, int] = GroupCommit(run, leaders=1, largest=10)
    assert commit.do(2) == 2
    with pytest.raises(ValueError, match="3"):
        commit.do(3)


def test_who_is_told_early_does_not_wait_for_the_rest() -> None:
    told, first = threading.Event(), threading.Event()
    answers: dict[int, str] = {}

    def run(items: Sequence[int], early: Early) -> list[int | Exception]:
        if items == [0]:
            assert first.wait(10)
            return list(items)
        for place, item in enumerate(items):
            if item % 2:
                early(place, ValueError(str(item)))
        assert told.wait(10)  # somebody of this group has their answer before the group is done
        return [ValueError("late") if item % 2 else item for item in items]

    commit: GroupCommit[int, int] = GroupCommit(run, leaders=1, largest=10)

    def one(n: int) -> None:
        try:
            answers[n] = str(commit.do(n))
        except ValueError as error:
            answers[n] = f"refused {error}"
            told.set()

    leader = threading.Thread(target=one, args=[0])
    leader.start()
    others = [threading.Thread(target=one, args=[n]) for n in (2, 3, 4, 5)]
    for n, thread in enumerate(others, 1):
        thread.start()
        while len(commit._pending) < n:
            time.sleep(0.001)
    first.set()
    for thread in (leader, *others):
        thread.join(10)
    assert answers == {0: "0", 2: "2", 3: "refused 3", 4: "4", 5: "refused 5"}


def test_a_failed_group_tells_everyone_and_frees_the_seat() -> None:
    calls = 0

    def run(items: Sequence[int], early: Early) -> list[int]:
        nonlocal calls
        calls += 1
        time.sleep(0.005)
        if calls <= 2:
            raise RuntimeError("down")
        return list(items)

    commit: GroupCommit[int, int] = GroupCommit(run, leaders=1, largest=100)
    errors: list[Exception] = []

    def one(n: int) -> None:
        try:
            commit.do(n)
        except RuntimeError as error:
            errors.append(error)

    threads = [threading.Thread(target=one, args=(n,)) for n in range(20)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(5)
    assert not any(t.is_alive() for t in threads)
    assert errors
    assert commit.do(7) == 7


def test_never_more_leaders_than_seats() -> None:
    at_once = most = 0
    guard = threading.Lock()

    def run(items: Sequence[int], early: Early) -> list[int]:
        nonlocal at_once, most
        with guard:
            at_once += 1
            most = max(most, at_once)
        time.sleep(0.001)
        with guard:
            at_once -= 1
        return list(items)

    commit: GroupCommit[int, int] = GroupCommit(run, leaders=3, largest=4)
    with ThreadPoolExecutor(40) as pool:
        list(pool.map(commit.do, range(400)))
    assert most <= 3


def test_a_wrong_number_of_results_is_an_error() -> None:
    commit: GroupCommit[int, int] = GroupCommit(lambda items, early: [], leaders=1, largest=4)
    with pytest.raises(RuntimeError, match="0 results for 1"):
        commit.do(1)
