"""The loader for the files that are given."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, Final

from dlgenomics.errors import DlgError, did_you_mean
from dlgenomics.predict.dataloader import Dataloader, LoaderArgument
from dlgenomics.predict.loaders.intervals import IntervalLoader
from dlgenomics.predict.loaders.loader import Loader, letter_inputs
from dlgenomics.predict.loaders.places import SOURCES
from dlgenomics.predict.loaders.sequences import SequenceLoader
from dlgenomics.predict.loaders.table import TableLoader
from dlgenomics.predict.schema import ArraySchema, LoaderSchema
from dlgenomics.progress import Progress, silent
from dlgenomics.spec.inputs import Input, TokensInput

_RESIZE: Final = LoaderArgument(
    "resize", "'center' takes the model's length around each centre, 'start' and 'end' from there; "
    "None refuses other lengths")
_SKIP_BAD: Final = LoaderArgument(
    "skip_bad", "leave out bad records, and note them; else the first is an error", default=False)
_TABLE: Final = LoaderArgument(
    "table_file", "a table with the columns of numeric inputs, joined by the rows' names")
_FASTA: Final = LoaderArgument("fasta_file", "the genome: FASTA, plain or bgzip, or 2bit",
                               required=True)
_GENOME: Final = (
    _RESIZE,
    LoaderArgument("pad", "fill up with N past the ends of contigs; else refuse", default=False),
    LoaderArgument("rename_contigs", "read 1 as chr1 and the other way round, as the genome has it",
                   default=False),
    _TABLE,
    LoaderArgument("tracks", "bigWig files by input; default: those that the spec names"),
    LoaderArgument("data_folder", "where the relative paths of bigWig inputs start", default="."),
    _SKIP_BAD,
)
_SEQUENCES: Final = (
    LoaderArgument("sequences_file", "instead: a FASTA of sequences", required=True), _RESIZE,
    _TABLE, _SKIP_BAD,
)
_NUMBERS: Final = (
    LoaderArgument("table_file", "a tab-separated table with a header", required=True),)


def own_dataloader(inputs: Mapping[str, Input]) -> Dataloader:
    """Return the dataloader of a model whose spec describes its inputs."""
    takes: tuple[LoaderArgument, ...] = _NUMBERS
    if letter_inputs(inputs):
        takes = (_FASTA, *(one for source in SOURCES.values() for one in source), *_GENOME,
                 *_SEQUENCES)
    known = {one.name: one for one in takes}
    arrays = {name: ArraySchema(tuple(one.shape), one.doc) for name, one in inputs.items()}
    metadata = ({"ranges": "the windows that were read"} if letter_inputs(inputs)
                else {"id": "the row's name"})
    return Dataloader(
        name="of dlgenomics", arguments=tuple(known.values()),
        open=functools.partial(open_loader, inputs),
        schema=LoaderSchema(next(iter(arrays.values())) if len(arrays) == 1 else arrays,
                            metadata=metadata),
        example=_no_example)


def _no_example(folder: str | None) -> dict[str, Any]:  # noqa: ARG001 - there is none anywhere
    raise DlgError("only dataloaders of Kipoi's models have example files. Received: a model of "
                   "dlgenomics. `dlg test` replays its stored test; `dlg simulate` makes files.")


def open_loader(inputs: Mapping[str, Input], arguments: Mapping[str, Any],
                progress: Progress = silent) -> Loader:
    """Return the loader for the files that are given.

    These are ``fasta_file`` with one of ``intervals_file``, ``gtf_file``, ``vcf_file`` and
    ``tile``, or ``sequences_file``; or, for a model that takes numbers alone, ``table_file``. What
    is None counts as not given. ``progress`` follows a search of the genome for N.

    Raises:
        DlgError: an argument is unknown or missing.
        DataError: a file is not what it must be.
    """
    if any(isinstance(one, TokensInput) for one in inputs.values()):
        raise DlgError("dataloaders feed models that take sequences of one length. Received: a "
                       "language model. Use `dlg embed` for a FASTA, or predict_on_batch with "
                       "texts.")
    given = {name: value for name, value in arguments.items() if value is not None}
    kind, takes = _kind_of_loader(inputs, given)
    known = [one.name for one in takes]
    for name in given:
        if name not in known:
            raise DlgError(f"a dataloader takes {', '.join(known)}. Received: {name!r}."
                           f"{did_you_mean(name, known)}")
    missing = [one.name for one in takes if one.required and given.get(one.name) is None]
    if missing:
        raise DlgError(f"a dataloader needs {_needed(kind)}. Received: no {missing[0]}.")
    if kind is IntervalLoader:
        given["progress"] = progress
    opened: Loader = kind(inputs, **given)
    return opened


def _needed(kind: Callable[..., Loader]) -> str:
    if kind is TableLoader:
        return "table_file"
    return f"fasta_file with {', '.join(list(SOURCES)[:-1])} or tile; or sequences_file"


def _kind_of_loader(
    inputs: Mapping[str, Input], given: Mapping[str, Any]
) -> tuple[Callable[..., Loader], tuple[LoaderArgument, ...]]:
    """Return the loader for a model and some files, and what it takes.

    Raises:
        DlgError: the arguments say more than once where to read.
    """
    if not letter_inputs(inputs):
        return TableLoader, _NUMBERS
    chosen = [name for name in (*SOURCES, "sequences_file") if name in given]
    if len(chosen) > 1:
        raise DlgError("a dataloader reads one of intervals, genes, variants, tiles and sequences. "
                       f"Received: {' and '.join(chosen)}.")
    if chosen == ["sequences_file"]:
        return SequenceLoader, _SEQUENCES
    source = SOURCES[chosen[0] if chosen else "intervals_file"]
    return IntervalLoader, (_FASTA, *source, *_GENOME)
