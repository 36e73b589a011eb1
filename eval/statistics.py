"""How sure a figure is: intervals, tests between two runs, and what a sample could have shown. Knows nothing of
answers.

Everything that draws at random is seeded: the same values give the same interval, on any machine. Not covered: cases
that depend on each other (paraphrases of one question), which have to be averaged before they come here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SEED, RESAMPLES = 20_240_601, 2_000
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its interval and the number of cases behind it."""

    value: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}] n={self.n}"


def student_quantile(probability: float, degrees: int) -> float:
    """Quantile of Student's t: the expansion in 1/degrees around the normal's (Abramowitz and Stegun 26.7.5).

    Within 0.01 of the exact value for probabilities up to 0.975 and 4 or more degrees of freedom.
    """
    z = _NORMAL.inv_cdf(probability)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92_160,
    )
    return z + sum(term / float(degrees) ** power for power, term in enumerate(terms, 1))


def tail(n: int, level: float = 0.95) -> float:
    """The share to cut from each end of a bootstrap of n values.

    The plain percentile interval is too short for few values: it lacks the factor sqrt(n / (n - 1)) and Student's wider
    tail. This is the "expanded percentile" of Hesterberg, The American Statistician 69 (2015), section 5.
    """
    quantile = student_quantile((1 + level) / 2, max(n - 1, 4))
    return _NORMAL.cdf(-math.sqrt(n / (n - 1)) * quantile)


@lru_cache(maxsize=64)
def resamples(n: int, draws: int = RESAMPLES, seed: int = SEED) -> Floats:
    """Weights of the bootstrap, shape (draws, n): row r times the values is the mean of resample r."""
    counts = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=draws)
    weights: Floats = counts / n
    weights.setflags(write=False)
    return weights


def bootstrap_mean(values: Sequence[float], level: float = 0.95) -> Interval | None:
    """Mean with a bootstrap interval over the values (Efron 1979, expanded percentile); None for no values.

    A single value, and values that are all equal, give an interval of no width: n tells how little that says.
    """
    n = len(values)
    if n == 0:
        return None
    data = np.asarray(values, dtype=np.float64)
    mean = float(data.mean())
    if n == 1 or np.all(data == data[0]):
        return Interval(mean, mean, mean, n)
    cut = tail(n, level)
    low, high = np.quantile(resamples(n) @ data, [cut, 1 - cut])
    return Interval(mean, float(low), float(high), n)


def bootstrap_of(
    statistic: Callable[[NDArray[np.int64]], float | None], n: int, level: float = 0.95, draws: int = 1_000
) -> Interval | None:
    """Any statistic of cases with a bootstrap interval; `statistic` takes the rows (0 to n - 1, with repeats) of a
    resample.

    None where the statistic has no value on the whole sample. Resamples on which it has none are left out.
    """
    if n == 0 or (value := statistic(np.arange(n))) is None:
        return None
    if n == 1:
        return Interval(value, value, value, n)
    random = np.random.default_rng(SEED)
    drawn = [one for _ in range(draws) if (one := statistic(random.integers(0, n, n))) is not None]
    cut = tail(n, level)
    low, high = np.quantile(drawn, [cut, 1 - cut]) if drawn else (value, value)
    return Interval(value, min(float(low), value), max(float(high), value), n)


def quantiles(values: Sequence[float]) -> dict[str, float]:
    """p50, p95, p99 and n; linear between the two nearest (Hyndman and Fan 1996, type 7)."""
    return {f"p{share}": round(float(np.percentile(values, share)), 2) for share in (50, 95, 99)} | {"n": len(values)}


def wilson(successes: float, n: int, level: float = 0.95) -> Interval | None:
    """A share of yes among n, with Wilson's score interval (JASA 22, 1927): 10 of 10 is [0.72, 1.00]. None for n =
    0.
    """
    if n == 0:
        return None
    z = _NORMAL.inv_cdf((1 + level) / 2)
    share = successes / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return Interval(share, max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half)), n)


@lru_cache(maxsize=64)
def _signs(n: int, draws: int) -> Floats:
    """Rows of +1 and -1: all 2^n of them up to n = 12, else `draws` at random."""
    if n <= 12:
        return np.array(list(product((1.0, -1.0), repeat=n)))
    return np.random.default_rng(SEED).choice((1.0, -1.0), size=(draws, n))


def paired_permutation(differences: Sequence[float], draws: int = 5_000) -> float | None:
    """Two-sided p that the mean of paired differences is 0: Fisher's sign-flip test. None for no differences.

    Exact up to 12 differences that aren't 0 (those that are 0 change nothing), else drawn, with the observed one
    counted in (Phipson and Smyth 2010), so that p is never 0.
    """
    if not len(differences):
        return None
    data = np.array([one for one in differences if one != 0.0], dtype=np.float64)
    if not len(data):
        return 1.0
    signs = _signs(len(data), draws)
    extreme = int(np.sum(np.abs(signs @ data) >= abs(data.sum()) - 1e-9))
    return extreme / len(signs) if len(data) <= 12 else (extreme + 1) / (len(signs) + 1)


def mcnemar(broken: int, mended: int) -> float:
    """Two-sided exact p for yes/no pairs that changed: binomial with one half (McNemar 1947). 1.0 where none
    changed.
    """
    n = broken + mended
    below = sum(math.comb(n, k) for k in range(min(broken, mended) + 1))
    return min(1.0, 2.0 * below / 2.0**n)


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """p values adjusted for how many were looked at (Holm, Scand. J. Statist. 6, 1979); {} for none."""
    adjusted: dict[str, float] = {}
    highest, left = 0.0, len(p_values)
    for name, p in sorted(p_values.items(), key=lambda item: (item[1], item[0])):
        highest = max(highest, min(1.0, p * left))
        adjusted[name] = highest
        left -= 1
    return adjusted


def minimum_detectable(differences: Sequence[float], power: float = 0.8, alpha: float = 0.05) -> float | None:
    """The smallest true mean difference that n such pairs show with this power: (z₁₋α⁄₂ + z_power) · s / √n.

    None for fewer than two pairs, and where none differs. Lehr's rule of thumb (Stat. Med. 11, 1992) is this with 80
    % and 5 %.
    """
    n = len(differences)
    if n < 2:
        return None
    spread = float(np.std(np.asarray(differences, dtype=np.float64), ddof=1))
    if spread == 0:
        return None
    return (_NORMAL.inv_cdf(1 - alpha / 2) + _NORMAL.inv_cdf(power)) * spread / math.sqrt(n)
