"""A model of Kipoi → an imported model: its files fetched, its network read, its facts kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from dlgenomics.data.encoding import ALPHABET
from dlgenomics.data.layout import Layout
from dlgenomics.errors import FetchError
from dlgenomics.progress import Progress, silent
from dlgenomics_zoo.fetch import Confirm, fetch_files
from dlgenomics_zoo.fetch import RemoteFile as Fetchable
from dlgenomics_zoo.fetch.consent import within_limit
from dlgenomics_zoo.formats.keras_network import LegacyNetwork
from dlgenomics_zoo.formats.keras_spec import network_document
from dlgenomics_zoo.formats.torch_checkpoint import read_torch
from dlgenomics_zoo.imports import around
from dlgenomics_zoo.imports.dna import read_dna
from dlgenomics_zoo.imports.imported import Imported
from dlgenomics_zoo.imports.networks import (
    document_spec,
    file_hashes,
    port_document,
    read_network,
)
from dlgenomics_zoo.kipoi.descriptor import Descriptor, RemoteFile
from dlgenomics_zoo.kipoi.files import fetchable, local_path
from dlgenomics_zoo.kipoi.index import kipoi_index
from dlgenomics_zoo.kipoi.standing import (
    GONE,
    NATIVE,
    TRUST,
    NotNativeError,
    about,
    around_of,
    standing_of,
)
from dlgenomics_zoo.ports import port_weights, read_port
from dlgenomics_zoo.sources.pypi import wheel_file_at
from dlgenomics_zoo.sources.wheel_models import wheel_models

_PORT: Final = "port-"
_KERAS_MODEL: Final = "kipoi.model.KerasModel"
_TARGET: Final = re.compile(r"[^0-9A-Za-z_]+")


def import_kipoi(descriptor: Descriptor, *, length: int | None = None, loader: str = "",
                 confirm: Confirm = within_limit, progress: Progress = silent) -> Imported:
    """Fetch a model's files and read its network.

    Args:
        descriptor: what the catalogue knows of it.
        length: bases of its input, for a network that takes sequences of any length.
        loader: how its files are read, such as ``keras-json`` or ``port-basset``; default: by rule.
        confirm: asked before a download.
        progress: told of it.

    Raises:
        NotNativeError: it cannot be read here; the message says why and what can be done.
        FetchError: a file cannot be had.
        DlgError: its files are not what they should be, or a length is needed.
    """
    loader = loader or _loader(descriptor)
    if each := around_of(descriptor).get("each"):
        return _joined(descriptor, each, length, confirm, progress)
    before = _model_before(descriptor)
    paths = fetched_files(descriptor, confirm, progress)
    first = fetched_files(before, confirm, progress) if before else {}
    origin = {"source": _place(descriptor), "model": descriptor.name,
              "files": file_hashes([*first.values(), *paths.values()]),
              "urls": [file.url for one in (before, descriptor) if one for file in one.files]}
    if loader.startswith(_PORT):
        return _ported(descriptor, loader.removeprefix(_PORT), paths["weights"], origin)
    network = _with_around(descriptor, _read(descriptor, paths, length))
    if before:
        network = around.joined(_read(before, first, length), network)
    return _keras(descriptor, network, origin)


def _joined(descriptor: Descriptor, each: Mapping[str, Any], length: int | None, confirm: Confirm,
            progress: Progress) -> Imported:
    """Return one network of the networks of several models, which the labels name."""
    networks: dict[str, LegacyNetwork] = {}
    hashes: dict[str, str] = {}
    urls: list[str] = []
    for label in _labels(descriptor):
        one = kipoi_index().models[each["of"].format(label)]
        paths = fetched_files(one, confirm, progress)
        networks[label] = _read(one, paths, length)
        hashes |= {f"{label}/{name}": digest
                   for name, digest in file_hashes([*paths.values()]).items()}
        urls += [file.url for file in one.files]
    origin = {"source": _place(descriptor), "model": descriptor.name, "files": hashes, "urls": urls}
    return _keras(descriptor, around.beside(networks, each["output"]), origin)


def _model_before(descriptor: Descriptor) -> Descriptor | None:
    """Return the model whose predictions a model's network reads, if there is one."""
    name = around_of(descriptor).get("after")
    return kipoi_index().models[name] if name else None


def _with_around(descriptor: Descriptor, network: LegacyNetwork) -> LegacyNetwork:
    """Return a network with what its class does around it."""
    said = around_of(descriptor)
    if "constants" in said:
        network = around.with_constants(
            network, {int(number): value for number, value in said["constants"].items()})
    if "neutral" in said:
        network = around.with_neutral(network, said["neutral"])
    if "profiles" in said:
        network = around.with_profiles(network, said["profiles"])
    if "outputs" in said:
        network = around.with_outputs(network, said["outputs"])
    if "split" in said:
        network = around.with_split(network, said["split"])
    if "scale" in said:
        network = around.with_scale(network, *(descriptor.arguments[one] for one in said["scale"]))
    return network


def _loader(descriptor: Descriptor) -> str:
    """Return how a model's files are read.

    A Keras model that names Python code of its own is read if all its layers are known here: the
    code is not needed then.
    """
    standing = standing_of(descriptor)
    if standing.loader and standing.status in (NATIVE, GONE):
        return standing.loader
    if standing.status == TRUST and descriptor.defined_as == _KERAS_MODEL:
        return "keras"
    raise NotNativeError(descriptor.name, standing.status, standing.reason, standing.todo)


def fetched_files(descriptor: Descriptor, confirm: Confirm = within_limit,
                  progress: Progress = silent) -> dict[str, Path]:
    """Return the model's files by role; those that lie beside a local descriptor stay there.

    Raises:
        NotNativeError: one is gone from its host and nowhere here.
        FetchError: one cannot be had.
    """
    here = {file.role: path for file in descriptor.files if (path := local_path(file))}
    away = [file for file in descriptor.files if file.role not in here]
    try:
        found = fetch_files([_fetchable(file, descriptor.license) for file in away],
                            confirm=confirm, progress=progress)
    except FetchError as error:
        standing = standing_of(descriptor)
        if standing.status != GONE:
            raise
        raise NotNativeError(descriptor.name, GONE, standing.reason,
                             f"{standing.todo} {error}") from error
    return {**here, **{file.role: path for file, path in zip(away, found, strict=True)}}


def _fetchable(file: RemoteFile, licence: str) -> Fetchable:
    """Return a file to fetch; of one in a wheel, size and other places are known."""
    return wheel_file_at(file.url) or fetchable(file, licence)


def _ported(descriptor: Descriptor, name: str, path: Path, origin: Mapping[str, Any]) -> Imported:
    port = read_port(name)
    checkpoint = read_torch(path)
    document = port_document(port, _labels(descriptor))
    facts = {key: value for key, value in _facts_data(descriptor).items()
             if key in ("cite", "license")}
    spec = document_spec({**document, **facts, "name": _name(descriptor)}, descriptor.name)
    return Imported(spec, port_weights(port, checkpoint), checkpoint.notes, origin)


def _keras(descriptor: Descriptor, network: LegacyNetwork,
           origin: Mapping[str, Any]) -> Imported:
    document = network_document(network, _name(descriptor))
    document = _with_dna(descriptor, document)
    document = _with_labels(document, _labels(descriptor))
    document = {**document, **_facts_data(descriptor)}
    return Imported(document_spec(document, descriptor.name), network.weights, network.notes,
                    {**origin, "keras_version": network.keras_version or "not said"})


def _read(descriptor: Descriptor, paths: Mapping[str, Path], length: int | None) -> LegacyNetwork:
    whole = paths.get("weights") or next(iter(paths.values()))
    path, weights = (paths["arch"], whole) if "arch" in paths else (whole, None)
    return read_network(path, weights, length or _own_length(descriptor), descriptor.name)


def _own_length(descriptor: Descriptor) -> int | None:
    length = descriptor.dataloader.default_args.get("auto_resize_len")
    return length if isinstance(length, int) else None


def _with_dna(descriptor: Descriptor, document: dict[str, Any]) -> dict[str, Any]:
    """Let the only input read DNA, where Kipoi feeds it one-hot DNA in some layout."""
    layout = kipoi_layout(descriptor)
    inputs = document["data"]["inputs"]
    if layout is None or len(inputs) != 1:
        return document
    (name, one), = inputs.items()
    shape = tuple(one["shape"])
    if not layout.fits(shape) or layout.alphabet != ALPHABET:
        return document
    center = _own_length(descriptor) is not None
    n = "zeros" if descriptor.dataloader.default_args.get("neutral_value") == 0 else "quarter_n"
    return read_dna(document, name, layout, shape[layout.axes.index("length")], center=center, n=n)


def kipoi_layout(descriptor: Descriptor) -> Layout | None:
    """Return the layout in which kipoiseq feeds a model one-hot DNA, or None if it does not."""
    loader = descriptor.dataloader
    if loader.own or not loader.defined_as.endswith(".SeqIntervalDl"):
        return None
    arguments = loader.default_args
    axis, dummy = arguments.get("alphabet_axis", 1), arguments.get("dummy_axis")
    alphabet = arguments.get("alphabet", ALPHABET)
    return Layout(axis, dummy, alphabet if isinstance(alphabet, str) else "".join(alphabet))


def _labels(descriptor: Descriptor) -> list[str]:
    """Return the names of the output columns, where there is one array of them."""
    arrays = descriptor.targets.arrays
    return list(arrays[0].labels) if len(arrays) == 1 else []


def _with_labels(document: dict[str, Any], labels: list[str]) -> dict[str, Any]:
    """Name the columns of the only target, if the names are as many and differ."""
    targets = document["data"]["targets"]
    if len(targets) != 1 or len(set(labels)) != len(labels):
        return document
    (name, target), = targets.items()
    if len(labels) != target["shape"][-1]:
        return document
    data = {**document["data"], "targets": {name: {**target, "columns": labels}}}
    return {**document, "data": data}


def _place(descriptor: Descriptor) -> str:
    """Return in words where a model comes from."""
    if kipoi_index().models.get(descriptor.name) is descriptor:
        return "Kipoi's model zoo"
    if wheel_models().get(descriptor.name) is descriptor:
        return "a wheel of the package index"
    return "a source in Kipoi's form"


def _name(descriptor: Descriptor) -> str:
    return re.sub(r"[^A-Za-z0-9._/-]", "_", descriptor.name)


def _facts_data(descriptor: Descriptor) -> dict[str, Any]:
    """Return what the descriptor says of the model, as a spec's head has it."""
    doc = f"Imported from {_place(descriptor)}: {descriptor.name}."
    authors = [{"name": p.name, **({"github": p.github} if p.github else {})}
               for p in descriptor.authors if p.name]
    return {
        "description": about(descriptor),
        **({"cite": descriptor.cite} if descriptor.cite else {}),
        **({"license": descriptor.license} if descriptor.license else {}),
        "info": {"authors": authors, "tags": list(descriptor.tags), "doc": doc,
                 **({"trained_on": descriptor.trained_on} if descriptor.trained_on else {})},
    }
