"""HTML from small functions: whatever is not markup already is escaped."""

__all__ = [
    "Html",
    "chart",
    "facts",
    "figure",
    "fold",
    "number",
    "picture",
    "section",
    "sheet",
    "span_of_time",
    "table",
    "tag",
]

import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape
from io import BytesIO, StringIO
from typing import Any

import numpy as np

VOID = {"img", "meta", "source", "br", "link"}
TILE_PIXELS = 56  # width of a picture on the page


class Html(str):
    """Text that is markup and is not escaped again."""


def tag(name: str, /, *children: Any, **attributes: Any) -> Html:
    """Return an element; text in it and its attributes are escaped.

    ``class_`` becomes ``class``, ``aria_label`` becomes ``aria-label``; None leaves an
    attribute or a child out.

    Examples
    --------
    >>> tag("p", "a < b", tag("b", "!"), class_="note")
    '<p class="note">a &lt; b<b>!</b></p>'
    """
    head = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in VOID:
        return Html(f"<{name}{head}>")
    return Html(f"<{name}{head}>{join(children)}</{name}>")


def join(children: Iterable[Any], between: str = "") -> Html:
    """Return children in a row, each escaped unless it is markup."""
    parts = (c if isinstance(c, Html) else escape(str(c)) for c in children if c is not None)
    return Html(between.join(parts))


def section(name: str, title: str, words: Any, *body: Any) -> Html:
    """Return a section of the page: a title and a few words beside a body."""
    side = tag("header", tag("h2", title), tag("p", words) if words else None)
    return tag("section", side, tag("div", *body, class_="body"), id=name)


def figure(caption: Any, *body: Any) -> Html:
    """Return pictures with a caption below them."""
    return tag("figure", *body, tag("figcaption", caption) if caption else None)


def fold(summary: Any, *body: Any) -> Html:
    """Return a part that is closed until it is asked for."""
    return tag("details", tag("summary", summary), *body)


def facts(pairs: Iterable[tuple[Any, Any]]) -> Html:
    """Return names and values, one pair a line."""
    lines = (tag("div", tag("dt", name), tag("dd", value)) for name, value in pairs)
    return tag("dl", *lines, class_="facts")


def table(head: Sequence[Any], rows: Iterable[Sequence[Any]]) -> Html:
    """Return a table; the first cell of a row names it."""
    top = tag("thead", tag("tr", *(tag("th", cell, scope="col") for cell in head)))
    lines = (
        tag("tr", tag("th", row[0], scope="row"), *(tag("td", cell) for cell in row[1:]))
        for row in rows
    )
    return tag("div", tag("table", top, tag("tbody", *lines)), class_="scroll")


def picture(pixels: np.ndarray) -> str:
    """Return pixels, shape (h, w, 4), as the data address of a PNG, in the fewest channels."""
    from PIL import Image

    if (pixels[..., 3] == 255).all():
        pixels = pixels[..., :3]
        if (pixels == pixels[..., :1]).all():
            pixels = pixels[..., 0]
    buffer = BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, "PNG", optimize=True)
    return address(buffer.getvalue(), "image/png")


def address(data: bytes, kind: str) -> str:
    """Return bytes as a data address."""
    return f"data:{kind};base64,{b64encode(data).decode()}"


def sheet(
    pixels: np.ndarray,
    label: str,
    *,
    n_columns: int | None = None,
    kind: str = "",
    titles: Sequence[str] | None = None,
) -> Html:
    """Return many pictures, shape (n, h, w, 4), that flow with the width of the page."""
    h, w = pixels.shape[1:3]
    wide = w * max(1, round(TILE_PIXELS / w)) if w < 2 * TILE_PIXELS else 2 * TILE_PIXELS
    style = f"--w:min({wide}px,13vw);--r:{w}/{h}" + (f";--n:{n_columns}" if n_columns else "")
    images = (
        tag("img", src=picture(p), alt="", title=titles[i] if titles else None)
        for i, p in enumerate(pixels)
    )
    classes = " ".join(["sheet", kind, "fixed" if n_columns else ""]).strip()
    return tag("div", *images, class_=classes, style=style, role="img", aria_label=label)


def chart(drawing: Any, label: str) -> Html:
    """Return a matplotlib figure as vector graphics, one for light pages and one for dark."""
    from matplotlib import rc_context

    text = StringIO()
    settings: Any = {
        "svg.fonttype": "none",
        "svg.hashsalt": "unlabeled",
        "font.family": "sans-serif",
    }
    with rc_context(settings):
        drawing.savefig(text, format="svg", transparent=True, dpi=180, metadata={"Date": None})
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", text.getvalue(), flags=re.DOTALL)
    svg = re.sub(r"font-family: [^;\"]*", "font-family: system-ui, sans-serif", svg)
    svg = re.sub(r"(font: [^;\"]*?px) [^;\"]*", r"\1 system-ui, sans-serif", svg)
    dark = re.sub("|".join(NIGHT), lambda found: NIGHT[found[0]], svg)
    wide = drawing.get_size_inches()[0] > 4
    both = tag(
        "picture",
        tag("source", media="(prefers-color-scheme: dark)", srcset=_svg(dark)),
        tag("img", src=_svg(svg), alt=label, class_="wide chart" if wide else "chart"),
    )
    return tag("div", both, class_="scroll") if wide else both


NIGHT = {  # colours of the canvas, and what they are on a dark page
    "#1d1f23": "#e8e6e1",
    "#6a6f78": "#9aa0aa",
    "#d9d6ce": "#3a3d44",
    "#0072b2": "#56b4e9",
    "#d55e00": "#f08a3c",
}


def _svg(text: str) -> str:
    return address(text.encode(), "image/svg+xml")


def number(x: float, digits: int = 3) -> str:
    """Return a number for people: few digits, a true minus sign, thin thousands.

    Examples
    --------
    >>> number(1234567), number(-0.12345), number(42.0), number(float("nan"))
    ('1\\u202f234\\u202f567', '\\u22120.123', '42', 'nan')
    """
    if isinstance(x, int | np.integer) or (np.isfinite(x) and x == int(x) and abs(x) < 1e15):
        text = f"{int(x):,}"
    elif not np.isfinite(x) or x == 0:
        text = str(float(x))
    elif abs(x) >= 1000:
        text = f"{x:,.0f}"
    elif abs(x) >= 1:
        text = f"{x:.{max(0, digits - len(str(int(abs(x)))))}f}"
    else:
        text = f"{x:.{digits}g}"
    return text.replace(",", "\u202f").replace("-", "\u2212")


def span_of_time(seconds: float) -> str:
    """Return a length of time for people.

    Examples
    --------
    >>> span_of_time(0.25), span_of_time(75), span_of_time(3720)
    ('0.25 s', '1 min 15 s', '1 h 02 min')
    """
    if seconds < 59.5:
        return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s" if rest else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02d} min"
