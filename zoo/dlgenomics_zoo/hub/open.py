"""A plan → verified files, and a model or a package."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from dlgenomics.errors import DeclinedError, DlgError
from dlgenomics.package.manifest import MANIFEST
from dlgenomics.settings import load_settings
from dlgenomics_zoo.fetch import Confirm, open_cache
from dlgenomics_zoo.fetch.consent import require_space
from dlgenomics_zoo.hub.address import Address
from dlgenomics_zoo.hub.connection import Connection, connect
from dlgenomics_zoo.hub.errors import NoRouteError, NotPinnedError
from dlgenomics_zoo.hub.files import fetch, layout_key
from dlgenomics_zoo.hub.memory import require_memory
from dlgenomics_zoo.hub.plan import LoadPlan
from dlgenomics_zoo.hub.planning import ROUTES, plan_model
from dlgenomics_zoo.hub.routes.route import Fetched, Route
from dlgenomics_zoo.imports.imported import Imported, package_imported
from dlgenomics_zoo.terms import Terms
from dlgenomics_zoo.trusted.statement import NeedsTrustError

SOURCE: Final = "huggingface"
VERSION: Final = 1
"""Of the translation of other formats: a higher number makes packages anew."""


_AS_USUAL: Final = Terms()


def open_model(address: str | Address, terms: Terms = _AS_USUAL, *, trust: bool = False) -> Any:
    """Open a model of the Hub.

    Args:
        address: see `plan_model`.
        terms: how files are fetched, and in what precision the model is.
        trust: whether code of its authors may run; the address must name a commit then.

    Returns:
        A `Model` with its commit in ``.source``; with trust, or of another library, an object that
        has ``predict_on_batch`` as well.

    Raises:
        NeedsTrustError, NotPinnedError: code would run.
        MemoryLimitError: it does not fit in memory.
        DeclinedError: the download was not agreed to.
        DlgError: see `plan_model` and `fetch`.
    """
    plan = plan_model(address, progress=terms.progress)
    route = _route(plan)
    if route.open is None:
        return _loaded(plan, _packaged(plan, route, terms))
    _require_trust(plan, trust=trust)
    return _sourced(plan, route.open(_fetched(plan, terms)))


def fetch_model(address: str | Address, terms: Terms = _AS_USUAL, *,
                trust: bool = False) -> tuple[LoadPlan, Path]:
    """Make sure that a model's files are here and verified, and open nothing.

    Returns:
        The plan, and the folder of its package or, where it has none, of its files.

    Raises:
        DlgError: see `open_model`.
    """
    plan = plan_model(address, progress=terms.progress)
    route = _route(plan)
    if route.open is None:
        return plan, _packaged(plan, route, terms)
    _require_trust(plan, trust=trust)
    return plan, _fetched(plan, terms).folder()


def hub_package(address: str | Address, terms: Terms = _AS_USUAL) -> Path:
    """Return the folder of a package of a model, made in the cache if it is not there yet.

    Raises:
        DlgError: the model cannot be a package, or see `open_model`.
    """
    plan = plan_model(address, progress=terms.progress)
    route = _route(plan)
    if route.package is None and route.read is None:
        raise DlgError("a packaged model, or one that can be made one, is needed here. Received: "
                       f"{plan.asked}, which is opened by the route {plan.route}. Use it from "
                       f"Python: get_model({str(plan.asked)!r}).")
    return _packaged(plan, route, terms)


def import_hub(address: str | Address, terms: Terms = _AS_USUAL) -> Imported:
    """Read a model of the Hub that another program saved; see `imports.convert`.

    Raises:
        DlgError: it is none that can be read as a network of layers, or see `open_model`.
    """
    plan = plan_model(address, progress=terms.progress)
    read = _route(plan).read
    if read is None:
        raise DlgError("a model of the Hub is converted if it is a network of layers that are "
                       f"known here. Received: {plan.asked}, which is opened by the route "
                       f"{plan.route}.")
    return read(_fetched(plan, terms))


def _route(plan: LoadPlan) -> Route:
    return next(route for route in ROUTES if route.name == plan.route)


def _packaged(plan: LoadPlan, route: Route, terms: Terms) -> Path:
    folder = package_folder(plan, terms.length)
    if (folder / MANIFEST).is_file():
        return folder
    fetched = _fetched(plan, terms)
    if route.package is not None:
        return route.package(fetched, folder)
    assert route.read is not None  # noqa: S101 - the callers looked
    return package_imported(route.read(fetched), folder, command=f"dlg get-model {plan.address}")


def package_folder(plan: LoadPlan, length: int | None = None) -> Path:
    """Return where the package of a model lies, or would lie."""
    key = layout_key([str(VERSION), plan.route, str(plan.address), str(length),
                      *(file.sha256 or file.git_sha1 for file in plan.files)])
    name = plan.commit.repository.replace("/", "--")
    return load_settings().cache / "imported" / f"{name}-{key}"


def _fetched(plan: LoadPlan, terms: Terms) -> Fetched:
    """Return a plan's files, after all that may forbid it was asked."""
    if plan.needs:
        raise NoRouteError(str(plan.address), [plan.reason], f"{' and '.join(plan.needs)} would "
                           f"open it: pip install '{plan.extra}'.")
    if not terms.ignore_memory:
        require_memory(str(plan.asked), plan.memory, terms.precision)
    hub = connect()
    if plan.missing and not hub.offline:
        _agree(hub, plan, terms.confirm)
    paths = fetch(hub, plan.commit, [file.path for file in plan.files],
                  confirm=lambda *_: True, progress=terms.progress)
    prefix = f"{plan.address.subfolder}/" if plan.address.subfolder else ""
    files = {path.removeprefix(prefix): found for path, found in paths.items()}
    return Fetched(plan, files, terms.length, terms.precision, terms.progress)


def _require_trust(plan: LoadPlan, *, trust: bool) -> None:
    if not plan.trust:
        return
    if not trust:
        error = NeedsTrustError(str(plan.address), plan.trust)
        error.next_step = f"dlg plan {plan.address}"
        raise error
    if not plan.asked.is_pinned:
        raise NotPinnedError(str(plan.asked), str(plan.address))


def _agree(hub: Connection, plan: LoadPlan, confirm: Confirm) -> None:
    """Ask once for all files of a plan, and look whether the disk has room for them."""
    name, licence = str(plan.asked), plan.commit.license
    if not confirm(plan.missing, licence, name):
        raise DeclinedError(name, plan.missing, licence, f"{hub.endpoint}/{plan.commit.repository}",
                            load_settings().max_download)
    root = open_cache().root
    root.mkdir(parents=True, exist_ok=True)
    require_space(root, plan.missing)


def _loaded(plan: LoadPlan, folder: Path) -> Any:
    from dlgenomics.package.read import load_package  # noqa: PLC0415 - starts TensorFlow

    return _sourced(plan, load_package(folder, SOURCE))


def _sourced(plan: LoadPlan, model: Any) -> Any:
    """Return a model whose source says which commit it is of, with its card's licence."""
    from dlgenomics.predict.model import Model  # noqa: PLC0415 - starts TensorFlow
    from dlgenomics_zoo.hub.record import HubRecord  # noqa: PLC0415

    if not isinstance(model, Model):
        return model
    files = {file.path: file.sha256 or file.git_sha1 for file in plan.files}
    licence = model.spec.license or plan.commit.license or None
    spec = model.spec.model_copy(update={"license": licence})
    return replace(model, spec=spec, source=HubRecord(
        SOURCE, model.source.location, model.source.sha256, plan.commit.repository, plan.commit.id,
        plan.route, files))
