"""Whether a run may use the shards that are there."""

from __future__ import annotations

from dataclasses import dataclass

from dlgenomics.errors import RunError
from dlgenomics.predict.parts.folder import Parts
from dlgenomics.predict.parts.plan import Piece, Plan


@dataclass(frozen=True)
class Intent:
    """What is to become of the shards of an earlier run.

    Attributes:
        resume: go on with them.
        restart: throw them away.
        piece: make one piece of the run; it goes on with what is there.
    """

    resume: bool = False
    restart: bool = False
    piece: Piece | None = None


def agree(parts: Parts, fresh: Plan, intent: Intent) -> Plan:
    """Return the plan to follow: the one that was begun, if it fits, or the fresh one.

    Args:
        parts: the folder of shards.
        fresh: what would be run if there were nothing yet.
        intent: what is to become of shards that are there.

    Raises:
        RunError: there are shards and no word about them, or they are of another run; the
            message names what differs.
    """
    with parts.deciding():
        return _agreed(parts, fresh, intent)


def _agreed(parts: Parts, fresh: Plan, intent: Intent) -> Plan:
    begun = None if intent.restart else parts.plan()
    if begun is None or (intent.piece is None and not parts.done()):
        parts.clear()
        parts.begin(fresh)
        return fresh
    if not intent.resume and intent.piece is None:
        raise RunError(f"a new run must find no shards of an older one. Received: "
                       f"{len(parts.done())} of {begun.shards} shards. Go on with --resume, or "
                       "begin anew with --restart.", folder=parts.folder)
    differences = list(begun.differences(fresh))
    if differences:
        raise RunError("a run goes on with the same model, files and options. Received: other "
                       f"{'; '.join(differences)}. Undo the change, or begin anew with --restart.",
                       folder=parts.folder)
    return begun
