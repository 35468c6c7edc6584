"""Measure MNIST against itself and print the tables of metrics.md: python docs/measures.py."""

import time

import numpy as np
from scipy.ndimage import gaussian_filter
from sklearn.cluster import MiniBatchKMeans

from unlabeled import datasets, metrics


def centres(X: np.ndarray, k: int) -> np.ndarray:
    """`k` cluster centres of the rows."""
    return MiniBatchKMeans(k, random_state=0, n_init=1).fit(X).cluster_centers_


def candidates(real, rest, y_rest) -> dict[str, np.ndarray]:
    """What stands in for the samples of a model; each is wrong in one way."""
    digits, rng = rest[:3000], np.random.default_rng(0)

    def noisy(X, deviation):
        return (X + rng.normal(0, deviation, X.shape)).clip(0, 1)

    def without(*classes):
        return rest[~np.isin(y_rest, classes)][:3000]

    blurred = gaussian_filter(digits.reshape(-1, 28, 28), (0, 1, 1)).reshape(-1, 784)
    return {
        "other real digits": digits,
        "1,000 of them": digits[:1000],
        "200 of them": digits[:200],
        "noise of deviation 0.1": noisy(digits, 0.1),
        "noise of deviation 0.3": noisy(digits, 0.3),
        "blurred by 1 pixel": blurred,
        "one digit (4) missing": without(4),
        "three digits (4, 7, 9) missing": without(4, 7, 9),
        "50 digits, each 60 times": digits[:50].repeat(60, 0),
        "500 k-means centres": centres(rest[:15_000], 500),
        "the real rows again, slightly noisy": noisy(real[:3000], 0.02),
        "inverted": 1 - digits,
    }


def beside(estimate, digits: int, scale: float = 1) -> str:
    """The value, its error if it has one, and in brackets what real rows reach."""
    error = estimate.standard_error
    spread = "" if error is None else f" ± {scale * error:.{digits}f}"
    value, floor = scale * estimate.value, scale * estimate.floor
    return f"{value:.{digits}f}{spread} ({floor:.{digits}f})"


def line(name: str, rows, space, real, held_out) -> str:
    """One row of the first table; `real` and `held_out` are pixels."""
    in_pixels = "–"  # fewer rows than pixels have a singular covariance
    if len(rows) > rows.shape[1]:
        in_pixels = beside(metrics.frechet_distance(real, rows), 2)
    R, S = space.transform(real), space.transform(rows)
    copies = metrics.memorisation(R, space.transform(held_out), S)
    score = metrics.classifier_score(space.predict_proba(real), space.predict_proba(rows))
    shares = *metrics.precision_recall(R, S), *metrics.density_coverage(R, S), score
    cells = [
        *(name, in_pixels, beside(metrics.frechet_distance(R, S), 1)),
        beside(metrics.kernel_distance(R, S), 1, scale=1000),
        *(beside(estimate, 2) for estimate in shares),
        *(f"{copies.statistic:.1f}", f"{100 * copies.copied:.1f} %"),
    ]
    return f"| {' | '.join(cells)} |".replace("-", "−")


def measure() -> None:
    """Print both tables."""
    X, y = datasets.load("mnist", return_labels=True, scale=True)
    order = np.random.default_rng(0).permutation(len(X))
    X, y = X[order], y[order]
    T, y_test = datasets.load("mnist", "test", return_labels=True, scale=True)
    start = time.process_time()
    space = metrics.fit_features(X[:20_000], y[:20_000], image_shape=(1, 28, 28))
    spent, right = time.process_time() - start, (space.predict(T) == y_test).mean()
    print(f"{space}; {spent:.0f} seconds, {right:.1%} of the test set right", flush=True)
    real, rest, y_rest = X[20_000:26_000], X[30_000:], y[30_000:]
    for name, rows in candidates(real, rest, y_rest).items():
        print(line(name, rows, space, real, rest[-3000:]), flush=True)
    windows = {
        "1,000 training rows": X[:1000],
        "10,000 training rows": X[20_000:30_000],
        "1,000 k-means centres of the training rows": centres(X[:50_000], 1000),
    }
    for name, rows in windows.items():
        found = metrics.parzen_log_likelihood(X[:50_000], X[50_000:51_000], T[:1000], rows)
        print(f"| {name} | {found} |", flush=True)


if __name__ == "__main__":
    measure()
