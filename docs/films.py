"""Learn all of MovieLens 100k; print the tables of models/recommender.md and draw its picture.

`python docs/films.py` takes a minute or two.
"""

from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

from unlabeled import RBMRecommender
from unlabeled.datasets import load_movielens, movielens_films

PICTURE = Path(__file__).parent / "pictures" / "recommender_films.png"
COLOURS = {
    "Children's": "tab:green",
    "Horror": "tab:red",
    "Sci-Fi": "tab:blue",
    "Action": "tab:cyan",
    "Romance": "tab:pink",
    "Comedy": "tab:orange",
    "Drama": "tab:purple",
}
DIRECTIONS = [2, 4]  # the first, of how well a film is liked, is left out
ASKED = ("Star Wars (1977)", "Toy Story (1995)", "Psycho (1960)", "Pulp Fiction (1994)")


def near(model, films) -> None:
    """Films near a film."""
    for title in ASKED:
        found = model.similar_items(films.titles.index(title), 5)
        print(f"| {title} | {'; '.join(films.titles[k] for k in found.items)} |")


def overlap(model, films, n_ratings) -> None:
    """How many of their genres the five nearest films share, and any two."""
    known = np.flatnonzero(n_ratings >= 50)
    codes, its = model.item_factors_[known], films.genres[known].astype(float)
    codes /= np.linalg.norm(codes, axis=1, keepdims=True)
    shared = its @ its.T / np.maximum(1, its.sum(1) + its.sum(1)[:, None] - its @ its.T)
    cosines = codes @ codes.T - 9 * np.eye(len(codes))
    nearest = np.argsort(-cosines, axis=1)[:, :5]
    others = shared[~np.eye(len(shared), dtype=bool)]
    print(np.take_along_axis(shared, nearest, 1).mean().round(2), others.mean().round(2))


def genres(model, films, n_ratings) -> None:
    """How well the best single unit tells a genre: chosen on one half, measured on the other."""
    known = np.flatnonzero(n_ratings >= 20)
    one, other = np.array_split(np.random.default_rng(0).permutation(known), 2)
    codes = model.item_factors_
    for genre, belongs in zip(films.names, films.genres.T, strict=True):
        if min(belongs[one].sum(), belongs[other].sum()) < 10:
            continue
        chosen = [roc_auc_score(belongs[one], codes[one, j]) for j in range(codes.shape[1])]
        best = int(np.argmax(np.abs(np.array(chosen) - 0.5)))
        sign = 1 if chosen[best] > 0.5 else -1
        auc = roc_auc_score(belongs[other], sign * codes[other, best])
        print(f"| {genre} | {belongs[known].sum()} | {auc:.2f} |")


def draw(model, films, n_ratings) -> None:
    """The films that most have rated, in two directions in which their codes vary."""
    import matplotlib.pyplot as plt

    often = np.argsort(-n_ratings)[:300]
    codes = model.item_factors_[often]
    codes = codes - codes.mean(0)
    along = codes @ np.linalg.svd(codes, full_matrices=False)[2][:5].T
    mean = np.asarray(load_movielens().sum(0))[often] / n_ratings[often]
    for k, direction in enumerate(along.T, 1):
        print(
            f"direction {k}: correlation with the mean rating "
            f"{np.corrcoef(direction, mean)[0, 1]:.2f}"
        )
    plane = along[:, DIRECTIONS]
    figure, axes = plt.subplots(figsize=(10, 7), layout="constrained")
    rest = np.ones(len(often), bool)
    for genre, colour in COLOURS.items():
        mine = rest & films.genres[often, films.names.index(genre)]
        rest &= ~mine
        axes.scatter(*plane[mine].T, s=16, color=colour, label=genre)
    axes.scatter(*plane[rest].T, s=16, color="lightgrey", label="other")
    axes.margins(0.08)
    label(axes, plane, [films.titles[k] for k in often])
    axes.set(xticks=[], yticks=[])
    axes.legend(frameon=False, fontsize=8, loc="best")
    figure.savefig(PICTURE, dpi=110)


def label(axes, plane, titles) -> None:
    """Names of films, the best known first, where there is room."""
    low, high = plane.min(0), plane.max(0)
    taken = []
    for at, title in zip(plane, titles, strict=True):
        name = title.rsplit(" (", 1)[0]
        for article in ("The", "A"):
            name = name.removesuffix(f", {article}")
        x, y = (at - low) / (high - low)
        if len(name) > 24 or any(abs(y - v) < 0.025 and abs(x - u) < 0.16 for u, v in taken):
            continue
        taken.append((x, y))
        axes.annotate(name, at, fontsize=7, xytext=(4, -2), textcoords="offset points")


if __name__ == "__main__":
    X, films = load_movielens(), movielens_films()
    model = RBMRecommender(200, n_epochs=14, random_state=0).fit(X)
    n_ratings = np.diff(X.tocsc().indptr)
    near(model, films)
    overlap(model, films, n_ratings)
    genres(model, films, n_ratings)
    draw(model, films, n_ratings)
