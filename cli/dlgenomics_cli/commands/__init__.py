"""One small file a command. None imports the library's heavy rooms before it is run."""

from typing import Final

import click

from dlgenomics_cli.commands.baseline import baseline
from dlgenomics_cli.commands.cache import cache
from dlgenomics_cli.commands.convert import convert
from dlgenomics_cli.commands.design import design
from dlgenomics_cli.commands.doctor import doctor
from dlgenomics_cli.commands.embed import embed
from dlgenomics_cli.commands.ensemble import ensemble
from dlgenomics_cli.commands.evaluate import evaluate
from dlgenomics_cli.commands.explain import explain
from dlgenomics_cli.commands.get_example import get_example
from dlgenomics_cli.commands.get_model import get_model
from dlgenomics_cli.commands.info import info
from dlgenomics_cli.commands.init import init
from dlgenomics_cli.commands.lr_range import lr_range
from dlgenomics_cli.commands.ls import ls
from dlgenomics_cli.commands.merge import merge
from dlgenomics_cli.commands.motifs import motifs
from dlgenomics_cli.commands.package import package
from dlgenomics_cli.commands.plan import plan
from dlgenomics_cli.commands.predict import predict
from dlgenomics_cli.commands.push import push
from dlgenomics_cli.commands.resume import resume
from dlgenomics_cli.commands.score_mutations import score_mutations
from dlgenomics_cli.commands.score_variants import score_variants
from dlgenomics_cli.commands.search import search
from dlgenomics_cli.commands.show import show
from dlgenomics_cli.commands.simulate import simulate
from dlgenomics_cli.commands.source import source
from dlgenomics_cli.commands.spliceai import spliceai
from dlgenomics_cli.commands.test import test
from dlgenomics_cli.commands.train import train
from dlgenomics_cli.commands.validate import validate
from dlgenomics_cli.commands.view import view

SECTIONS: Final[dict[str, tuple[click.Command, ...]]] = {
    "Describe": (init, validate, show, doctor, simulate),
    "Train": (train, resume, lr_range, search, baseline, evaluate, ensemble),
    "Find and share": (ls, info, plan, get_model, get_example, test, package, push, convert, source,
                       cache),
    "Predict": (predict, merge, view, embed),
    "Explain and design": (explain, motifs, score_variants, spliceai, score_mutations, design),
}
"""The commands by what they are for, as the help of ``dlg`` lists them."""

ALL: Final[tuple[click.Command, ...]] = tuple(
    command for commands in SECTIONS.values() for command in commands)
