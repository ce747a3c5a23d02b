"""Numbers that say where, or how far apart: fixed functions of positions, in NumPy."""

from __future__ import annotations

import math

import numpy as np


def sinusoids(length: int, channels: int, max_wavelength: float) -> np.ndarray:
    """Return sines at even channels and cosines at odd ones, shape (length, channels)."""
    places = np.arange(length)[:, None]
    channel = np.arange(channels)
    angles = places / max_wavelength ** ((channel - channel % 2) / channels)
    return np.where(channel % 2 == 0, np.sin(angles), np.cos(angles))


def relative_features(length: int, features: int, *, symmetric: bool) -> np.ndarray:
    """Return Enformer's basis functions of the distance between two positions.

    A third each are exponential decays, central masks and gamma densities of the distance's size;
    unless ``symmetric``, half of the features are the same again times the distance's sign.

    Args:
        length: of the sequence; distances run from ``1 - length`` to ``length - 1``.
        features: how many, a multiple of 3 (symmetric) or 6.
        symmetric: whether left and right are alike.

    Returns:
        Shape (2 * length - 1, features).
    """
    distances = np.arange(1 - length, length)
    each = features // (3 if symmetric else 6)
    size = np.abs(distances)[:, None].astype(float)
    found = np.concatenate(
        [_exponential(size, length, each), _central_mask(size, each), _gamma(size, length, each)],
        axis=1,
    )
    if symmetric:
        return found
    return np.concatenate([found, np.sign(distances)[:, None] * found], axis=1)


def _exponential(size: np.ndarray, length: int, number: int) -> np.ndarray:
    """Decays with half-lives from 8 positions to ``length``, even on the log scale."""
    half_life = 2.0 ** np.linspace(3, math.log2(length), number)
    return np.asarray(np.exp(-math.log(2) / half_life * size))


def _central_mask(size: np.ndarray, number: int) -> np.ndarray:
    """Ones within 1, 3, 7, 15 ... positions, zeros beyond."""
    return (2.0 ** np.arange(1, number + 1) - 1 > size).astype(float)


def _gamma(size: np.ndarray, length: int, number: int) -> np.ndarray:
    """Gamma densities with means spread over the length; the greatest value is 1."""
    deviation = length / (2 * number)
    mean = np.linspace(length / number, length, number)
    shape, rate = (mean / deviation) ** 2, mean / deviation**2
    with np.errstate(divide="ignore"):
        log_size = np.log(size)
    log_norm = np.array([math.lgamma(s) for s in shape]) - shape * np.log(rate)
    # The shape is 4 or more, so that the density at distance 0 is exp(-inf).
    density = np.exp((shape - 1) * log_size - rate * size - log_norm) + 1e-8
    return np.asarray(density / density.max())
