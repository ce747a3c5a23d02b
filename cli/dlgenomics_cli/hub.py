"""How commands show and fetch models of the Hugging Face Hub."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlgenomics_cli.models import facts_of, manifest_data
from dlgenomics_cli.output import progress, say, show, show_facts, show_json, show_table, size_text

if TYPE_CHECKING:
    from dlgenomics_zoo.hub.plan import LoadPlan
    from dlgenomics_zoo.terms import Terms


def show_hub_plan(address: str, *, as_json: bool) -> None:
    """Print the plan for an address, and what would stop it."""
    from dlgenomics_zoo.hub.planning import plan_model

    with progress() as following:
        plan = plan_model(address, progress=following)
    obstacles = _obstacles(plan)
    if as_json:
        show_json({**plan.to_data(), "obstacles": obstacles})
        return
    show_facts(plan_facts(plan))
    show("")
    show_table(("file", "size"), [(file.path, size_text(file.size)) for file in plan.files])
    for one in obstacles:
        say(one)
    if not obstacles:
        say(f"Next: dlg get-model {plan.asked}")


def plan_facts(plan: LoadPlan) -> dict[str, Any]:
    """Return a plan's facts in the order in which a person reads them."""
    from dlgenomics_zoo.fetch import is_noncommercial

    commit = plan.commit
    licence = commit.license or "not stated"
    warning = " (NON-COMMERCIAL USE ONLY)" if is_noncommercial(licence) else ""
    access = [word for word, holds in (("gated", commit.gated), ("private", commit.private))
              if holds]
    count = f"{len(plan.files)} file{'s' if len(plan.files) > 1 else ''}"
    missing = f"{size_text(plan.missing)} of it to fetch" if plan.missing else "all of it is here"
    return {
        "model": str(plan.asked),
        "commit": commit.id,
        "route": f"{plan.route}: {plan.reason}",
        "licence": licence + warning,
        "access": ", ".join(access),
        "made from": commit.base_model,
        "tags": ", ".join(commit.tags),
        "files": f"{count}, {size_text(plan.bytes)} ({missing})",
        "memory": str(plan.memory),
        "trust": plan.trust or "none needed",
        "needs": f"pip install '{plan.extra}'" if plan.needs else "",
        "left out": ", ".join(plan.others),
    }


def _obstacles(plan: LoadPlan) -> list[str]:
    """Return in sentences what would stop `get_model` as it stands."""
    from dlgenomics.errors import DlgError
    from dlgenomics_zoo.hub.memory import require_memory

    found = []
    if plan.needs:
        found.append(f"It needs {' and '.join(plan.needs)}: pip install '{plan.extra}'")
    if plan.trust:
        found.append(f"It runs code: with trust only, as {plan.address}")
    try:
        require_memory(str(plan.asked), plan.memory)
    except DlgError as error:
        found.append(str(error))
    return found


def get_from_hub(address: str, terms: Terms, output: Path | None, *, trust: bool,
                 as_json: bool) -> None:
    """Fetch a model, verify it and say where it is; with ``output`` a copy of its package, too."""
    from dlgenomics.package.manifest import MANIFEST, read_manifest
    from dlgenomics_zoo.client import fetch_model as copy_package
    from dlgenomics_zoo.hub.open import SOURCE, fetch_model

    plan, folder = fetch_model(address, terms, trust=trust)
    if output is not None:
        folder = copy_package(str(plan.address), output, terms)[1]
    if not (folder / MANIFEST).is_file():
        facts = {**plan_facts(plan), "folder": folder, "verified": f"{len(plan.files)} files"}
        show_json({**plan.to_data(), "folder": str(folder)}) if as_json else show_facts(facts)
        say(f'Next: python -c "from dlgenomics import get_model; get_model({str(plan.asked)!r})"')
        return
    manifest = read_manifest(folder)
    if as_json:
        show_json({**manifest_data(manifest, folder, SOURCE), "plan": plan.to_data()})
        return
    show_facts({**facts_of(manifest, folder, SOURCE), "address": str(plan.address),
                "verified": f"{len(manifest.package.files) + 1} files"})
    say(f"Next: dlg predict {output or plan.asked} --fasta genome.fa --intervals intervals.bed "
        "-o predictions.tsv")
