"""Texts of a form as safe HTML: a subset of markdown, and a subset of HTML. What was computed is never mark-up."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html.parser import HTMLParser

from markupsafe import Markup, escape

from engine.languages.forms.feel import Piece

TAGS = frozenset(
    {
        "p",
        "br",
        "strong",
        "em",
        "b",
        "i",
        "u",
        "ul",
        "ol",
        "li",
        "a",
        "h2",
        "h3",
        "h4",
        "h5",
        "blockquote",
        "code",
        "div",
        "span",
    }
)
ALONE = frozenset({"br", "hr"})
SILENT = frozenset(
    {"script", "style", "template", "iframe", "object", "svg", "math", "textarea", "title", "noscript"}
)
DEEPEST_HEADING = 6

_OPEN, _CLOSE = "\ue000", "\ue001"
_GAP = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")
_LINK = re.compile(r"\[([^\]\[]+)\]\(([^()\s]+)\)")


def from_markdown(pieces: Iterable[Piece]) -> Markup:
    """Headings, paragraphs, lists, **bold**, *italic*, `code` and [links](https://…)."""
    source, values = _with_gaps(pieces)
    return _fill("\n".join(_blocks(source)), values)


def from_html(pieces: Iterable[Piece]) -> Markup:
    """The permitted tags of an HTML text; links keep their address, nothing else keeps an attribute."""
    source, values = _with_gaps(pieces)
    cleaner = _Cleaner()
    cleaner.feed(source)
    return _fill(cleaner.finished(), values)


def _with_gaps(pieces: Iterable[Piece]) -> tuple[str, list[str]]:
    """The text with a placeholder for each computed value, and the values."""
    text = ""
    values: list[str] = []
    for piece in pieces:
        if piece.computed:
            text += f"{_OPEN}{len(values)}{_CLOSE}"
            values.append(piece.text)
        else:
            text += piece.text.replace(_OPEN, "").replace(_CLOSE, "")
    return text, values


def _fill(html: str, values: list[str]) -> Markup:
    def value(gap: re.Match[str]) -> str:
        return str(escape(values[int(gap[1])])).replace("\n", "<br>")

    return Markup(_GAP.sub(value, html))  # every part was escaped on the way here


def _blocks(source: str) -> Iterable[str]:
    for block in re.split(r"\n\s*\n", source.replace("\r\n", "\n").strip()):
        yield from _lines(block.strip("\n").split("\n"))


def _lines(lines: list[str]) -> Iterable[str]:
    """The elements of one block, where headings, lists and plain lines may follow each other."""
    while lines:
        if heading := re.match(r"(#{1,4})\s+(.*)", lines[0]):
            level = min(len(heading[1]) + 2, DEEPEST_HEADING)
            yield f"<h{level}>{_inline(heading[2])}</h{level}>"
            lines = lines[1:]
            continue
        for mark, tag in ((r"\s*[-*+]\s+", "ul"), (r"\s*[0-9]{1,3}[.)]\s+", "ol")):
            items = _leading(lines, mark)
            if items:
                inner = "".join(f"<li>{_inline(re.sub('^' + mark, '', item))}</li>" for item in items)
                yield f"<{tag}>{inner}</{tag}>"
                lines = lines[len(items) :]
                break
        else:
            plain = _leading(lines, r"(?!#{1,4}\s|\s*[-*+]\s|\s*[0-9]{1,3}[.)]\s)") or lines[:1]
            if any(line.strip() for line in plain):
                yield f"<p>{'<br>'.join(_inline(line) for line in plain)}</p>"
            lines = lines[len(plain) :]


def _leading(lines: list[str], pattern: str) -> list[str]:
    found = []
    for line in lines:
        if not re.match(pattern, line):
            break
        found.append(line)
    return found


def _inline(text: str) -> str:
    html = str(escape(text.strip()))
    html = re.sub(r"`([^`]+)`", r"<code>\1</code>", html)
    html = _LINK.sub(_link, html)
    html = re.sub(r"\*\*(\S(?:[^*]*\S)?)\*\*", r"<strong>\1</strong>", html)
    return re.sub(r"\*(\S(?:[^*]*\S)?)\*", r"<em>\1</em>", html)


def _link(found: re.Match[str]) -> str:
    address = found[2].replace("&amp;", "&")
    return f'<a href="{escape(address)}">{found[1]}</a>' if is_safe_address(address) else found[1]


def is_safe_address(address: str) -> bool:
    """Whether a link may lead there: this site, https, http or mail."""
    bare = re.sub(r"[\s\x00-\x1f]", "", address).lower()
    if bare.startswith(("https://", "http://", "mailto:", "#")):
        return True
    return bare.startswith("/") and not bare.startswith(("//", "/\\"))


class _Cleaner(HTMLParser):
    """Writes permitted tags again, closes what was left open, drops the rest (and what scripts contain)."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._out: list[str] = []
        self._open: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a permitted tag, with nothing but a link's address."""
        if tag in SILENT:
            self._silent += 1
        if self._silent or tag not in TAGS:
            return
        address = dict(attrs).get("href") or ""
        href = f' href="{escape(address)}"' if tag == "a" and is_safe_address(address) else ""
        self._out.append(f"<{tag}{href}>")
        if tag not in ALONE:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close up to the tag that opened."""
        if tag in SILENT:
            self._silent = max(0, self._silent - 1)
        if self._silent or tag not in self._open:
            return
        while self._open:
            last = self._open.pop()
            self._out.append(f"</{last}>")
            if last == tag:
                return

    def handle_data(self, data: str) -> None:
        """Text is text."""
        if not self._silent:
            self._out.append(str(escape(data)))

    def finished(self) -> str:
        """The clean text with every tag closed."""
        self.close()
        return "".join(self._out) + "".join(f"</{tag}>" for tag in reversed(self._open))
