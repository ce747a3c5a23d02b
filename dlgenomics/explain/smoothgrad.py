"""SmoothGrad: the mean gradient of noisy copies of a sequence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dlgenomics.explain.attribution import Attribution, Case


@dataclass(frozen=True)
class SmoothGrad:
    """Gradient times input, with the gradient averaged over copies with noise.

    Smilkov et al., SmoothGrad: removing noise by adding noise, 2017, arXiv:1706.03825. The gap is
    against no letters at all, and large wherever the network bends.

    Attributes:
        samples: noisy copies of each sequence.
        noise: the standard deviation of what is added to each number of the one-hot array.
        seed: of the noise, which is the same for all sequences.
    """

    samples: int = 50
    noise: float = 0.15
    seed: int = 1

    def attribute(self, case: Case) -> Attribution:
        """Score a batch, with ``samples`` gradients for each sequence."""
        rng = np.random.default_rng(self.seed)
        total = np.zeros(case.x.shape, np.float64)
        for _ in range(self.samples):
            noise = rng.normal(0, self.noise, case.x.shape[1:]).astype(np.float32)
            total += case.gradients((case.x + noise)[:, None])[:, 0]
        baseline = case.values(np.zeros_like(case.x[:, None]))[:, 0]
        return Attribution((total / self.samples).astype(np.float32), baseline)
