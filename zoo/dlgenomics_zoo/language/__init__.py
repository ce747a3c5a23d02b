"""Language models of proteins, DNA and RNA made with transformers: config and tensors → a model.

A family (`esm`, `bert`, …) says for a ``config.json`` what the network is, as a spec in plain data
of layers that any spec may use, and which tensor of a checkpoint goes to which weight. Blocks of
transformers are no layers of their own: they are a few layers in ``repeat`` and ``Residual``, so
that `dlg show`, counts, names of layers and packages are those of every other model. The tied
embedding is a tensor of the graph (`TokenTable`) that embedding and scores both take.

Only facts were taken from other programs: names of tensors and what is computed.
"""

from dlgenomics_zoo.language.family import Family as Family
from dlgenomics_zoo.language.load import open_language_model as open_language_model
from dlgenomics_zoo.language.registry import family_of as family_of
