"""Train on digits and draw the pictures of the documentation, anew in every build."""

from pathlib import Path

from sklearn.datasets import load_digits

from unlabeled import RBM, plot

FOLDER = Path(__file__).parent / "generated" / "pictures"


def draw(folder: Path = FOLDER) -> None:
    """Write what an RBM looks for, draws and completes as PNG files into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    X = (load_digits().data > 7).astype("float32")
    rbm = RBM(64, n_epochs=200, random_state=0).fit(X[:1500])
    sheets = {
        "filters": plot.filters(rbm, n_columns=16),
        "samples": plot.image_grid(rbm.sample(64, random_state=0, mean=True), n_columns=16),
        "completions": plot.completions(rbm, X[1500:1516]),
    }
    for name, sheet in sheets.items():
        sheet.savefig(folder / f"rbm_{name}.png")
    strips = plot.interpolations(rbm, X[1500:1506], X[1506:1512])
    strips.savefig(folder / "latent_interpolations.png")


if __name__ == "__main__":
    draw()
