"""What a user asks a pipeline for, and the plan and flow that this makes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from dlgenomics.data.features import Signal
from dlgenomics.data.tracks import TrackBank
from dlgenomics.predict.computation import Computation, Wanted, computation_of
from dlgenomics.predict.devices import device_kind
from dlgenomics.predict.flow import READ_AHEAD, Flow
from dlgenomics.predict.loaders.loader import Loader
from dlgenomics.predict.memory import automatic_batch_size
from dlgenomics.predict.network import Network
from dlgenomics.predict.parts.fingerprint import describe_inputs
from dlgenomics.predict.parts.plan import Piece, Plan, rows_in_shard, shard_rows

_SOFTWARE: Final = ("dlgenomics", "keras", "tensorflow", "numpy")
_FLOAT32: Final = 4


@dataclass(frozen=True)
class Order:
    """What is asked for; plain data.

    Attributes:
        wanted: what is computed.
        keep_inputs: write inputs and targets too.
        keep_metadata: write the metadata too.
        batch_size: rows at a time; None chooses by the network's size and ``DLG_MEMORY``.
        ahead: batches that are read before they are needed, as many at least as are computed at
            once; 0 reads and computes in turn.
        places: read the windows' places, which some formats need; see `needs_places`.
    """

    wanted: Wanted = field(default_factory=Wanted)
    keep_inputs: bool = False
    keep_metadata: bool = False
    batch_size: int | None = None
    ahead: int = READ_AHEAD
    places: bool = True

    @property
    def keeps(self) -> tuple[str, ...]:
        """The parts of the loader's batches that are written."""
        return (*(("inputs", "targets") if self.keep_inputs else ()),
                *(("metadata",) if self.keep_metadata else ()))

    def batch(self, network: Network, rows: int) -> int:
        """Return the rows of a batch; no more than there are."""
        size = automatic_batch_size(network.spec) if self.batch_size is None else self.batch_size
        return max(1, min(size, rows))


def flow_for(loader: Loader, order: Order, batch_size: int, computation: Computation, *,
             writes: bool = True) -> Flow:
    """Return how the rows of a loader become results.

    Args:
        loader: where the rows come from.
        order: what is asked for.
        batch_size: rows at a time.
        computation: what is computed.
        writes: whether results go to a file, with records and perhaps places.
    """
    written = ("records", *(("metadata",) if order.places else ())) if writes else ()
    return Flow(loader, computation.run, computation.naming, batch_size,
                takes=frozenset((*written, *order.keeps)), keeps=order.keeps,
                ahead=max(order.ahead, computation.threads) if order.ahead else 0,
                threads=computation.threads, row_bytes=computation.row_bytes)


def plan_for(network: Network, loader: Loader, order: Order, arguments: Mapping[str, Any],
             piece: Piece | None, computation: Computation) -> Plan:
    """Return the plan of a run.

    Args:
        network: what predicts.
        loader: where the rows come from.
        order: what is asked for.
        arguments: of the dataloader; files among them are part of the plan, as are those of
            signal that the spec names.
        piece: the run is made in that many pieces.
        computation: what is computed.
    """
    rows, wanted = len(loader), order.wanted
    batch_size = file_batch(network, order, computation, rows)
    options = {"layer": wanted.layer, "gradients": wanted.gradients, "engine": wanted.engine,
               "keep_inputs": order.keep_inputs, "keep_metadata": order.keep_metadata,
               "batch_size": order.batch_size, "device": device_kind()}
    return Plan(
        model={"name": network.spec.name, "sha256": network.sha256},
        inputs=_inputs(loader, arguments), options=options, versions=_versions(wanted.engine),
        rows=rows, batch_size=batch_size,
        shard_rows=shard_rows(rows, batch_size, _result_bytes(network, order, computation), piece),
        naming=computation.naming, lengths=dict(loader.contig_lengths))


def file_batch(network: Network, order: Order, computation: Computation, rows: int) -> int:
    """Return the rows of a batch whose results, a part of a shard, are kept until that is written.

    Args:
        network: what predicts.
        order: what is asked for.
        computation: what is computed.
        rows: of the run.
    """
    return min(order.batch(network, rows),
               rows_in_shard(_result_bytes(network, order, computation)))


def computation_for(network: Network, order: Order) -> Computation:
    """Return what is computed for each batch; see `computation_of`."""
    return computation_of(network, order.wanted)


def _inputs(loader: Loader, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is read: the arguments, and the files of signal, which the spec may name."""
    signal = {name: one.bank.paths for name, one in loader.others.items()
              if isinstance(one, Signal) and isinstance(one.bank, TrackBank)}
    return describe_inputs({**arguments, **({"tracks": signal} if signal else {})})


def _versions(engine: str) -> dict[str, str]:
    package = engine.partition("-")[0]
    return {name: _version(name) for name in dict.fromkeys((*_SOFTWARE, package))}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"


def _result_bytes(network: Network, order: Order, computation: Computation) -> int:
    """Return about how many bytes of results a row has."""
    inputs = network.data.inputs.values() if order.keep_inputs else ()
    return _FLOAT32 * (computation.row_numbers
                       + sum(math.prod(n or 1 for n in one.shape) for one in inputs))
