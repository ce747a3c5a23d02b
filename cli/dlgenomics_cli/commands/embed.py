"""The command ``dlg embed``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from dlgenomics_cli.example import example
from dlgenomics_cli.language import Opening, language_options, note_unknown, parsed_layer
from dlgenomics_cli.output import json_option, progress, say, show_json

if TYPE_CHECKING:
    from dlgenomics.language.tokenized import Tokenized
    from dlgenomics.spec.types import Spec


@click.command(epilog=example(
    "dlg embed ./protein-model --sequences proteins.fa -o embeddings.parquet"))
@click.argument("name")
@language_options
@click.option("-o", "--output", required=True, type=click.Path(),
              help="A file that ends in .parquet, .h5 or .npz.")
@click.option("--pool", type=click.Choice(["mean", "tokens"]), default="mean", show_default=True,
              help="One vector a sequence, the mean over its residues; or one a residue.")
@click.option("--layer", callback=parsed_layer, help="Where to look: a number of blocks, 0 for the "
              "embeddings that enter the first, or a layer's name.  [default: the network's end]")
@click.option("--truncate", is_flag=True, help="Take the first letters of sequences that are too "
              "long for the model, instead of refusing them.")
@json_option
def embed(name: str, sequences: str, output: str, truncate: bool, as_json: bool,
          **chosen: Any) -> None:
    """Write a language model's vectors of sequences, in the order of the FASTA.

    NAME is the folder of a language model (config.json with its tensors, or a package), a name
    that `dlg ls` lists, or hf://org/name. The file holds names, lengths and embeddings: float32,
    (sequences, channels), or with --pool tokens (length, channels) for each sequence. Tokens before
    and behind a sequence, such as <cls>, are left out of both.
    """
    from dlgenomics.data.sequences import read_records
    from dlgenomics.errors import plural
    from dlgenomics.language.embed import Wish, write_embeddings
    from dlgenomics.language.network import hidden_layer
    from dlgenomics.language.tokenized import tokenize, tokens_input
    from dlgenomics.language.writers import check_ending

    wish = Wish(chosen["pool"], chosen["layer"], chosen["batch_tokens"])
    opening = Opening(name, chosen["precision"], chosen["yes"], chosen["ignore_memory"])

    def checked(spec: Spec) -> Tokenized:
        one = tokens_input(spec.data.inputs)
        hidden_layer(spec, wish.layer)
        return tokenize(records, one, sequences, truncate=truncate)

    # All that can be wrong with names and files is found before TensorFlow takes its seconds.
    check_ending(output)
    records, known = read_records(sequences), opening.known_spec()
    ready = checked(known) if known else None
    model = opening.model()
    found = ready or checked(model.spec)
    _say_what_is_odd(found)
    with progress() as following:
        contents = write_embeddings(model, found, output, wish, following)
    if as_json:
        show_json({"model": model.name, "sequences": contents.sequences, "rows": contents.rows,
                   "channels": contents.channels, "pool": contents.pool,
                   "layer": contents.about["layer"], "unknown_tokens": found.unknown,
                   "truncated": list(found.cut), "output": output})
    else:
        say(f"{plural(contents.rows, 'vector')} of {plural(contents.channels, 'number')} for "
            f"{plural(contents.sequences, 'sequence')} in {output}")


def _say_what_is_odd(found: Tokenized) -> None:
    from dlgenomics.errors import plural

    note_unknown(found.unknown, found.odd, found.tokenizer)
    if found.cut:
        were = "was" if len(found.cut) == 1 else "were"
        say(f"Note: {plural(len(found.cut), 'sequence')} {were} cut to the model's context, such "
            f"as {found.cut[0]}.")
