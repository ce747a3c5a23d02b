"""What would be fetched and run to open an ``hf://`` address, before it is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dlgenomics_zoo.fetch.licence import is_noncommercial
from dlgenomics_zoo.hub.address import Address
from dlgenomics_zoo.hub.commit import Commit, HubFile
from dlgenomics_zoo.hub.memory import MemoryEstimate


@dataclass(frozen=True)
class Proposal:
    """How a route would open a checkout.

    Attributes:
        files: what it needs, as paths relative to the address's subfolder.
        weights: those of them that hold the weights.
        reason: why this route, in a sentence.
        trust: what would run; empty where nothing does.
        needs: packages that must be installed for it and are not; see ``extra``.
        extra: what installs them.
        parts: what a file is for → its path, where the route must know.
        parameters: how many the weights are, where the route can tell before they are fetched.
    """

    files: Sequence[str]
    weights: Sequence[str]
    reason: str
    trust: str = ""
    needs: tuple[str, ...] = ()
    extra: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)
    parameters: int | None = None


@dataclass(frozen=True)
class LoadPlan:
    """A plan to open a model; nothing of it was fetched but small descriptions.

    Attributes:
        address: the model, pinned to a commit.
        asked: the address as it was given.
        commit: what the repository holds there.
        route: how it is opened, such as ``package`` or ``keras``.
        files: what is fetched.
        parts: what a file is for → its path relative to the subfolder.
        reason: why this route.
        trust: what of it would run with trust; empty where nothing does.
        needs: packages that must be installed and are not.
        extra: what installs them.
        memory: what it needs once it is loaded.
        missing: bytes that are not on this machine yet.
        others: what else the repository holds.
    """

    address: Address
    asked: Address
    commit: Commit
    route: str
    files: tuple[HubFile, ...]
    parts: Mapping[str, str]
    reason: str
    trust: str
    needs: tuple[str, ...]
    extra: str
    memory: MemoryEstimate
    missing: int
    others: tuple[str, ...]

    @property
    def bytes(self) -> int:
        """The size of all files that are needed."""
        return sum(file.size for file in self.files)

    @property
    def name(self) -> str:
        """A name for the model that a package may have."""
        inside = [self.address.subfolder, self.address.file.rpartition("/")[2].partition(".")[0]]
        name = "-".join([self.commit.repository, *(i.replace("/", "-") for i in inside if i)])
        return re.sub(r"[^A-Za-z0-9._/-]", "_", name)

    def to_data(self) -> dict[str, Any]:
        """Return the plan as plain data."""
        return {
            "address": str(self.address), "asked": str(self.asked),
            "repository": self.commit.repository, "commit": self.commit.id, "route": self.route,
            "reason": self.reason, "license": self.commit.license,
            "noncommercial": is_noncommercial(self.commit.license),
            "gated": self.commit.gated, "private": self.commit.private,
            "base_model": self.commit.base_model, "tags": list(self.commit.tags),
            "bytes": self.bytes, "missing": self.missing,
            "memory": {"bytes": self.memory.bytes, "parameters": self.memory.parameters,
                       "source": self.memory.source},
            "trust": self.trust, "needs": list(self.needs), "extra": self.extra,
            "files": [{"path": file.path, "bytes": file.size,
                       "sha256": file.sha256 or None, "git_sha1": file.git_sha1 or None}
                      for file in self.files],
            "others": list(self.others),
        }
