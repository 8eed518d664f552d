"""Leader-follower group commit: concurrent callers join one piece of work.

A caller puts its item on the pending list. Whoever finds a leader's seat free becomes leader, takes what is
pending (at most ``largest``) and runs the group; the others wait for their ticket and hold nothing meanwhile.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")
Early = Callable[[int, Exception], None]


class _Ticket(Generic[T, R]):
    __slots__ = ("error", "item", "lead", "result", "woken")

    def __init__(self, item: T) -> None:
        self.item = item
        self.woken = threading.Lock()
        self.woken.acquire()
        self.lead = False
        self.result: R | None = None
        self.error: BaseException | None = None

    def wake(self) -> None:
        self.woken.release()


class GroupCommit(Generic[T, R]):
    """Joins concurrent calls of :meth:`do` into groups.

    ``run`` gets the items of a group and answers one result or exception an item, in order. What is final before the
    group is done it may say at once to ``early`` (place in the group, error): that caller waits no longer. If ``run``
    itself raises, every other caller of the group gets that error.
    """

    def __init__(
        self,
        run: Callable[[Sequence[T], Early], Sequence[R | Exception]],
        *,
        leaders: int,
        largest: int,
    ) -> None:
        self._run = run
        self._seats = leaders
        self._largest = largest
        self._pending: deque[_Ticket[T, R]] = deque()
        self._mutex = threading.Lock()

    def do(self, item: T) -> R:
        """Run ``item`` in some group and return its result, or raise its error."""
        ticket: _Ticket[T, R] = _Ticket(item)
        with self._mutex:
            if self._seats:
                self._seats -= 1
                group = [ticket]
                self._fill(group)
            else:
                self._pending.append(ticket)
                group = []
        if not group:
            ticket.woken.acquire()
            if ticket.lead:
                with self._mutex:
                    group = [ticket]
                    self._fill(group)
        if group:
            try:
                self._lead(group)
            finally:
                self._pass_on()
        if ticket.error is not None:
            raise ticket.error
        return ticket.result  # type: ignore[return-value]  # a ticket without error carries a result

    def _fill(self, group: list[_Ticket[T, R]]) -> None:
        while self._pending and len(group) < self._largest:
            group.append(self._pending.popleft())

    def _lead(self, group: list[_Ticket[T, R]]) -> None:
        # The leader itself stays to the end, whatever its own answer.
        waiting = dict(enumerate(group[1:], 1))

        def early(place: int, error: Exception) -> None:
            if (ticket := waiting.pop(place, None)) is not None:
                ticket.error = error
                ticket.wake()

        try:
            results = self._run([t.item for t in group], early)
            if len(results) != len(group):
                raise RuntimeError(f"{len(results)} results for {len(group)} items")
        except BaseException as error:
            for ticket in (group[0], *waiting.values()):
                ticket.error = error
            if not isinstance(error, Exception):
                raise
        else:
            for place, ticket in ((0, group[0]), *waiting.items()):
                result = results[place]
                if isinstance(result, Exception):
                    ticket.error = result
                else:
                    ticket.result = result
        finally:
            for ticket in waiting.values():
                ticket.wake()

    def _pass_on(self) -> None:
        # The seat goes straight to the oldest waiting caller, so a leader never works for later arrivals
        # longer than one group and a latecomer cannot overtake.
        with self._mutex:
            if self._pending:
                heir = self._pending.popleft()
                heir.lead = True
            else:
                self._seats += 1
                return
        heir.wake()
