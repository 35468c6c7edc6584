"""What a user did wrong, told in one sentence with the nearest right word."""

import difflib

__all__ = ["Mistake", "UsageMistake", "did_you_mean"]


class Mistake(Exception):
    """Something the user can put right; its text is the whole message."""

    exit_code = 1


class UsageMistake(Mistake):
    """A command line that cannot be read: a wrong word, option or value."""

    exit_code = 2


def did_you_mean(word: str, known) -> str:
    """The end of a message that names the nearest of the `known` words, if one is near.

    Examples
    --------
    >>> did_you_mean("--learning-rat", ["--learning-rate", "--batch-size"])
    ' (did you mean --learning-rate?)'
    >>> did_you_mean("--lr", ["--learning-rate", "--batch-size"])
    ' (did you mean --learning-rate?)'
    >>> did_you_mean("zebra", ["mnist"])
    ''
    """
    plain = {_plain(name): name for name in known}
    key = _plain(word)
    by_initials = [name for text, name in plain.items() if _initials(text) == key]
    near = difflib.get_close_matches(key, plain, n=1, cutoff=0.5)
    inside = [text for text in plain if len(key) > 3 and key in text]
    found = [plain[text] for text in near] or by_initials or [plain[text] for text in inside]
    return f" (did you mean {found[0]}?)" if found else ""


def _plain(word: str) -> str:
    return word.lower().lstrip("-").replace("_", "-")


def _initials(word: str) -> str:
    return "".join(part[0] for part in word.split("-") if part)
