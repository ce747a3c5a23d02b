"""What a run did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from dlgenomics.predict.network import Comparison


@dataclass(frozen=True)
class Summary:
    """What a run did.

    Attributes:
        rows: that were predicted or taken from finished shards.
        shards: of the rows; None where nothing is kept, as on standard output.
        resumed: shards that were there already.
        batch_size: rows that went through the network at once.
        halved: the rows that a batch had at the end, where memory was short; else None. The last
            digits of such a run may differ.
        skipped: malformed records that were left out.
        seconds: by stage; stages run beside each other.
        engine: what ran the network; None: code of the model's authors.
        comparison: of that engine with TensorFlow when it was opened; None: it is TensorFlow, or
            there was none to compare with.
    """

    rows: int
    shards: int | None
    resumed: int
    batch_size: int
    halved: int | None = None
    skipped: int = 0
    seconds: Mapping[str, float] = field(default_factory=dict)
    engine: str | None = None
    comparison: Comparison | None = None

    def to_data(self) -> dict[str, Any]:
        """Return it as plain data, seconds to the millisecond."""
        return {**asdict(self), "seconds": {k: round(v, 3) for k, v in self.seconds.items()}}
