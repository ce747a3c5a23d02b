"""Writes the index of Kipoi's models that comes with dlgenomics.

    git clone --depth 1 https://github.com/kipoi/models
    python zoo/build_kipoi_index.py models

The index holds facts (names, shapes, addresses, hashes, licences, people), not the descriptors.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from dlgenomics_zoo.kipoi.checkout import Checkout
from dlgenomics_zoo.kipoi.index import SHIPPED, Index, Origin, facts_only, write_index

URL = "https://github.com/kipoi/models"
RAW = "https://raw.githubusercontent.com/kipoi/models"
NOTICE = "Facts from Kipoi's descriptors: MIT licence, Copyright (c) 2017 Kipoi team"


def main() -> None:
    """Read a checkout and write its index; say on standard error what is in it."""
    given = _arguments()
    commit = given.commit or _git(given.checkout, "%H")
    date = given.date or _git(given.checkout, "%cs")
    models = Checkout(given.checkout, f"{RAW}/{commit}/").models()
    facts = {name: facts_only(one) for name, one in models.items()}
    write_index(Index(Origin(URL, commit, date, NOTICE), facts), given.output)
    for problem in sorted({f"{o.name}: {p}" for o in models.values() for p in o.problems}):
        sys.stderr.write(f"{problem}\n")
    sys.stderr.write(f"{len(models):,} models of {commit[:12]} ({date}), "
                     f"{given.output.stat().st_size:,} bytes: {given.output}\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("checkout", type=Path, help="a checkout of Kipoi's model repository")
    parser.add_argument("-o", "--output", type=Path, default=SHIPPED, help="default: %(default)s")
    parser.add_argument("--commit", help="the commit, where the checkout is no git repository")
    parser.add_argument("--date", help="its date, likewise")
    return parser.parse_args()


def _git(checkout: Path, form: str) -> str:
    done = subprocess.run(["git", "-C", str(checkout), "log", "-1", f"--format={form}"],  # noqa: S603, S607
                          capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{checkout} must be a git checkout, or say --commit and --date. "
                 f"Received: {done.stderr.strip()}")
    return done.stdout.strip()


if __name__ == "__main__":
    main()
