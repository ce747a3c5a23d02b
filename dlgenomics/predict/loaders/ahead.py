"""Reading ahead: batches are made in a thread of their own while the last ones are in use."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
S = TypeVar("S")


def in_order(make: Callable[[S], T], parts: Iterable[S], ahead: int,
             threads: int = 1) -> Iterator[T]:
    """Yield ``make(part)`` for each part, in order.

    Args:
        make: what is done to each part, by default in one thread: a file that it reads has one
            reader.
        parts: taken one by one, as they are needed.
        ahead: how many results may wait; 0 makes each when it is asked for.
        threads: in how many threads.
    """
    if not ahead:
        yield from map(make, parts)
        return
    waiting: deque[Future[T]] = deque()
    with ThreadPoolExecutor(max_workers=threads) as thread:
        try:
            for part in parts:
                waiting.append(thread.submit(make, part))
                if len(waiting) > ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            thread.shutdown(cancel_futures=True)
