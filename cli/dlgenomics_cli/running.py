"""The options that say how ``dlg predict`` runs and writes."""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from dlgenomics.errors import RunError
from dlgenomics_cli.output import say

if TYPE_CHECKING:
    from dlgenomics.predict.order import Order
    from dlgenomics.predict.parts.agreement import Intent
    from dlgenomics.predict.parts.plan import Piece
    from dlgenomics_cli.feeding import Feeding


PREDICTIONS: Final = "predictions"
COLUMN: Final = "{column}"
"""Stands in the name of a track where each file has its column."""


@dataclass(frozen=True)
class Running:
    """How a run goes on and what it writes.

    Attributes:
        batch_size: rows at a time; None is automatic.
        engine: what runs the network.
        devices: how many take batches in turn.
        gradients: a column whose gradient is written instead of predictions.
        column: the column of a bedGraph or bigWig file.
        resume, restart: what becomes of shards that are there.
        shard: the piece of the run that is made.
        dask: on how many processes, or at which scheduler, it is made; None: in this process.
        dry_run: say what it would cost.
    """

    batch_size: int | None
    engine: str
    devices: int
    gradients: str | None
    column: str | None
    resume: bool
    restart: bool
    shard: tuple[int, int] | None
    dask: str | None
    dry_run: bool

    @property
    def piece(self) -> Piece | None:
        """The piece of the run that is made."""
        from dlgenomics.predict.parts.plan import Piece

        return Piece(*self.shard) if self.shard else None

    @property
    def intent(self) -> Intent:
        """What becomes of shards that are there."""
        from dlgenomics.predict.parts.agreement import Intent

        return Intent(self.resume, self.restart, self.piece)

    def order(self, feeding: Feeding) -> Order:
        """Return what is asked of the pipeline."""
        from dlgenomics.predict.computation import Wanted
        from dlgenomics.predict.order import Order

        wanted = Wanted(feeding.layer, self.gradients, self.engine, self.devices)
        return Order(wanted, feeding.keep_inputs, feeding.keep_metadata, self.batch_size,
                     feeding.num_workers)

    def written(self, feeding: Feeding) -> str:
        """Return what is written, in words."""
        return what_is_written(feeding.layer, self.gradients)

    def check(self, output: str, feeding: Feeding, *, as_json: bool) -> None:
        """Refuse options that do not go together.

        Raises:
            click.UsageError: some do not.
        """
        from dlgenomics.predict.writers import is_stream

        if as_json and output == "-" and not self.dry_run:
            raise click.UsageError("--json prints a summary; name a file with -o for the "
                                   "predictions.")
        if is_stream(output) and (self.resume or self.restart or self.shard or self.dask):
            raise click.UsageError("--resume, --restart, --shard and --dask need a file (-o).")
        if self.dask and self.shard:
            raise click.UsageError("--dask makes all shards; --shard is for job arrays without it.")
        if self.restart and (self.resume or self.shard):
            raise click.UsageError("--restart throws shards away that --resume and --shard keep.")
        if feeding.layer is not None and self.gradients is not None:
            raise click.UsageError("--layer and --gradients write different things; give one.")
        self._check_columns(output, feeding)

    def check_model(self, model: Any) -> None:
        """Refuse what code of a model's authors cannot do, and its pipeline is never asked for.

        Raises:
            DlgError: the model is such code.
        """
        asked = [option for option, said in (
            ("--dask", self.dask), ("--dry-run", self.dry_run)) if said]
        if not asked:
            return
        from dlgenomics_zoo.trusted.pipeline import refuse_wishes
        from dlgenomics_zoo.trusted.program import Program

        if isinstance(model, Program):
            refuse_wishes(asked)

    def _check_columns(self, output: str, feeding: Feeding) -> None:
        from dlgenomics.predict.writers import TRACKS

        check_name(output, self.column)
        if output.lower().endswith(TRACKS) and (feeding.keep_inputs or feeding.keep_metadata):
            raise click.UsageError("--keep-inputs and --keep-metadata need a file that has room "
                                   f"for them; {', '.join(TRACKS)} hold numbers alone.")


def check_name(output: str, column: str | None) -> None:
    """Refuse ``--column``, and ``{column}`` in a file's name, where they choose nothing.

    Raises:
        click.UsageError: the file is no track, or its name has braces around something else.
    """
    from dlgenomics.predict.writers import TRACKS

    is_track, place = output.lower().endswith(TRACKS), Path(output)
    if column is not None and not is_track:
        raise click.UsageError(f"--column is for tracks ({', '.join(TRACKS)}); other files hold "
                               "all columns.")
    literal = place.name.replace(COLUMN, "") if is_track else place.name
    if re.search("[{}]", literal) or COLUMN in str(place.parent):
        raise click.UsageError(f"braces are for {COLUMN} in the name of a track "
                               f"({', '.join(TRACKS)}), a file for each column; other files hold "
                               f"all columns. Received: -o {output}")


def what_is_written(layer: str | int | None, gradients: str | None) -> str:
    """Return in words what a run writes, by the layer or the column of gradients it is told."""
    if layer is not None:
        return f"layer {layer}"
    return f"gradients of {gradients}" if gradients is not None else PREDICTIONS


def _shard(_context: Any, _option: Any, value: str | None) -> tuple[int, int] | None:
    if value is None:
        return None
    form = re.fullmatch(r"(\d+)/(\d+)", value)
    if not form or not 1 <= int(form[1]) <= int(form[2]):
        raise click.BadParameter("it must be a piece and how many there are, such as 3/50. "
                                 f"Received: {value!r}.")
    return int(form[1]), int(form[2])


ENGINES: Final = ("tensorflow", "openvino", "openvino-bfloat16")
"""Named here, too, because the library's list takes TensorFlow's start to read."""

_OPTIONS = (
    click.option("--batch-size", type=click.IntRange(1), help="Rows at a time.  [default: by the "
                 "network's size, up to 512, within an eighth of DLG_MEMORY; in a file no more "
                 "than give 64 MiB]"),
    click.option("--engine", type=click.Choice(ENGINES), default=ENGINES[0], show_default=True,
                 help="What runs the network; openvino is faster on CPUs; with bfloat16 more so, "
                 "where the CPU has it, at a precision of 3 %."),
    click.option("--devices", type=click.IntRange(1), default=1, show_default=True,
                 help="GPUs that take batches in turn; the order of rows stays."),
    click.option("--gradients", metavar="COLUMN", help="Write the gradient of this column with "
                 "respect to the inputs, instead of predictions."),
    click.option("--column", help="The column that a .bedgraph or .bw holds, of several."),
    click.option("--resume", is_flag=True, help="Go on with the shards in OUTPUT.parts, if any; "
                 "the file has the same bytes as if nothing had happened."),
    click.option("--restart", is_flag=True, help="Throw the shards in OUTPUT.parts away."),
    click.option("--shard", metavar="I/N", callback=_shard, help="Make one of N pieces of the run, "
                 "such as 3/50, on a cluster; `dlg merge` makes the file."),
    click.option("--dask", metavar="WHERE", help="Make the run on this many processes, or on the "
                 "workers of the Dask scheduler at this address."),
    click.option("--dry-run", is_flag=True, help="Measure for some seconds and say how long it "
                 "would take, here and for the human genome; write nothing."),
)


def running_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options; the command gets them as one argument, ``running``."""
    names = Running.__dataclass_fields__

    @functools.wraps(command)
    def with_running(**given: Any) -> None:
        command(running=Running(**{name: given.pop(name) for name in names}), **given)

    wrapped: Callable[..., None] = with_running
    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped


@contextlib.contextmanager
def keeping_shards(output: str) -> Iterator[None]:
    """Say how to go on, if the block is stopped or fails and has left finished shards.

    A run that is refused for the shards or the other process that it finds (`RunError`) says so
    itself.
    """
    try:
        yield
    except RunError:
        raise
    except BaseException:
        _say_kept(output)
        raise


@contextlib.contextmanager
def before_the_run(output: str) -> Iterator[None]:
    """Say how to go on, if the block is interrupted before the run that it prepares.

    Finished shards of an earlier run wait there. Errors are of this run, which may be another.
    """
    try:
        yield
    except (KeyboardInterrupt, click.Abort):
        _say_kept(output)
        raise


def _say_kept(output: str) -> None:
    from dlgenomics.predict.parts.folder import standing

    kept = standing(output)
    if kept is not None:
        done, of = kept
        say(f"{done} of {of} shards are kept in {output}.parts; go on with the same command "
            "and --resume.")
