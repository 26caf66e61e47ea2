"""Parts of the intent model: a logistic regression and two least-squares support vector machines.

A least-squares SVM (Suykens and Vandewalle 1999, Neural Processing Letters 9) is an SVM whose
fit is one system of linear equations. So it needs no seed, and what it would have said about
rows it had not been given follows from the same inverse matrix, for any set of rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = NDArray[np.float32]
    Places = NDArray[np.int64]

RBF_GAMMA = 2.0  # of the Gaussian kernel: exp(-WIDTH * squared distance of two unit vectors)
TERM_KERNEL_WEIGHT = 0.2  # what common words and letters count beside it
INVERSE_REGULARIZATION = 30  # inverse regularization of the logistic regression
INVERSE_THREADS = 2  # of the inverse; always as many, so that the bytes are the same
ABSENT_LABEL_LOG_ODDS = -30.0  # the log-odds of a label that was not in the training rows


def compute_kernel(cosines: Matrix) -> Matrix:
    """The Gaussian kernel of unit vectors with these cosines."""
    kernel = np.subtract(cosines, np.float32(1), dtype=np.float32)
    kernel *= np.float32(2 * RBF_GAMMA)
    return np.exp(kernel, out=kernel)


def limit_threads(count: int) -> Any:
    """A context in which the linear algebra of this process has so many threads.

    Matrices as narrow as those of a logistic regression are slower with two than with one.
    """
    from threadpoolctl import threadpool_limits

    return threadpool_limits(count, user_api="blas")


def invert_kernel(kernel: Matrix, ridge: float) -> Matrix:
    """(kernel + ridge * identity)^-1, shape (n, n).

    Reads the lower half, overwrites the kernel. Raises ArithmeticError where there is none.
    """
    from scipy.linalg.lapack import spotrf, spotri

    kernel[np.diag_indices(len(kernel))] += np.float32(ridge)
    with limit_threads(INVERSE_THREADS):
        factor, failed = spotrf(kernel.T, lower=0, overwrite_a=1)
        inverted, failed_too = spotri(factor, lower=0, overwrite_c=1)
    if failed or failed_too:
        raise ArithmeticError("the examples give no solution: their vectors are not numbers")
    upper = inverted.T
    return _mirror_lower(upper)


def _mirror_lower(lower: Matrix) -> Matrix:
    """The full matrix of a lower triangle, block by block to save memory."""
    step = 1024
    for start in range(0, len(lower), step):
        block = slice(start, start + step)
        lower[block, start + step :] = lower[start + step :, block].T
        corner = np.tril(lower[block, block])
        lower[block, block] = corner + np.tril(corner, -1).T
    return lower


def build_targets(truth: Places, labels: int) -> Matrix:
    """+1 in the column of a row's label, -1 elsewhere: shape (n, labels)."""
    wanted = -np.ones((len(truth), labels), np.float32)
    known = truth >= 0
    wanted[np.flatnonzero(known), truth[known]] = 1
    return wanted


def predict_without(inverted: Matrix, weights: Matrix, wanted: Matrix, rows: Places) -> Matrix:
    """Scores (rows, labels) of a machine fitted without these rows, for these rows.

    The block form of the leave-one-out formula (Rifkin and Lippert 2007,
    MIT-CSAIL-TR-2007-025).
    """
    from scipy.linalg import solve

    block = inverted[np.ix_(rows, rows)]
    errors = solve(block, weights[rows], assume_a="pos", overwrite_a=True, check_finite=False)
    return np.asarray(wanted[rows] - errors, np.float32)


def fit_logistic(vectors: Matrix, truth: Places, labels: int) -> tuple[Matrix, Matrix]:
    """Weights (384, labels) and bias (labels,) of a logistic regression."""
    from sklearn.linear_model import LogisticRegression

    known = np.unique(truth)
    weights = np.zeros((vectors.shape[1], labels), np.float32)
    bias = np.full(labels, ABSENT_LABEL_LOG_ODDS, np.float32)
    if len(known) == 1:
        bias[known] = 0
        return weights, bias
    model = LogisticRegression(C=INVERSE_REGULARIZATION, max_iter=2000).fit(vectors, truth)
    found, start = model.coef_.T, model.intercept_
    if len(known) == 2:  # only the second is modelled: the first is its zero
        found, start = np.hstack([0 * found, found]), np.append(0, start)
    weights[:, known], bias[known] = found, start
    return weights, bias


def assign_folds(texts: Sequence[str], truth: Places, count: int, seed: int) -> Places:
    """The fold of each row: labels spread evenly, the same words always in the same fold."""
    plain = [" ".join(text.lower().split()) for text in texts]
    _, first, group = np.unique(plain, return_index=True, return_inverse=True)
    order = np.random.default_rng(seed).permutation(len(first))
    order = order[np.argsort(truth[first[order]], kind="stable")]
    fold = np.empty(len(first), np.int64)
    fold[order] = np.arange(len(first)) % count
    return np.asarray(fold[group])
