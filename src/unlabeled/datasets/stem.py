"""Words to their stems, by rules for English suffixes (Porter, 1980)."""

import re
from functools import cache

__all__ = ["stem"]

_PLURALS = {"sses": "ss", "ies": "i", "ss": "ss", "s": ""}
_REPAIRS = {"at": "ate", "bl": "ble", "iz": "ize"}
_DOUBLE_SUFFIXES = {
    "ational": "ate",
    "tional": "tion",
    "enci": "ence",
    "anci": "ance",
    "izer": "ize",
    "abli": "able",
    "alli": "al",
    "entli": "ent",
    "eli": "e",
    "ousli": "ous",
    "ization": "ize",
    "ation": "ate",
    "ator": "ate",
    "alism": "al",
    "iveness": "ive",
    "fulness": "ful",
    "ousness": "ous",
    "aliti": "al",
    "iviti": "ive",
    "biliti": "ble",
}
_SUFFIXES = {
    "icate": "ic",
    "ative": "",
    "alize": "al",
    "iciti": "ic",
    "ical": "ic",
    "ful": "",
    "ness": "",
}
_ENDINGS: dict[str, str] = {
    ending: ""
    for ending in (
        "al ance ence er ic able ible ant ement ment ent ion ou ism ate iti ous ive ize".split()
    )
}


@cache
def stem(word: str) -> str:
    """The stem of an English word in lower-case letters; words of two letters are stems.

    Parameters
    ----------
    word : str

    Returns
    -------
    str
        Not always a word: what "relate", "relating" and "relations" have in common.

    References
    ----------
    Porter. An algorithm for suffix stripping. Program 14(3), 1980.

    Examples
    --------
    >>> [stem(word) for word in ["windows", "encrypted", "encryption", "happily"]]
    ['window', 'encrypt', 'encrypt', 'happili']
    """
    if len(word) <= 2:
        return word
    word = _replaced(word, _PLURALS, -1)
    word = _without_ed_or_ing(word)
    if word.endswith("y") and "v" in _shape(word[:-1]):
        word = word[:-1] + "i"
    word = _replaced(word, _DOUBLE_SUFFIXES, 0)
    word = _replaced(word, _SUFFIXES, 0)
    word = _replaced(word, _ENDINGS, 1)
    return _without_last_letter(word)


def _shape(word: str) -> str:
    """ "c" for every consonant and "v" for every vowel; y is a vowel behind a consonant."""
    shape = ""
    for letter in word:
        vowel = letter in "aeiou" or (letter == "y" and shape.endswith("c"))
        shape += "v" if vowel else "c"
    return shape


def _measure(word: str) -> int:
    """How often vowels are followed by consonants: m in the paper's [C](VC)^m[V]."""
    return len(re.findall("v+c+", _shape(word)))


def _is_short(word: str) -> bool:
    """Whether it ends as "hop" does: consonant, vowel, and a consonant that is not w, x or y."""
    return _shape(word).endswith("cvc") and word[-1] not in "wxy"


def _ends_double(word: str) -> bool:
    return word[-2:-1] == word[-1:] and _shape(word).endswith("cc")


def _replaced(word: str, rules: dict[str, str], above: int) -> str:
    """The longest suffix that has a rule replaced, if the measure before it is above so much."""
    suffix = max((s for s in rules if word.endswith(s)), key=len, default=None)
    if suffix is None:
        return word
    front = word.removesuffix(suffix)
    if suffix == "ion" and not front.endswith(("s", "t")):
        return word
    return front + rules[suffix] if _measure(front) > above else word


def _without_ed_or_ing(word: str) -> str:
    if word.endswith("eed"):
        return _replaced(word, {"eed": "ee"}, 0)
    front = next((word.removesuffix(s) for s in ("ed", "ing") if word.endswith(s)), word)
    if front == word or "v" not in _shape(front):
        return word
    if front.endswith(tuple(_REPAIRS)):
        return _replaced(front, _REPAIRS, -1)
    if _ends_double(front) and front[-1] not in "lsz":
        return front[:-1]
    return front + "e" if _measure(front) == 1 and _is_short(front) else front


def _without_last_letter(word: str) -> str:
    if word.endswith("e"):
        m = _measure(word[:-1])
        if m > 1 or (m == 1 and not _is_short(word[:-1])):
            word = word[:-1]
    if _measure(word) > 1 and _ends_double(word) and word.endswith("l"):
        word = word[:-1]
    return word
