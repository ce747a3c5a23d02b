"""Reading ahead: batches are made in a thread of their own while the last ones are in use."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, TypeVar, cast

T = TypeVar("T")
S = TypeVar("S")
_END: Final = object()


def in_order(make: Callable[[S], T], parts: Iterable[S], ahead: int,
             threads: int = 1) -> Generator[T, None, None]:
    """Yield ``make(part)`` for each part, in order.

    Args:
        make: what is done to each part, by default in one thread: a file that it reads has one
            reader.
        parts: taken one by one, as they are needed.
        ahead: how many results may wait; 0 makes each when it is asked for.
        threads: in how many threads.

    If the next part cannot be had, those that were taken are finished first; what the consumer no
    longer wants, or what comes behind a failure, is dropped.
    """
    if not ahead:
        yield from map(make, parts)
        return
    waiting: deque[Future[T]] = deque()
    drops = True
    with ThreadPoolExecutor(max_workers=threads) as thread:
        try:
            source = iter(parts)
            while True:
                drops = False
                part = next(source, _END)
                drops = True
                if part is _END:
                    break
                waiting.append(thread.submit(make, cast(S, part)))
                if len(waiting) > ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            thread.shutdown(cancel_futures=drops)
