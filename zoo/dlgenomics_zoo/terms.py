"""On what terms a model is fetched and opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dlgenomics.progress import Progress, silent
from dlgenomics_zoo.fetch import Confirm
from dlgenomics_zoo.fetch.consent import within_limit

Precision = Literal["float32", "bfloat16"]


@dataclass(frozen=True)
class Terms:
    """On what terms a model is fetched.

    Attributes:
        length: bases of the input, for a network that takes sequences of any length.
        confirm: asked before a download: bytes, licence and name. Default: yes up to
            ``DLG_MAX_DOWNLOAD``.
        progress: told of downloads.
        precision: of a language model's numbers; ``bfloat16`` takes half the memory.
        ignore_memory: whether a model of the Hub is fetched although it does not seem to fit.
    """

    length: int | None = None
    confirm: Confirm = within_limit
    progress: Progress = silent
    precision: Precision = "float32"
    ignore_memory: bool = False
