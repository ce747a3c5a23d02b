"""An ``hf://`` address → a plan; a plan → verified files, and a model or a package."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from dlgenomics.errors import DlgError
from dlgenomics.package.manifest import MANIFEST
from dlgenomics.progress import Progress, silent
from dlgenomics.settings import load_settings
from dlgenomics_zoo.fetch import Confirm, RemoteFile, open_cache
from dlgenomics_zoo.fetch.consent import Consent
from dlgenomics_zoo.hub.address import Address, parse_address
from dlgenomics_zoo.hub.checkout import Checkout
from dlgenomics_zoo.hub.connection import Connection, connect
from dlgenomics_zoo.hub.errors import NoRouteError, NotPinnedError
from dlgenomics_zoo.hub.explanation import explain, kinds_found
from dlgenomics_zoo.hub.files import fetch, is_here, layout_key, remote_file
from dlgenomics_zoo.hub.memory import counted, estimate, require_memory
from dlgenomics_zoo.hub.plan import LoadPlan, Proposal
from dlgenomics_zoo.hub.resolve import find_commit
from dlgenomics_zoo.hub.routes.keras import KERAS
from dlgenomics_zoo.hub.routes.keras_hub import KERAS_HUB
from dlgenomics_zoo.hub.routes.language import LANGUAGE
from dlgenomics_zoo.hub.routes.onnx import ONNX
from dlgenomics_zoo.hub.routes.package import PACKAGE
from dlgenomics_zoo.hub.routes.route import Fetched, Route
from dlgenomics_zoo.hub.routes.saved_model import SAVED_MODEL
from dlgenomics_zoo.hub.routes.transformers import TRANSFORMERS
from dlgenomics_zoo.imports.imported import Imported, package_imported
from dlgenomics_zoo.terms import Terms
from dlgenomics_zoo.trusted.statement import NeedsTrustError

ROUTES: Final[tuple[Route, ...]] = (
    PACKAGE, KERAS, LANGUAGE, SAVED_MODEL, KERAS_HUB, ONNX, TRANSFORMERS)
"""In the order in which they are tried: the first that can open a repository does."""

SOURCE: Final = "huggingface"
VERSION: Final = 1
"""Of the translation of other formats: a higher number makes packages anew."""


_AS_USUAL: Final = Terms()


def plan_model(address: str | Address, *, progress: Progress = silent) -> LoadPlan:
    """Plan how to open a model; only descriptions of a few kilobytes are fetched.

    Args:
        address: ``hf://org/name[@revision][/subfolder][#file]``.
        progress: told of what is fetched.

    Raises:
        AddressError: it has another form.
        HubError, NetworkError, OfflineError: the Hub does not tell what it holds.
        AmbiguousModelError: several files could be meant.
        NoRouteError: nothing here opens it; the message says what would.
        UnsafeModelError: names in it lead elsewhere.
    """
    asked = parse_address(address) if isinstance(address, str) else address
    hub = connect()
    commit = find_commit(hub, asked)
    checkout = Checkout(hub, commit, asked, progress)
    if asked.file:
        checkout.file(asked.file)
    route, proposal = _first(checkout)
    return _plan(checkout, route, proposal)


def _first(checkout: Checkout) -> tuple[Route, Proposal]:
    """Return the first route that can open a checkout; what is not installed comes last."""
    later: tuple[Route, Proposal] | None = None
    for route in ROUTES:
        proposal = route.propose(checkout)
        if proposal is not None and not proposal.needs:
            return route, proposal
        if proposal is not None and later is None:
            later = route, proposal
    if later is None:
        raise explain(checkout)
    return later


def _plan(checkout: Checkout, route: Route, proposal: Proposal) -> LoadPlan:
    hub, commit = checkout.hub, checkout.commit
    files = tuple(checkout.file(name) for name in dict.fromkeys(proposal.files))
    weights = [checkout.file(name) for name in proposal.weights]
    missing = [file for file in files if not is_here(hub, commit, file)]
    cache = open_cache()
    here = {file.path: cache.path(remote_file(hub, commit, file)) for file in weights}
    memory = (counted(proposal.parameters, "its config") if proposal.parameters is not None
              else estimate(hub, commit, weights, {path: found for path, found in here.items()
                                                   if found.is_file()}))
    used = set(proposal.files)
    return LoadPlan(
        checkout.address.pinned(commit.id), checkout.address, commit, route.name, files,
        proposal.parts, proposal.reason, proposal.trust, proposal.needs, proposal.extra, memory,
        sum(file.size for file in missing),
        kinds_found([name for name in checkout.names if name not in used]))


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
    root = open_cache().root
    root.mkdir(parents=True, exist_ok=True)
    page = f"{hub.endpoint}/{plan.commit.repository}"
    name = plan.commit.repository.replace("/", "--")
    whole = RemoteFile(name, (page,), license=plan.commit.license)
    Consent(whole, confirm, root).require(plan.missing, page)


def _loaded(plan: LoadPlan, folder: Path) -> Any:
    from dlgenomics.package.read import load_package  # noqa: PLC0415 - starts TensorFlow

    return _sourced(plan, load_package(folder, SOURCE))


def _sourced(plan: LoadPlan, model: Any) -> Any:
    """Return a model whose source says which commit it is of."""
    from dlgenomics.predict.model import Model  # noqa: PLC0415 - starts TensorFlow
    from dlgenomics_zoo.hub.record import HubRecord  # noqa: PLC0415

    if not isinstance(model, Model):
        return model
    files = {file.path: file.sha256 or file.git_sha1 for file in plan.files}
    return replace(model, source=HubRecord(
        SOURCE, model.source.location, model.source.sha256, plan.commit.repository, plan.commit.id,
        plan.route, files))
