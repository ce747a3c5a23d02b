"""# Lesson 5: what variants do to the binding of SPI1.

Do a network's effect sizes agree with the allelic imbalance that an experiment sees? After
DragoNN's fifth tutorial: SPI1 and 999,799 variants, of which 3,831 change binding (bQTLs, p <=
5e-5), compared with as many of p = 1.

DragoNN published, for the classification of bound windows, auROC .975 (auPRC .357); for the
regression of asinh of the coverage Pearson .495 and Spearman .541; for a student trained on its
teacher .494 and .508.

Run `python variants.py`; with `LESSON_DATA=FOLDER` on `sequences.fa.gz` and `labels.tsv` (200 bp,
a column `bound`) to train on, `genome.fa`, `variants.vcf`, and `observed.tsv` with the columns
`name` (the ID in the VCF), `imbalance` (log2 of alternative over reference reads) and `p`.
"""

# %%
import csv
import math

import numpy as np
from tools import LINES, begin, fit, save, show_table, subplots

from dlgenomics.data.encoding import decode
from dlgenomics.data.sequences import write_sequences
from dlgenomics.data.tables import write_table
from dlgenomics.simulate import Simulation, load_motif, simulate, write_simulation
from dlgenomics.train.metrics import auroc, measure
from dlgenomics.variants.plan import Options
from dlgenomics.variants.scoring import score_variants

lesson = begin("variants", 6000)
LENGTH = 200
SPI1 = load_motif("SPI1")
WEIGHTS = np.log2(SPI1.matrix + 0.001) + 2

# %% [markdown]
# ## Sequences, a genome, variants, and reads
#
# Three in four variants lie in a site of SPI1, the others beside one. How strongly the factor binds
# an allele follows from the best match of the matrix, on either strand; reads are drawn from both
# alleles accordingly, 60 on average, more or less evenly (an overdispersion of 0.01). The network
# knows nothing of all this: it learns from sequences with sites and without.


# %%
def best_match(codes: np.ndarray) -> float:
    """Return the best match of the matrix in a sequence, in bits."""
    windows = np.lib.stride_tricks.sliding_window_view(codes, SPI1.width)
    places = np.arange(SPI1.width)
    return float(max(WEIGHTS[places, windows].sum(1).max(),
                     WEIGHTS[::-1, ::-1][places, windows].sum(1).max()))


def two_sided(alternative: int, reads: int) -> float:
    """Return the p-value of reads that are fairly shared between two alleles."""
    less = min(alternative, reads - alternative)
    return min(1.0, 2 * sum(math.comb(reads, i) for i in range(less + 1)) / 2**reads)


def write_variants(made: Simulation) -> None:
    """Write genome, variants and what an experiment sees of them."""
    rng = np.random.default_rng(4)
    at = made.embeddings
    records, observed = [], []
    for i in range(len(at)):
        codes = made.codes[at.sequence[i]]
        inside = rng.random() < 0.75
        place = int(at.start[i] + rng.integers(0, at.width[i])) if inside else int(
            rng.choice([p for p in range(100, len(codes) - 100)
                        if not at.start[i] - 5 <= p < at.start[i] + at.width[i] + 5]))
        changed = codes.copy()
        changed[place] = (codes[place] + rng.integers(1, 4)) % 4
        around = slice(max(0, place - 60), place + 60)
        effect = best_match(changed[around]) - best_match(codes[around])
        reads = max(10, int(rng.poisson(60)))
        share = 1 / (1 + 2.0 ** (-0.25 * effect))
        fair = rng.beta(share / 0.01, (1 - share) / 0.01) if 0 < share < 1 else share
        alternative = int(rng.binomial(reads, fair))
        name = f"v{i}"
        records.append((f"tile{at.sequence[i]}", place + 1, name, decode(codes[place:place + 1]),
                        decode(changed[place:place + 1]), ".", "PASS", "."))
        observed.append((name, f"{np.log2((alternative + 0.5) / (reads - alternative + 0.5)):.4f}",
                         f"{two_sided(alternative, reads):.3g}"))
    tiles = [f"tile{row}" for row in range(len(made.codes))]
    write_sequences(data / "genome.fa", tiles, made.codes)
    head = ["##fileformat=VCFv4.2", '##FILTER=<ID=PASS,Description="All filters passed">']
    head += [f"##contig=<ID={tile},length={made.codes.shape[1]}>" for tile in tiles]
    columns = "#CHROM POS ID REF ALT QUAL FILTER INFO".replace(" ", "\t")
    lines = ["\t".join(map(str, record)) for record in sorted(
        records, key=lambda one: (int(one[0][4:]), one[1]))]
    (data / "variants.vcf").write_text("\n".join([*head, columns, *lines]) + "\n")
    write_table(data / "observed.tsv", ["name", "imbalance", "p"], observed)


data = lesson.data or lesson.out / "data"
if lesson.data is None:
    write_simulation(simulate("single-motif", SPI1, count=lesson.count, length=LENGTH, seed=1),
                     data)
    # Sequences that the network has not seen: another seed.
    write_variants(simulate("motif-counting", SPI1, count=max(60, lesson.count // 5), length=400,
                            seed=99, positive=(1, 1), negative=(0, 0)))

# %% [markdown]
# ## A network that knows sites from background

# %%
SPEC = """
spec: 1
name: lessons/spi1
task: binary_classification
data:
  train: {fasta: sequences.fa.gz, labels: labels.tsv}
  inputs:
    dna: {kind: dna, length: 200}
  targets:
    bound: {column: bound}
  split: {by: random, test: 0.2, validation: 0.16, stratify: bound}
  augment:
    - reverse_complement: {probability: 0.5}
model:
  layers:
    - Conv1D: {filters: 24, kernel_size: 20, activation: relu}
    - GlobalMaxPooling1D
    - Dense: {units: 16, activation: relu}
    - Dense: {units: 1}
training:
  seed: 1
  optimizer: {Adam: {learning_rate: 0.005}}
  metrics: [auroc, auprc]
  epochs: 30
  callbacks:
    - EarlyStopping: {monitor: val_loss, patience: 6}
"""
model, metrics = fit(SPEC, data, lesson.out / "run")

# %% [markdown]
# ## Effect sizes against what was observed
#
# `dlg score-variants` writes the same from the command line. The effect is the difference of the
# logits of both alleles, averaged over both strands.

# %%
scored = lesson.out / "scored.tsv"
score_variants(model, data / "variants.vcf", data / "genome.fa", scored,
               Options(scores=("logit_diff",), both_strands=True))
with scored.open(newline="") as stream:
    table = list(csv.DictReader(stream, delimiter="\t"))
with (data / "observed.tsv").open(newline="") as stream:
    seen = {row["name"]: (float(row["imbalance"]), float(row["p"]))
            for row in csv.DictReader(stream, delimiter="\t")}
id_key = next(key for key in table[0] if key.lower() in ("id", "name", "variant_id"))
score_key = next(key for key in table[0] if "logit_diff" in key.lower())
kept = [row for row in table if row[id_key] in seen and row[score_key] not in ("", "nan")]
effect = np.array([float(row[score_key]) for row in kept])
imbalance, p = np.array([seen[row[id_key]] for row in kept]).T
changing, fair = p <= 5e-5, p >= 0.2
among = changing | fair
rows = [
    ["sites against background", metrics["bound"]["auroc"], ".975 on GM12878 (classification)"],
    *([f"effect against imbalance, {metric.capitalize()}",
       measure(metric, imbalance[:, None], effect[:, None]), ""]
      for metric in ("pearson", "spearman")),
    [f"|effect| tells {changing.sum()} changing from {fair.sum()} fair variants, auROC",
     auroc(changing[among].astype(float), np.abs(effect[among])), ""],
    ["same direction where binding changes",
     float((np.sign(effect[changing]) == np.sign(imbalance[changing])).mean()), ""],
]
show_table(["", "ours, simulated", "DragoNN"], rows, lesson.out / "results.tsv")

# %%
figure, (axes,) = subplots(1, 5.2, 4)
for (colour, _), marker, which, label in ((LINES[0], "o", ~changing, "others"),
                                          (LINES[1], "^", changing, "p ≤ 5e-5")):
    axes.plot(effect[which], imbalance[which], marker, color=colour, markersize=4, alpha=0.7,
              label=label)
axes.set(xlabel="effect: difference of logits", ylabel="log2 reads, alternative over reference",
         title=f"{len(effect)} variants")
axes.legend()
save(figure, lesson.out / "effects.png")

# %% [markdown]
# ## Defects of DragoNN that are not repeated
#
# * Windows of both alleles have one length and one middle, and the reference allele is checked
#   against the genome.
# * A logit is clipped nowhere and never infinite; DragoNN's log-loss is.
# * Fitted values are written to the table itself, not to a copy of its rows that is lost.
