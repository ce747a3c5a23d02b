"""Where the time of a run goes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

S = TypeVar("S")
T = TypeVar("T")


@dataclass
class Clock:
    """Seconds by stage; stages run beside each other, so that they may add up to more than all.

    Attributes:
        seconds: by stage, such as ``load``, ``compute`` and ``write``.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    _counting: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def timed(self, stage: str, work: Callable[[S], T]) -> Callable[[S], T]:
        """Return ``work``, whose time is counted, in whatever thread it is done."""
        self.seconds.setdefault(stage, 0.0)

        def counted(part: S) -> T:
            start = time.perf_counter()
            try:
                return work(part)
            finally:
                with self._counting:
                    self.seconds[stage] += time.perf_counter() - start

        return counted
