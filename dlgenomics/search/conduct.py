"""Makes a search that a spec describes, and goes on with one that was interrupted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace as changed
from pathlib import Path
from typing import Any

from dlgenomics.data.examples import load_examples
from dlgenomics.errors import RunError, SearchError
from dlgenomics.progress import Progress, silent
from dlgenomics.search.bayesian import require_optuna
from dlgenomics.search.check import check_values
from dlgenomics.search.conductor import Conductor
from dlgenomics.search.folder import (
    SearchFolder,
    State,
    Trial,
    only_one,
    read_state,
    start_search,
)
from dlgenomics.search.plan import plan
from dlgenomics.spec import dump_yaml
from dlgenomics.spec.document import Document, read_document
from dlgenomics.spec.objective import objectives
from dlgenomics.spec.parse import check_document
from dlgenomics.spec.search import Search
from dlgenomics.spec.types import Spec


def search(
    spec_text: str,
    data_folder: Path,
    folder: Path,
    *,
    source: str = "<spec>",
    changes: Mapping[str, Any] | None = None,
    replace: bool = False,
    command: str = "",
    progress: Progress = silent,
) -> State:
    """Make the search that a spec describes and write a search folder.

    Args:
        spec_text: the spec with its ``search`` section.
        data_folder: where the spec's relative paths start.
        folder: what is written; see `dlgenomics.search.folder`.
        source: the spec's file or name, for messages and the record.
        changes: keys of the ``search`` section that shall be different, such as ``trials``.
        replace: write over a search that is there.
        command: what was typed, for the record.
        progress: told of each trial that has ended.

    Returns:
        The state with every trial finished or failed.

    Raises:
        SpecError: the spec, or a value in its search, is wrong.
        DataError: the data are not what they must be.
        RunError: the folder holds a search already.
        SearchError: the spec has no search, or optuna is needed and missing.
    """
    document = _with_changes(read_document(spec_text, source), changes or {})
    spec, what = _read(document)
    if what.strategy == "bayesian":
        require_optuna()
    check_values(document, what)
    state = _first_state(document, spec, what, data_folder, command)
    where = SearchFolder(folder)
    with only_one(where):
        start_search(where, dump_yaml(document.data) if changes else spec_text, state,
                     replace_it=replace)
        return Conductor(where, document, spec, what, state, progress).run()


def resume_search(folder: Path, *, workers: int | None = None,
                  progress: Progress = silent) -> State:
    """Go on with a search that was interrupted: finished trials are kept, others go on or begin.

    Args:
        folder: as `search` writes it.
        workers: trials at once, if other than before.
        progress: told of each trial that has ended.

    Raises:
        RunError: the folder holds no search, or a finished one, or the data have changed.
        DataError: the data are not what they must be.
    """
    where = SearchFolder(folder)
    with only_one(where):
        state = read_state(where)
        if state.is_done:
            raise RunError("only an interrupted search can be resumed. Received: a finished one.",
                           folder=folder, next_step=f"dlg train {where.best}")
        document = read_document(where.spec.read_text(), str(where.spec))
        spec, what = _read(document)
        if _examples(spec, Path(state.data_folder)) != state.examples:
            raise RunError("a search must be resumed on the data it began with. Received: another "
                           "number of training examples. Restore the data, or search anew.",
                           folder=folder)
        fresh = tuple(changed(t, attempts=0) if t.status == "waiting" else t
                      for t in state.trials)
        state = changed(state, trials=fresh, workers=workers or state.workers)
        return Conductor(where, document, spec, what, state, progress).run()


def _with_changes(document: Document, changes: Mapping[str, Any]) -> Document:
    written = document.data.get("search")
    if not changes or not isinstance(written, dict):
        return document
    data = {**document.data, "search": {**written, **changes}}
    return Document(document.source, data, document.values, document.keys)


def _read(document: Document) -> tuple[Spec, Search]:
    spec = check_document(document)[0]
    if spec.search is None:
        raise SearchError(f"{document.source}: a spec to search with must have a section 'search'. "
                          "Received: none. Write search: {objective: val_loss, space: "
                          "angermueller2016}, or axes of your own.")
    return spec, spec.search


def _first_state(document: Document, spec: Spec, what: Search, data_folder: Path,
                 command: str) -> State:
    examples = _examples(spec, data_folder)
    points = [] if what.strategy == "bayesian" else plan(what, document.data)
    return State(
        name=spec.name, source=document.source, command=command or "dlgenomics.search",
        data_folder=str(data_folder.resolve()), objective=what.objective,
        minimize=objectives(spec)[what.objective].minimize, strategy=what.strategy,
        count=len(points) or what.count, seed=what.seed, workers=what.workers,
        space={name: axis.to_data() for name, axis in what.space.items()},
        combinations=what.size, examples=examples,
        trials=tuple(Trial(i, point) for i, point in enumerate(points, start=1)),
    )


def _examples(spec: Spec, data_folder: Path) -> int:
    """Return the number of training examples; what is wrong with the data comes out here."""
    return load_examples(spec, data_folder).parts.sizes()["train"]
