"""Twenty newsgroups: posts as counts of words."""

import io
import re
import tarfile
from collections import Counter
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from .fetch import PublishedFile, fetch
from .stem import stem

__all__ = ["WordCounts", "newsgroups"]

_POSTS = (
    PublishedFile(
        "20news-bydate.tar.gz",
        "8f1b2514ca22a5ade8fbb9cfa5727df95fa587f4c87b786e15c759fa66d95610",
        (
            "https://ndownloader.figshare.com/files/5975967",
            "https://people.csail.mit.edu/jrennie/20Newsgroups/20news-bydate.tar.gz",
        ),
    ),
    PublishedFile(
        "20news-bydate.tar.xz", "90e96a16c4dd6771e7d228facaea6d31ef13a60f3d504ed189cf156af10bb5c3"
    ),
)
_NVDM = PublishedFile(
    "nvdm-vocab-2000.txt",
    "afbe73140a0d39578e6ae33914e049e6587768c088a0501392afda20ca3c85a8",
    ("https://github.com/ysmiao/nvdm/raw/master/data/20news/vocab.new",),
)
_SPLITS = ("train", "test")
_LETTERS = re.compile("[a-z]{2,}")
_QUOTE = re.compile(r"^\s*[>|]|writes:|wrote:|says:|said:|^In article|^Quoted from")


class WordCounts(NamedTuple):
    """Documents as counts of words.

    Attributes
    ----------
    X : CSR matrix of shape (n, n_words), int32
        How often each word is in each document; every row has a word.
    y : ndarray of str of shape (n,)
        What the document is about.
    words : ndarray of str of shape (n_words,)
        What the columns count.
    """

    X: sp.csr_matrix
    y: np.ndarray
    words: np.ndarray


def newsgroups(
    split: str = "train", n_words: int = 2000, *, words: str = "stems", quotes: bool = False
) -> WordCounts:
    """Posts to twenty newsgroups in 1993, counted; split by date.

    Of every post the body is taken, without the header. Runs of at least two letters are words.

    Parameters
    ----------
    split : {"train", "test"}, default="train"
        11 314 posts, or 7 532 later ones; those that have none of the words are left out.
    n_words : int, default=2000
        How many words are counted, the most frequent of the training posts first.
    words : {"stems", "nvdm"}, default="stems"
        "stems": stop words (of scikit-learn's list) are left out, others replaced by their stems
        (Porter 1980). "nvdm": the words, as they stand, of the vocabulary that came with Miao, Yu
        and Blunsom (2016), at most 2000, counted in whole posts with their headers as there.
    quotes : bool, default=False
        Whether to keep lines that quote other posts; "nvdm" always does.

    Returns
    -------
    WordCounts
        The counts X, the newsgroups y, and the words.

    Raises
    ------
    ValueError
        If the split, the kind of words or their number is not known.
    CorruptedFileError
        If a file on disk is corrupted or partial.
    OSError
        If no file is on disk and no download succeeds.

    Notes
    -----
    Posts were collected by Ken Lang and sorted by date by Jason Rennie
    (http://qwone.com/~jason/20Newsgroups); public Usenet, no licence stated.

    References
    ----------
    Lang. NewsWeeder: learning to filter netnews. ICML 1995.
    Salakhutdinov, Hinton. Replicated softmax: an undirected topic model. NIPS 2009.
    Miao, Yu, Blunsom. Neural variational inference for text processing. ICML 2016.
    """
    if split not in _SPLITS:
        raise ValueError(f"split should be one of {list(_SPLITS)}, got {split!r}")
    if words not in ("stems", "nvdm"):
        raise ValueError(f"words should be 'stems' or 'nvdm', got {words!r}")
    if not isinstance(n_words, int) or n_words < 1 or (words == "nvdm" and n_words > 2000):
        bound = "from 1 to 2000" if words == "nvdm" else "of at least 1"
        raise ValueError(f"n_words should be an integer {bound}, got {n_words!r}")
    posts = _posts()
    if words == "nvdm":
        known = fetch("20newsgroups", _NVDM)[1].decode().split()[: 2 * n_words : 2]
        documents = [_LETTERS.findall(text.lower()) for _, text in posts[split]]
    else:
        training = [_stems(text, quotes) for _, text in posts["train"]]
        frequency = Counter(word for document in training for word in document)
        known = [word for word, _ in frequency.most_common(n_words)]
        test = split == "test"
        documents = [_stems(text, quotes) for _, text in posts["test"]] if test else training
    return _counted(documents, [group for group, _ in posts[split]], known)


def _posts() -> dict[str, list[tuple[str, str]]]:
    """(newsgroup, text) of all posts of both splits, in the order of their paths."""
    content = fetch("20newsgroups", *_POSTS)[1]
    posts = {split: [] for split in _SPLITS}
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for member in archive:
            if member.isfile() and (file := archive.extractfile(member)):
                posts[member.name.split("/")[-3].split("-")[-1]].append((member.name, file.read()))
    return {
        split: [(name.split("/")[-2], text.decode("latin-1")) for name, text in sorted(found)]
        for split, found in posts.items()
    }


def _stems(text: str, quotes: bool) -> list[str]:
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    lines = text.replace("\t", "\n").splitlines()  # in some copies, lines end with tabs
    body = lines[lines.index("") + 1 :] if "" in lines else lines
    kept = body if quotes else [line for line in body if not _QUOTE.search(line)]
    found = _LETTERS.findall("\n".join(kept).lower())
    return [stem(word) for word in found if word not in ENGLISH_STOP_WORDS]


def _counted(documents, groups, words) -> WordCounts:
    column = {word: k for k, word in enumerate(words)}
    counts = [Counter(column[w] for w in document if w in column) for document in documents]
    kept = [k for k, count in enumerate(counts) if count]
    columns = [np.fromiter(counts[k].keys(), np.int32) for k in kept]
    values = [np.fromiter(counts[k].values(), np.int32) for k in kept]
    ends = np.cumsum([0, *map(len, columns)])
    cells = np.concatenate([*values, []]), np.concatenate([*columns, []]), ends
    X = sp.csr_matrix(cells, shape=(len(kept), len(words)), dtype=np.int32)
    X.sort_indices()
    return WordCounts(X, np.array(groups)[kept], np.array(words))
