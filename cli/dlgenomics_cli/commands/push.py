"""The command ``dlg push``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dlgenomics_cli.downloads import terms, yes_option
from dlgenomics_cli.example import example
from dlgenomics_cli.output import (
    json_option,
    progress,
    say,
    show,
    show_facts,
    show_json,
    size_text,
    starting_tensorflow,
)

if TYPE_CHECKING:
    from dlgenomics_zoo.publish.changes import Changes


@click.command(epilog=example("dlg push dragonn/tal1 hf://my-lab/tal1"))
@click.argument("model")
@click.argument("address")
@click.option("--private", is_flag=True, help="Let only its owners see a repository made now.")
@click.option("--pull-request", is_flag=True, help="Propose the change to the owners.")
@click.option("--tag", default="", help="Name this version, such as v1.")
@click.option("-m", "--message", default="", help="What the commit says.")
@click.option("--dry-run", is_flag=True, help="Show what would be sent, and change nothing.")
@yes_option
@json_option
def push(model: str, address: str, private: bool, pull_request: bool, tag: str, message: str,
         dry_run: bool, yes: bool, as_json: bool) -> None:
    """Publish a model on the Hugging Face Hub, then fetch it back and verify it.

    MODEL is a name that `dlg ls` lists or a package's folder, ADDRESS is hf://org/name[@branch].
    One commit holds the package and its model card; Keras alone can load it from there. Repeated,
    it sends only what differs. The token is that of HF_TOKEN or of `hf auth login`.
    """
    from dlgenomics.package.manifest import read_manifest
    from dlgenomics_zoo.client import open_package
    from dlgenomics_zoo.hub.address import parse_address
    from dlgenomics_zoo.publish.push import Wishes, plan_push
    from dlgenomics_zoo.publish.push import push as publish

    place = parse_address(address)
    with progress() as following:
        package, _ = open_package(model, terms(None, yes, following))
    licence = read_manifest(package).spec.license
    if not licence:
        say("This model has no licence: others may not use it. Add license: to its spec.")
    if dry_run:
        _show_plan(plan_push(package, place), str(place), as_json=as_json)
        return
    with starting_tensorflow():
        import dlgenomics.package.read  # noqa: F401 - the model is run when it is back
    with progress() as following:
        made = publish(package, place, Wishes(private, pull_request, tag, message),
                       progress=following)
    if as_json:
        show_json({"address": made.address, "url": made.url, "commit": made.commit,
                   "added": made.changes.added, "removed": made.changes.removed,
                   "bytes": made.changes.bytes, "difference": made.replay.difference})
        return
    sent = (f"{len(made.changes.added)} files, {size_text(made.changes.bytes)}"
            if made.changes.added or made.changes.removed else "nothing: it was there already")
    show_facts({"address": made.address, "page": made.url, "licence": licence, "sent": sent,
                "verified": f"fetched back, {made.replay.examples} examples predict the same"})
    say(f"Next: dlg get-model {made.address}")


def _show_plan(found: Changes, address: str, *, as_json: bool) -> None:
    if as_json:
        show_json({"address": address, "added": found.added, "removed": found.removed,
                   "bytes": found.bytes})
        return
    for mark, names in (("+", found.added), ("-", found.removed)):
        for name in names:
            show(f"{mark} {name}")
    say(f"To {address}: {len(found.added)} files to send ({size_text(found.bytes)}), "
        f"{len(found.removed)} to take away. Nothing was changed.")
