"""How often, and after what time, a failed request is made again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

ADVANCE: Final = 1 << 20
"""Bytes; a try that brings as many is no failure, so that a shaky line may finish a large file."""


@dataclass(frozen=True)
class Retry:
    """Waits of 1, 2, 4, 8 … seconds, each up to half as long again so that clients spread out.

    Attributes:
        tries: how often a request is made at most, without any advance.
        first: seconds of the first wait.
        longest: seconds that one wait may last, also if the server asks for more.
        timeout: seconds without a byte after which a connection is given up.
        sleep: waits; replaced in tests.
    """

    tries: int = 5
    first: float = 1.0
    longest: float = 120.0
    timeout: float = 30.0
    sleep: Callable[[float], None] = time.sleep

    def wait(self, tried: int, asked: float | None) -> float | None:
        """Return the seconds before the next try, or None if there is to be none.

        Args:
            tried: the tries so far.
            asked: what the server asked for (``Retry-After``), which it gets in full.
        """
        if tried >= self.tries or (asked or 0) > self.longest:
            return None
        if asked is not None:
            return asked
        spread = random.uniform(1, 1.5)  # noqa: S311 - no secret
        return min(self.first * 2.0 ** (tried - 1) * spread, self.longest)
