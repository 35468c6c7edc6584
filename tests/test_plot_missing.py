"""Reports of data in which NaN stands for a missing value."""

from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from unlabeled.plot import report
from unlabeled.plot.measures import independent
from unlabeled.plot.subject import describe


def test_missing_values_count_as_none(monkeypatch):
    monkeypatch.setattr("unlabeled.plot.subject.BLOCK", 7)
    X = np.random.default_rng(0).integers(-2, 3, (40, 6)).astype(float)
    X[np.random.default_rng(1).random(X.shape) < 0.3] = np.nan
    X[:7] = np.nan  # a block without any value
    found, seen = describe(X), X[~np.isnan(X)]
    assert (found.n_rows, found.n_features, found.low, found.high) == (40, 6, -2, 2)
    assert found.mean == pytest.approx(seen.mean())
    assert found.zeros == pytest.approx((seen == 0).mean())
    assert found.missing == pytest.approx(np.isnan(X).mean())
    np.testing.assert_array_equal(found.column_counts, (~np.isnan(X)).sum(0))
    assert not found.binary and describe(np.where(np.isnan(X), X, X > 0)).binary
    with pytest.raises(ValueError, match="at least one value of training data, got none in 3"):
        describe(X[:3])


def test_independent_units_are_fitted_to_the_values_that_are_there():
    X = np.random.default_rng(0).integers(0, 2, (60, 9)).astype(float)
    X[:20, 0] = np.nan
    rate = (X[20:, 0].sum() + 1) / 42
    ones = np.ones((1, 9))
    other = independent(describe(X[:, 1:]), ones[:, 1:])
    np.testing.assert_allclose(independent(describe(X), ones), np.log(rate) + other)


def test_a_page_of_data_with_gaps(tmp_path):
    X = np.random.default_rng(0).normal(size=(40, 9))
    X[np.random.default_rng(1).random(X.shape) < 0.25] = np.nan
    model = SimpleNamespace(reconstruct=np.nan_to_num, sample=lambda n, random_state: X[:n])

    def page_of(rows):
        return report(model, rows, tmp_path / "page.html").read_text("utf-8")

    page = page_of(X)
    share = f"<dt>missing values</dt><dd>{100 * np.isnan(X).mean():.1f} %</dd>"
    assert share in page and "could not be made" not in page
    assert "missing values" not in page_of(np.nan_to_num(X))
