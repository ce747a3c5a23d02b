"""# Lesson 2: a grid search for hyperparameters.

Which settings matter for finding one motif? After DragoNN's second tutorial, which varies one at a
time: training examples (500 to 12,500), width of the filters (1 to 26), their number (1 to 36) and
pooling (5 to 45 bp). It published curves of the auROC, and for its reference network (10 filters of
width 15, pooling over 35 bp, 16,000 examples) test auROCs of .924 (TAL1), .958 (CTCF), .961
(ZNF143) and .827 (SIX5). Here sequences are shorter, 200 bp, and fewer, so that all of it takes
about two minutes.

Run `python grid_search.py`; with `LESSON_DATA=FOLDER` on your own `sequences.fa.gz` and
`labels.tsv` (200 bp, a column `bound`).
"""

# %%
import csv

import numpy as np
from tools import LINES, begin, fit, save, show_table, subplots

from dlgenomics.data.sequences import read_sequences, write_sequences
from dlgenomics.data.tables import read_table, write_table
from dlgenomics.search.conduct import search
from dlgenomics.simulate import load_motif, simulate, write_simulation
from dlgenomics.spec import load_spec

lesson = begin("grid_search", 4000)

# %% [markdown]
# ## The sequences: is CTCF there?

# %%
data = lesson.data or lesson.out / "data"
if lesson.data is None:
    made = simulate("single-motif", load_motif("CTCF"), count=lesson.count, length=200, seed=1)
    write_simulation(made, data)

# %% [markdown]
# ## What is varied
#
# A `search` section says what, by paths into the same file. Each trial is a training of its own,
# compared by the auROC on the validation set. Test examples are not read before the very end.

# %%
SPEC = """
spec: 1
name: lessons/grid-search
task: binary_classification
data:
  train: {fasta: sequences.fa.gz, labels: labels.tsv}
  inputs:
    dna: {kind: dna, length: 200}
  targets:
    bound: {column: bound}
  split: {by: random, test: 0.2, validation: 0.2, stratify: bound}
model:
  layers:
    - Conv1D: {filters: 10, kernel_size: 15, activation: relu}
    - MaxPooling1D: {pool_size: 35}
    - Flatten
    - Dense: {units: 1}
training:
  seed: 1
  optimizer: {Adam: {learning_rate: 0.01}}
  metrics: [auroc, auprc]
  epochs: 15
  callbacks:
    - EarlyStopping: {monitor: val_loss, patience: 4}
"""
GRID = """
search:
  objective: val_auroc
  strategy: grid
  workers: 2
  space:
    model.layers[0].Conv1D.kernel_size: [1, 8, 16]
    model.layers[0].Conv1D.filters: [1, 4, 16]
"""
folder = lesson.out / "search"
state = search(SPEC + GRID, data, folder, replace=True)
with (folder / "table.tsv").open(newline="") as stream:
    trials = [row for row in csv.DictReader(stream, delimiter="\t") if row["val_auroc"]]
print(f"{len(trials)} trials")

# %% [markdown]
# ## What matters

# %%
width_key = next(key for key in trials[0] if "kernel_size" in key)
filters_key = next(key for key in trials[0] if "filters" in key)
figure, axes = subplots(2, 9, 3.6, sharey=True)
counts = sorted({int(row[filters_key]) for row in trials})
for (colour, dashes), count in zip(LINES, counts, strict=False):
    line = sorted((int(row[width_key]), float(row["val_auroc"])) for row in trials
                  if int(row[filters_key]) == count)
    axes[0].plot(*zip(*line, strict=True), color=colour, linestyle=dashes, marker="o",
                 label=f"{count} filter{'s' * (count > 1)}")
axes[0].set(xlabel="width of the filters (bp)", ylabel="validation auROC", ylim=(0.4, 1.02))
axes[0].legend()

# %% [markdown]
# ## How many examples
#
# The same network, fed with fewer training examples; validation and test sets stay as they are.

# %%
sequences = read_sequences(data / "sequences.fa.gz", 200)
labels = read_table(data / "labels.tsv").joined(sequences.names, "labels").numbers("bound")
order = np.arange(len(labels))
part = np.where(order % 5 == 0, "test", np.where(order % 5 == 1, "validation", "train"))
sizes, reached = [], []
for share in (1 / 8, 1 / 4, 1 / 2, 1):
    kept = np.flatnonzero((part != "train") | (order % 80 < 80 * share))
    fewer = lesson.out / f"examples-{share:g}"
    write_sequences(fewer / "sequences.fa.gz", [sequences.names[i] for i in kept],
                    sequences.codes[kept])
    write_table(fewer / "labels.tsv", ["name", "bound", "part"],
                [(sequences.names[i], int(labels[i]), part[i]) for i in kept])
    spec = SPEC.replace("{by: random, test: 0.2, validation: 0.2, stratify: bound}",
                        "{by: column, column: part}")
    _, metrics = fit(spec, fewer, fewer / "run")
    sizes.append(int((part[kept] == "train").sum()))
    reached.append(metrics["bound"]["auroc"])
axes[1].plot(sizes, reached, color=LINES[0][0], marker="o")
axes[1].set(xlabel="training examples", xscale="log", title="10 filters of width 15, test set")
axes[1].set_xticks(sizes, [f"{size:,}" for size in sizes])
axes[1].minorticks_off()
save(figure, lesson.out / "settings.png")

# %% [markdown]
# ## The best, measured once on the test set

# %%
best = max(trials, key=lambda row: float(row["val_auroc"]))
_, metrics = fit(load_spec(folder / "best.yaml"), data, lesson.out / "best")
show_table(["", "filters", "width", "validation auROC", "test auROC", "test auPRC"],
           [["best of the grid", best[filters_key], best[width_key], float(best["val_auroc"]),
             metrics["bound"]["auroc"], metrics["bound"]["auprc"]]], lesson.out / "results.tsv")

# %% [markdown]
# ## Defects of DragoNN that are not repeated
#
# * DragoNN selects on the test set; here a search cannot even see it.
# * Asked for auPRC, DragoNN's search returns auROC; here the objective is a named metric, and a
#   name that is none is an error.
# * Class weights and labels are not written into copies of rows and lost.
