"""A port: the spec of a published network and how its arrays become the weights of the spec."""

from __future__ import annotations

import copy
import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from dlgenomics.data.layout import Layout
from dlgenomics.errors import DataError, did_you_mean
from dlgenomics.files import require_file
from dlgenomics.spec import parse_spec
from dlgenomics.spec.dump import dump_yaml
from dlgenomics.spec.types import Spec

FOLDER: Final = Path(__file__).resolve().parent
ALPHABET: Final = "ACGT"


@dataclass(frozen=True)
class Port:
    """One published network.

    Attributes:
        name: of the file, such as ``deepsea-predict``.
        models: the names that Kipoi knows it by; ``GROUP/*`` for all of a group.
        targets: how many outputs it has.
        layout: of one sequence as the source's users give it; None for a network that reads
            something else, which then has its own shape.
        ignore: patterns of arrays that hold no weights, such as ``*.num_batches_tracked``.
        weights: layer → which arrays it takes.
        document: the spec as plain data, without the names of its columns.
    """

    name: str
    models: tuple[str, ...]
    targets: int
    layout: Layout | None
    ignore: tuple[str, ...]
    weights: Mapping[str, Mapping[str, Any]]
    document: Mapping[str, Any]

    @property
    def length(self) -> int:
        """How many bases a sequence has, where the network reads one."""
        ((one),) = self.document["data"]["inputs"].values()
        return int(one["length"])

    @property
    def source_shape(self) -> tuple[int, ...]:
        """The shape of one example as the source's users give it, such as (4, 600, 1)."""
        ((one),) = self.document["data"]["inputs"].values()
        return tuple(one["shape"]) if self.layout is None else self.layout.shape(self.length)


def port_names() -> list[str]:
    """Return the names of all ports."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def read_port(name: str) -> Port:
    """Return a port by its own name, or one that you wrote, by the path of its ``.yaml`` file.

    Raises:
        DataError: there is none of that name, or the file is no port.
    """
    if name in port_names():
        return _read(FOLDER / f"{name}.yaml")
    if not name.endswith((".yaml", ".yml")):
        raise DataError(f"a port must be a YAML file or one of {', '.join(port_names())}. "
                        f"Received: {name!r}.{did_you_mean(name, port_names())}",
                        path=FOLDER / f"{name}.yaml")
    path = require_file(Path(name), "a port")
    try:
        return _read(path)
    except (KeyError, TypeError, ValueError, yaml.YAMLError) as error:
        raise DataError("a port must have models, targets, weights and a spec, and for DNA input "
                        f"(alphabet_axis, dummy_axis, alphabet). Received: {type(error).__name__}: "
                        f"{error}. Compare it with "
                        f"{FOLDER / 'basset.yaml'}.", path=path) from error


def _read(path: Path) -> Port:
    found = yaml.safe_load(path.read_text("utf-8"))
    layout = Layout(**found["input"]) if "input" in found else None
    return Port(path.stem, tuple(found["models"]), found["targets"], layout,
                tuple(found.get("ignore", ())), found["weights"], found["spec"])


def port_for(model: str) -> Port | None:
    """Return the port of a model by Kipoi's name, such as ``DeepSEA/predict``, or None."""
    return next((port for port in map(read_port, port_names())
                 if any(fnmatch.fnmatchcase(model, known) for known in port.models)), None)


def port_spec(port: Port, columns: Sequence[str] = ()) -> Spec:
    """Return the spec of a port.

    Args:
        port: the network.
        columns: names of its outputs in order; those that stand twice get a number. Without them
            outputs have the names in the port, or are called ``target_1`` and so on.

    Raises:
        DataError: another number of names than the network has outputs.
    """
    document = copy.deepcopy(dict(port.document))
    (target,) = document["data"]["targets"].values()
    names = list(columns or target["columns"]) or [
        f"target_{i + 1}" for i in range(port.targets)]
    if len(names) != port.targets:
        raise DataError(f"{port.name} must have {port.targets:,} names of targets. "
                        f"Received: {len(names):,}. Use the labels of this very model.",
                        path=FOLDER / f"{port.name}.yaml")
    target["columns"] = _unique(names)
    return parse_spec(dump_yaml(document), f"{port.name}.yaml")


def _unique(names: Sequence[str]) -> list[str]:
    """Number what stands again: ``K562_CTCF`` becomes ``K562_CTCF_2``."""
    taken, found = set(names), []
    seen: dict[str, int] = {}
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        new = name if seen[name] == 1 else f"{name}_{seen[name]}"
        while seen[name] > 1 and new in taken:
            seen[name] += 1
            new = f"{name}_{seen[name]}"
        taken.add(new)
        found.append(new)
    return found
