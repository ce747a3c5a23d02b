"""Search the Hub, and tell of each model that was found whether anything here opens it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Final

from dlgenomics.errors import DlgError, NetworkError
from dlgenomics.progress import Progress, silent
from dlgenomics_zoo.hub.address import SCHEME, Address
from dlgenomics_zoo.hub.connection import connect
from dlgenomics_zoo.hub.errors import AmbiguousModelError, GatedError, NoRouteError
from dlgenomics_zoo.hub.planning import plan_model

_AT_ONCE: Final = 8
CHOOSE: Final = "choose"
"""Stands for a route where one of several files must be chosen first."""


@dataclass(frozen=True)
class Found:
    """A model that the Hub lists.

    Attributes:
        address: what `get_model` takes.
        route: how it is opened; ``choose`` where one of several files must be meant; empty where
            nothing here opens it.
        reason: why.
        trust: whether code of its authors would run.
        license: as its card says.
        gated: whether its terms must be accepted first.
        downloads: of the last month, as the Hub counts.
        tags: of its card.
        bytes: what would be fetched; None where there is no plan.
    """

    address: str
    route: str
    reason: str
    trust: bool
    license: str
    gated: bool
    downloads: int
    tags: tuple[str, ...]
    bytes: int | None = None


def search_hub(words: str = "", *, author: str = "", tags: Sequence[str] = (), limit: int = 20,
               progress: Progress = silent) -> list[Found]:
    """Return models of the Hub, those with the most downloads first, each with its route.

    Every model that is found is planned for: its list of files is asked for, and small
    descriptions of it are fetched.

    Args:
        words: what their names hold.
        author: the organisation or person that they are of.
        tags: what they all are tagged with, such as ``biology``.
        limit: the most models.
        progress: told of models.

    Raises:
        NetworkError, OfflineError: the Hub cannot be asked.
    """
    listed = connect().models(
        search=words or None, author=author or None, filter=list(tags) or None, limit=limit,
        sort="downloads", cardData=True, full=True)
    found = []
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for done, one in enumerate(pool.map(_planned, map(_of, listed)), 1):
            progress("look into", done, len(listed))
            found.append(one)
    return found


def _of(info: Any) -> Found:
    card = info.card_data.to_dict() if info.card_data else {}
    licence = card.get("license_name") if card.get("license") == "other" else card.get("license")
    tags = tuple(one for one in info.tags or () if ":" not in one)
    return Found(f"{SCHEME}{info.id}", "", "", False, str(licence or ""), bool(info.gated),
                 int(info.downloads or 0), tags)


def _planned(one: Found) -> Found:
    """Return a model with its route, or with what stands in the way."""
    try:
        plan = plan_model(Address(one.address.removeprefix(SCHEME)))
    except NetworkError:
        raise
    except AmbiguousModelError as error:
        return replace(one, route=CHOOSE, reason=f"it holds {len(error.candidates)} models")
    except NoRouteError as error:
        return replace(one, reason=f"it holds {'; '.join(error.found) or 'no model file'}")
    except GatedError:
        return replace(one, gated=True, reason="its terms must be accepted first")
    except DlgError as error:
        return replace(one, reason=str(error))
    needs = f" Needs {' and '.join(plan.needs)}." if plan.needs else ""
    return replace(one, route=plan.route, reason=plan.reason + needs, trust=bool(plan.trust),
                   bytes=plan.bytes)
