"""An ``hf://`` address → a plan: the first route that can open what the repository holds."""

from __future__ import annotations

from typing import Final

from dlgenomics.progress import Progress, silent
from dlgenomics_zoo.fetch import open_cache
from dlgenomics_zoo.hub.address import Address, parse_address
from dlgenomics_zoo.hub.checkout import Checkout
from dlgenomics_zoo.hub.connection import connect
from dlgenomics_zoo.hub.explanation import explain, kinds_found
from dlgenomics_zoo.hub.files import is_here, remote_file
from dlgenomics_zoo.hub.memory import MemoryEstimate, counted, estimate
from dlgenomics_zoo.hub.plan import LoadPlan, Proposal
from dlgenomics_zoo.hub.resolve import find_commit
from dlgenomics_zoo.hub.routes.keras import KERAS
from dlgenomics_zoo.hub.routes.keras_hub import KERAS_HUB
from dlgenomics_zoo.hub.routes.language import LANGUAGE
from dlgenomics_zoo.hub.routes.onnx import ONNX
from dlgenomics_zoo.hub.routes.package import PACKAGE
from dlgenomics_zoo.hub.routes.route import Route
from dlgenomics_zoo.hub.routes.saved_model import SAVED_MODEL
from dlgenomics_zoo.hub.routes.transformers import TRANSFORMERS

ROUTES: Final[tuple[Route, ...]] = (
    PACKAGE, KERAS, LANGUAGE, SAVED_MODEL, KERAS_HUB, ONNX, TRANSFORMERS)
"""In the order in which they are tried: the first that can open a repository does."""


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
    hub, commit, used = checkout.hub, checkout.commit, set(proposal.files)
    files = tuple(checkout.file(name) for name in dict.fromkeys(proposal.files))
    return LoadPlan(
        address=checkout.address.pinned(commit.id), asked=checkout.address, commit=commit,
        route=route.name, files=files, parts=proposal.parts, reason=proposal.reason,
        trust=proposal.trust, needs=proposal.needs, extra=proposal.extra,
        memory=_memory(checkout, proposal),
        missing=sum(file.size for file in files if not is_here(hub, commit, file)),
        others=kinds_found([name for name in checkout.names if name not in used]))


def _memory(checkout: Checkout, proposal: Proposal) -> MemoryEstimate:
    if proposal.parameters is not None:
        return counted(proposal.parameters, "its config")
    hub, commit, cache = checkout.hub, checkout.commit, open_cache()
    weights = [checkout.file(name) for name in proposal.weights]
    paths = {file.path: cache.path(remote_file(hub, commit, file)) for file in weights}
    here = {path: found for path, found in paths.items() if found.is_file()}
    return estimate(hub, commit, weights, here)
