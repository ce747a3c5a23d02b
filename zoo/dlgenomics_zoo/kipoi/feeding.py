"""The dataloader of a descriptor → our own loader: the same arguments, the same numbers.

What kipoiseq's SeqIntervalDl, StringSeqIntervalDl and AnchoredGTFDl do is done here without them.
Two things differ on purpose: an interval beyond its chromosome, for which kipoiseq silently gives a
shorter array, is refused, or filled up with N with the further argument ``pad``; and arguments that
are unknown or missing are refused.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from dlgenomics.errors import DataError, DlgError
from dlgenomics.predict.dataloader import Dataloader, LoaderArgument, check_arguments
from dlgenomics.predict.layout import bases_of
from dlgenomics.predict.loaders.loader import Loader
from dlgenomics.predict.schema import ArraySchema, LoaderSchema
from dlgenomics.spec.inputs import Input
from dlgenomics_zoo.kipoi.dataloader import LIBRARY
from dlgenomics_zoo.kipoi.descriptor import Descriptor
from dlgenomics_zoo.kipoi.feeding_arguments import (
    GENE_ARGUMENTS,
    SEQUENCE_ARGUMENTS,
    TEXT_ARGUMENTS,
    layout_of,
)
from dlgenomics_zoo.kipoi.feeding_example import example_arguments
from dlgenomics_zoo.kipoi.feeding_genes import open_genes
from dlgenomics_zoo.kipoi.feeding_intervals import open_sequences, open_texts
from dlgenomics_zoo.kipoi.feeding_windows import WindowLoader

_Open = Callable[[Mapping[str, Input], Mapping[str, Any]], WindowLoader]

_LOADERS: Final[Mapping[str, tuple[tuple[LoaderArgument, ...], _Open]]] = {
    "SeqIntervalDl": (SEQUENCE_ARGUMENTS, open_sequences),
    "StringSeqIntervalDl": (TEXT_ARGUMENTS, open_texts),
    "AnchoredGTFDl": (GENE_ARGUMENTS, open_genes),
}


def kipoi_dataloader(descriptor: Descriptor, inputs: Mapping[str, Input],
                     folder: Path | None = None) -> Dataloader:
    """Return the dataloader of a model of Kipoi, to be used as its dataloader classes are.

    Args:
        descriptor: what the catalogue knows of the model.
        inputs: those of the network that is fed; empty where batches are for other uses.
        folder: of the descriptor's source, where local example files are looked for.

    Raises:
        DlgError: its dataloader is code of its own, or its default arguments do not fit.
    """
    name, (arguments, opener) = _known(descriptor)
    arguments = _with_defaults(descriptor, name, arguments)

    def open_checked(given: Mapping[str, Any]) -> Loader:
        loader = opener(inputs, check_arguments(name, arguments, given))
        _check_lengths(name, loader)
        return loader

    return Dataloader(name, arguments, open_checked, _schema(name, arguments),
                      functools.partial(example_arguments, name, arguments,
                                        _own_folder(descriptor, folder)))


def open_kipoi_loader(descriptor: Descriptor, inputs: Mapping[str, Input],
                      **arguments: Any) -> Loader:
    """Return the loader of a model of Kipoi for some files.

    Args:
        descriptor: see `kipoi_dataloader`.
        inputs: see `kipoi_dataloader`.
        arguments: those of its dataloader in Kipoi, such as ``intervals_file`` and
            ``fasta_file``; the descriptor's ``default_args`` stand in for those not given.

    Raises:
        DlgError: an argument is unknown, missing or does not fit.
        DataError: a file is not what it must be.
    """
    return kipoi_dataloader(descriptor, inputs)(**arguments)


def _known(descriptor: Descriptor) -> tuple[str, tuple[tuple[LoaderArgument, ...], _Open]]:
    loader = descriptor.dataloader
    name = loader.defined_as.rpartition(".")[2]
    if not loader.defined_as.startswith(LIBRARY) or name not in _LOADERS:
        came = f"{loader.defined_as or 'none'}" + (f" of {loader.own}" if loader.own else "")
        raise DlgError(f"a dataloader of Kipoi must be kipoiseq's {', '.join(_LOADERS)} to be "
                       f"read here. Received: {came}. Make the model's inputs yourself and use "
                       "predict_on_batch, or run its own code with trust=True.")
    return name, _LOADERS[name]


def _with_defaults(descriptor: Descriptor, name: str,
                   arguments: tuple[LoaderArgument, ...]) -> tuple[LoaderArgument, ...]:
    """Return arguments with the defaults, examples and descriptions that a descriptor sets."""
    given = descriptor.dataloader.default_args
    check_arguments(name, [replace(one, required=False) for one in arguments], given)
    own = {one.name: one for one in descriptor.dataloader.arguments}
    found = []
    for one in arguments:
        stated = own.get(one.name)
        found.append(replace(
            one, doc=(stated and stated.doc) or one.doc,
            required=one.required and one.name not in given,
            default=given.get(one.name, one.default),
            example=one.example if stated is None or stated.example is None else stated.example))
    return tuple(found)


def _check_lengths(name: str, loader: WindowLoader) -> None:
    """Refuse windows of another length than the network takes, before any is read."""
    if loader.layout is None or len(loader.inputs) != 1:
        return
    (one,) = loader.inputs.values()
    takes = bases_of(one, loader.layout)
    lengths = loader.windows.end - loader.windows.start
    wrong = np.flatnonzero(lengths != takes)
    if len(wrong):
        line = None if loader.windows.line is None else int(loader.windows.line[wrong[0]])
        advice = (f"num_upstream and num_downstream that add up to {takes}"
                  if name == "AnchoredGTFDl"
                  else f"auto_resize_len={takes} for that many around each centre")
        raise DataError(f"every interval must have the {takes} bp that the model takes. Received: "
                        f"{lengths[wrong[0]]} bp at {loader.windows[wrong[:1]].labels()[0]}. "
                        f"Pass {advice}.", path=loader.windows.path, line=line)


def _schema(name: str, arguments: tuple[LoaderArgument, ...]) -> LoaderSchema:
    given = {one.name: one.default for one in arguments}
    ranges = {"ranges": "GenomicRanges: chr, start, end, id, strand"}
    if name == "AnchoredGTFDl":
        attributes = dict.fromkeys(given["interval_attrs"], "str, from the GTF")
        shape = (_total(given["num_upstream"], given["num_downstream"]), 4)
        return LoaderSchema(ArraySchema(shape, "one-hot DNA, float32, order A C G T"),
                            metadata={**attributes, **ranges})
    targets = None if given["ignore_targets"] else ArraySchema(
        (None,), "the columns behind those of the interval")
    if name == "StringSeqIntervalDl":
        return LoaderSchema(ArraySchema((), "DNA as text"), targets, ranges)
    layout = layout_of(given)
    doc = f"one-hot DNA, {layout.dtype}, {layout.words}; N is 0.25 in each channel"
    length = given["auto_resize_len"]
    return LoaderSchema(ArraySchema(layout.shape(length or None), doc), targets, ranges)


def _total(upstream: int | None, downstream: int | None) -> int | None:
    return None if upstream is None or downstream is None else upstream + downstream


def _own_folder(descriptor: Descriptor, folder: Path | None) -> Path | None:
    own = descriptor.dataloader.own
    return folder / own if folder is not None and own else folder
