"""What a recommender answers: ratings of pairs, ratings of people, what to recommend to them."""

# What these methods ask of `self` is in RBMRecommender, which is built on them.
# pyright: reportAttributeAccessIssue=false

from typing import NamedTuple

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted

from unlabeled.energy.ratings.fold_in import fold_in, prior_of_units
from unlabeled.energy.ratings.rows import RatingRows
from unlabeled.validation import check_number

__all__ = ["RecommendMixin", "Recommendations"]

_AT_ONCE = 2**22  # numbers that are held together while predicting


class Recommendations(NamedTuple):
    """What :meth:`RBMRecommender.recommend` returns.

    Parameters
    ----------
    items : ndarray of int64 of shape (n, k)
        Numbers of the items, the best first; -1 where a row has seen all there is.
    scores : ndarray of float32 of shape (n, k)
        Their expected ratings; NaN beside a -1.
    """

    items: np.ndarray
    scores: np.ndarray


class RecommendMixin:
    """`predict_ratings`, `expected_ratings`, `recommend`, `similar_items`.

    Below, f are hidden fields of rows of the machine, r says what they have rated (None but for
    a conditional machine), and `value` is the number of a rating that is to be forgotten while it
    is predicted, or -1.
    """

    @torch.no_grad()
    def predict_ratings(self, users, items):
        """Expected ratings of pairs of the training matrix, on its scale.

        If X had a rating of the pair, it is kept out of what its own prediction is made from.

        Parameters
        ----------
        users, items : array-like of int of shape (n,)
            Rows and columns of the X that was learned from last.

        Returns
        -------
        ndarray of float32 of shape (n,)

        Raises
        ------
        ValueError
            If they are not equally long, or X has no such rows or columns.
        """
        check_is_fitted(self, "module_")
        users = _numbers("users", users, self._shape[0])
        items = _numbers("items", items, self._shape[1])
        if len(users) != len(items):
            raise ValueError(f"users and items must pair up, got {len(users)} and {len(items)}.")
        rows, units = (users, items) if self.kind == "user" else (items, users)
        known, size = self._known_rows(), self._rows_at_once()
        predicted = np.empty(len(rows), np.float32)
        order = np.argsort(rows, kind="stable")
        for part in np.split(order, np.flatnonzero(np.diff(rows[order] // size)) + 1):
            predicted[part] = self._of_pairs(known, rows[part], units[part])
        return predicted

    def expected_ratings(self, X):
        """Expected ratings of all items by people with these ratings.

        With ``kind="user"``, what a row has rated is predicted from the rest of the row. With
        ``kind="item"`` people are new units, fitted to all of their ratings; theirs are fits.

        Parameters
        ----------
        X : like X in fit
            Ratings, a row for each person, who need not be one of fit.

        Returns
        -------
        array or tensor of shape (n, n_items), float32
        """
        check_is_fitted(self, "module_")
        return self._map(self._preferences(), self._users(X), X)

    def recommend(self, X=None, k: int = 10, *, exclude_seen: bool = True) -> Recommendations:
        """The items with the highest expected ratings.

        Parameters
        ----------
        X : like X in fit, or None
            Ratings, a row for each person, who need not be one of fit; None for those of fit.
        k : int, default=10
            How many.
        exclude_seen : bool, default=True
            Leave out what a row of X has rated. Nothing that X holds can then be recommended:
            measure with X free of the ratings that are to be found.

        Returns
        -------
        Recommendations
            `items` and `scores`.
        """
        check_is_fitted(self, "module_")
        check_number("k", k, 1, self.n_features_in_, integer=True)
        if X is None:
            R, scores = self.module_.ratings.array(), self._of_all_users()
        else:
            rows = self._users(X)
            R, scores = rows.X, self._map(self._preferences(), rows)
        if exclude_seen:
            scores[np.repeat(np.arange(len(scores)), np.diff(R.indptr)), R.indices] = -np.inf
        items = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        scores = np.take_along_axis(scores, items, 1)
        gone = np.isneginf(scores)
        return Recommendations(np.where(gone, -1, items), np.where(gone, np.nan, scores))

    def similar_items(self, item: int, k: int = 10) -> Recommendations:
        """Items near an item: those with the largest cosines of `item_factors_`.

        Parameters
        ----------
        item : int
            Its column in X.
        k : int, default=10
            How many.

        Returns
        -------
        Recommendations
            `items` and `scores` (cosines), both of shape (k,).
        """
        check_number("item", item, 0, self.n_features_in_ - 1, integer=True)
        check_number("k", k, 1, self.n_features_in_ - 1, integer=True)
        factors = self.item_factors_
        length = np.linalg.norm(factors, axis=1)
        cosine = factors @ factors[item] / np.maximum(length * length[item], 1e-12)
        cosine[item] = -np.inf
        order = np.argsort(-cosine, kind="stable")[:k]
        return Recommendations(order, cosine[order])

    @property
    def item_factors_(self):
        """What places items near each other, shape (n_items, n_components), centred.

        For "item" their codes; for "user" the weights of their ratings, each value of the scale
        counted by its distance from the scale's middle.
        """
        machine = self.machine_
        if self.kind == "item":
            factors = self._item_codes()
        else:
            W = machine.W.detach().unflatten(1, (machine.n_units, machine.n_values))
            factors = (W @ (machine.scale - machine.scale.mean())).T
        return (factors - factors.mean(0)).numpy(force=True)

    # ---- rows of the machine -----------------------------------------------------------------

    def _known_rows(self) -> RatingRows:
        """The ratings of fit, as rows of the machine."""
        rows = RatingRows(self.module_.ratings.array())
        return rows if self.kind == "user" else rows.turned()

    def _fields(self, x):
        """f, r and the numbers of the values (-1 where there is none) of ratings x."""
        machine = self.machine_
        v = machine.one_hot(x)
        r = self._rated(x)
        groups = v.view(*x.shape, -1)
        value = torch.where(machine.seen(v) > 0, groups.argmax(-1), -1)
        return machine.hidden_field(v, r), r, value

    def _of_pairs(self, known, rows, units):
        distinct, row = np.unique(rows, return_inverse=True)
        x = known.fetch(distinct, self._module_device)
        row, unit = (torch.from_numpy(k).to(x.device) for k in (row, units))
        f, r, value = self._fields(x)
        return self._expected(f, r, row, unit, value[row, unit]).numpy(force=True)

    def _expected(self, f, r, row, unit, value):
        """Expected ratings of units by rows; `row`, `unit`, `value` are of shape (m,)."""
        machine, parts = self.machine_, []
        probabilities = machine.conditional if self.prediction == "exact" else machine.mean_field
        size = max(1, _AT_ONCE // (machine.n_values * f.shape[1]))
        for k in torch.arange(len(row), device=f.device).split(size):
            g = f[row[k]]
            if r is not None:
                g = machine.asked(g, unit[k], r[row[k], unit[k]])
            known = (value[k] >= 0).unsqueeze(1)
            g = torch.where(known, machine.without(g, unit[k], value[k].clamp(min=0)), g)
            parts.append(probabilities(g, unit[k]) @ machine.scale)
        return torch.cat(parts) if parts else f.new_zeros(0)

    def _expected_of_all(self, f, r, value):
        """Expected ratings of all units, shape (n, n_units); `value` is of the same shape."""
        machine = self.machine_
        if machine.D is not None:  # with which each unit that is asked for moves the fields
            numbers = (torch.arange(k, device=f.device) for k in value.shape)
            row, unit = torch.cartesian_prod(*numbers).T
            return self._expected(f, r, row, unit, value.flatten()).view(value.shape)
        exact = self.prediction == "exact"
        p = machine.all_conditionals(f) if exact else machine.all_mean_fields(f)
        expected, (row, unit) = p @ machine.scale, (value >= 0).nonzero(as_tuple=True)
        expected[row, unit] = self._expected(f, r, row, unit, value[row, unit])
        return expected

    def _of_rows(self, x):
        size = max(1, _AT_ONCE // (16 * len(self.machine_.b)))
        return torch.cat([self._expected_of_all(*self._fields(part)) for part in x.split(size)])

    # ---- people ------------------------------------------------------------------------------

    def _of_all_users(self):
        """Expected ratings by the users of fit, shape (n_users, n_items)."""
        scores = self._map(self._of_rows, self._known_rows())
        return scores if self.kind == "user" else np.ascontiguousarray(scores.T)

    def _preferences(self):
        """A function of rows of ratings of people that gives their expected ratings."""
        if self.kind == "user":
            return self._of_rows
        machine = self.machine_
        with torch.no_grad():
            h, prior = self._item_codes(), prior_of_units(machine)

        def of_new_units(x):
            v = (x.unsqueeze(-1) == machine.scale).to(x.dtype)
            theta = fold_in(h, v, prior)
            return torch.softmax(h @ theta[:, :-1] + theta[:, -1:], -1) @ machine.scale

        return of_new_units

    def _item_codes(self):
        """p(h = 1 | ratings of the item), shape (n_items, n_hidden); for kind="item"."""
        like = torch.empty(0, device=self._module_device)
        return self._map(lambda x: torch.sigmoid(self._fields(x)[0]), self._known_rows(), like)


def _numbers(name, given, n) -> np.ndarray:
    """Rows or columns by their numbers, int64."""
    numbers = np.asarray(given)
    if numbers.ndim != 1 or (numbers.size and numbers.dtype.kind not in "iu"):
        raise ValueError(f"{name} must be a list of integers, got {given!r}.")
    if numbers.size and not 0 <= numbers.min() <= numbers.max() < n:
        raise ValueError(
            f"{name} must be from 0 to {n - 1}, got {numbers.min()} to {numbers.max()}."
        )
    return numbers.astype(np.int64)
