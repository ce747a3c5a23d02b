"""# Lesson 1: a CNN for the density of one motif.

Do the TAL1 motifs of a sequence lie together in its centre, or anywhere? After DragoNN's first
tutorial: 1,500 bp with 2 to 4 TAL1 motifs, in the central 150 bp or anywhere.

DragoNN published, on 6,000 sequences: auROC .974 with one filter of width 10, and .975 with 15
(auPRC .976; recall 87.4 / 93.2 / 98.6 % at 5 / 10 / 20 % FDR).

Run `python density.py`; with `LESSON_DATA=FOLDER` on your own `sequences.fa.gz` and `labels.tsv`
(1,500 bp, a column `bound`).
"""

# %%
from pathlib import Path

import numpy as np
from tools import LINES, begin, fit, save, show_table, subplots

from dlgenomics.data.encoding import one_hot
from dlgenomics.data.sequences import read_sequences
from dlgenomics.data.tables import read_table
from dlgenomics.explain.explaining import explain
from dlgenomics.simulate import load_motif, simulate, write_simulation
from dlgenomics.spec import load_spec
from dlgenomics.train.metrics import auprc, auroc
from dlgenomics.train.run import RunFolder, read_history_table

lesson = begin("density", 6000)
SPECS = Path(__file__).parent.parent / "dragonn" if "__file__" in globals() else Path("../dragonn")

# %% [markdown]
# ## The sequences
#
# Negatives hold the motif as often as positives do: to know where the motifs are is the only way to
# tell them apart. `motifs.bed` keeps the truth.

# %%
data = lesson.data or lesson.out / "data"
if lesson.data is None:
    made = simulate("density-localization", load_motif("TAL1_known4"), count=lesson.count,
                    length=1500, seed=1)
    write_simulation(made, data)
sequences = read_sequences(data / "sequences.fa.gz", 1500)
bound = read_table(data / "labels.tsv").joined(sequences.names, "labels").numbers("bound")
print(f"{len(bound):,} sequences, {bound.mean():.0%} of them positive")

# %% [markdown]
# ## Without a network
#
# How well does the best match of the motif in the central 150 bp do, on all sequences? A network
# has to beat that. (On real data the motif may not be known.)

# %%
matrix = np.log2(load_motif("TAL1_known4").matrix + 0.001) + 2
centre = one_hot(sequences.codes[:, 675:825])
windows = np.lib.stride_tricks.sliding_window_view(centre, len(matrix), axis=1)
scan = np.maximum(np.einsum("nlcw,wc->nl", windows, matrix),
                  np.einsum("nlcw,wc->nl", windows, matrix[::-1, ::-1])).max(axis=1)

# %% [markdown]
# ## One filter, and fifteen
#
# A network is a spec; training keeps the weights of the epoch with the least validation loss
# (Keras's own default would keep the last). One filter of 86 weights is easily stuck; that is luck,
# not a law: the spec says with which seed it is not.

# %%
rows = [["best match in the centre", auroc(bound, scan), auprc(bound, scan), "", "", ""]]
curves = {}
models = {}
for name in ("tutorial1-1", "tutorial1-15"):
    run = lesson.out / name
    models[name], metrics = fit(load_spec(SPECS / f"{name}.yaml"), data, run)
    found = next(iter(metrics.values()))
    curves[name] = read_history_table(RunFolder(run))
    filters = name.rpartition("-")[2]
    rows.append([f"{filters} filters" if filters != "1" else "1 filter", found["auroc"],
                 found["auprc"], *(found[f"recall_at_{fdr}_fdr"] for fdr in (5, 10, 20))])
show_table(["", "auROC", "auPRC", "recall 5 % FDR", "10 %", "20 %"], rows,
           lesson.out / "results.tsv")

# %% [markdown]
# ## How training went

# %%
figure, axes = subplots(2, 9, 3.6, sharey=True)
for one, (name, curve) in zip(axes, curves.items(), strict=True):
    epochs = np.arange(1, len(curve["data_loss"]) + 1)
    for (colour, dashes), (key, label) in zip(LINES, (("data_loss", "training"),
                                                      ("val_data_loss", "validation")),
                                              strict=False):
        one.plot(epochs, curve[key], color=colour, linestyle=dashes, label=label)
    one.axvline(int(np.argmin(curve["val_data_loss"])) + 1, color="#222222", linestyle=":",
                linewidth=1, label="kept")
    one.set(xlabel="epoch", title=name)
axes[0].set_ylabel("loss")
axes[0].legend()
save(figure, lesson.out / "learning.png")

# %% [markdown]
# ## What was learned
#
# The filters of the first layer are often shown as if they were the motif. They need not look like
# it: layers behind put the pieces together. Contribution scores of the whole network say where it
# looks; here their share within the central 150 bp of positives.

# %%
model = models["tutorial1-15"]
kernel = model.model.get_layer("conv1d_1").get_weights()[0]
profile = load_motif("TAL1_known4").matrix - 0.25


def likeness(one: np.ndarray) -> float:
    """Return the best correlation of a filter with the motif, on either strand."""
    return max(float(np.corrcoef(one.ravel(), strand.ravel())[0, 1])
               for strand in (profile, profile[::-1, ::-1]))


best = max(likeness(kernel[:, :, i]) for i in range(kernel.shape[2]))
positives = np.flatnonzero(bound == 1)[:40]
scores = np.abs(explain(model, one_hot(sequences.codes[positives]), "deeplift").actual)
inside = scores[:, 675:825].sum() / scores.sum()
print(f"best correlation of a filter with the motif: {best:.2f}")
print(f"contributions within the central tenth of the sequence: {inside:.0%}")

# %% [markdown]
# ## Defects of DragoNN that are not repeated
#
# * Recall at an FDR is the best of all thresholds. DragoNN searches for one in a curve that is not
#   sorted, and can report 5 % where the truth is 20 %.
# * Stopping looks at the validation set; the test set is used once.
# * Nothing is drawn from filters that the filters do not show.
