"""Where a model of the Hub came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dlgenomics.predict.model import SourceRecord


@dataclass(frozen=True)
class HubRecord(SourceRecord):
    """A model's place on the Hub; ``location`` is the folder of its files here.

    Attributes:
        repository: ``org/name``.
        commit: 40 hexadecimal digits.
        route: how it was opened.
        files: what was fetched: path → SHA-256, or of small files what git calls their content.
    """

    repository: str = ""
    commit: str = ""
    route: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
