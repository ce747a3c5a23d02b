"""Threads that go on beside each other, until one must be by itself."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator


class Turns:
    """Lets many threads in at once, or one alone."""

    def __init__(self) -> None:
        self._change = threading.Condition()
        self._inside = 0
        self._has_one_alone = False

    @contextlib.contextmanager
    def beside_others(self) -> Iterator[None]:
        """Wait until nobody is alone, then go in."""
        with self._change:
            self._change.wait_for(lambda: not self._has_one_alone)
            self._inside += 1
        try:
            yield
        finally:
            with self._change:
                self._inside -= 1
                self._change.notify_all()

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Wait until all are out, then go in alone."""
        with self._change:
            self._change.wait_for(lambda: not self._inside and not self._has_one_alone)
            self._has_one_alone = True
        try:
            yield
        finally:
            with self._change:
                self._has_one_alone = False
                self._change.notify_all()
