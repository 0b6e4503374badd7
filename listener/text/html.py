"""HTML to the text a person would read: links with their targets, line breaks, nothing of the machinery."""

from __future__ import annotations

import html as entities
import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

_UNREAD = frozenset(
    "script style template head noscript iframe svg math object embed textarea select "
    "button canvas audio video".split()
)
_BLOCKS = frozenset(
    "p div section article header footer main aside nav ul ol li dl dt dd table tr blockquote pre form fieldset address "
    "h1 h2 h3 h4 h5 h6 figure figcaption details summary hr center tbody thead body html".split()
)
_MARKUP = re.compile(r"<[a-zA-Z/!?]")
_SPACES = re.compile(r"[ \t\r\f\v\xa0]+")
_BREAKS = re.compile(r" *\n *")
_MANY_BREAKS = re.compile(r"\n{3,}")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_STRIPPED = re.compile(r"<[^<>]*>")
_CLOSED_BY_OTHERS = frozenset("p li td th tr dt dd option br img input hr meta link wbr col area source html head body".split())
_DEEPEST = 1000
"""Elements inside each other; a page a person wrote has under 60. HTML5 parsing walks up all open elements at every
start tag: 200,000 nested ``<div>`` took lexbor 116 s. What is deeper loses its tags without being parsed."""

MAX_HTML = 4_000_000  # characters; what lies beyond is cut off


def html_to_text(html: str) -> str:
    """Return the readable text of ``html``: entities resolved, blocks and ``<br>`` on their own lines.

    A link reads ``text (https://target)``, or only the target where the text is the target shortened; links of
    @names and #tags keep their text alone. Text without markup keeps its line breaks. Never raises; linear in size;
    what lies beyond ``MAX_HTML`` characters is cut off.
    """
    html = html[:MAX_HTML].replace("\0", "")
    if not _MARKUP.search(html):
        return _tidy(entities.unescape(html) if "&" in html else html)
    if _too_deep(html):
        return _tidy(entities.unescape(_STRIPPED.sub(" ", html)))
    tree = LexborHTMLParser(html.encode("utf-8", "replace"))
    pieces: list[str] = []
    root = tree.body or tree.root
    if root is not None:
        _read(root, pieces)
    return _tidy("".join(pieces))


def _too_deep(html: str) -> bool:
    depth = 0
    for closing, tag in _TAG.findall(html):
        if tag.lower() in _CLOSED_BY_OTHERS:
            continue
        depth += -1 if closing else 1
        if depth > _DEEPEST:
            return True
    return False


def _read(root: LexborNode, pieces: list[str]) -> None:
    """Walk the tree without recursion, so that depth costs nothing."""
    node: LexborNode | None = root
    stack: list[tuple[str, int, str, int]] = []  # tag, where its text begins, link target, pre depth
    preformatted = 0
    depth = 0
    while node is not None:
        tag = node.tag or ""
        child = None
        if tag == "-text":
            text = node.text_content or ""
            pieces.append(text if preformatted else text.replace("\n", " ").replace("\r", " "))
        elif tag == "br":
            pieces.append("\n")
        elif tag == "img":
            pieces.append(_picture(node))
        elif tag not in _UNREAD and not tag.startswith("-") and not tag.startswith("!"):
            child = node.child
            if tag in _BLOCKS:
                pieces.append("\n")
            elif tag in ("td", "th"):
                pieces.append(" ")
            if child is not None:
                preformatted += tag == "pre"
                stack.append((tag, len(pieces), _target(node) if tag == "a" else "", depth))
                depth += 1
                node = child
                continue
        while True:
            if not stack:
                return
            assert node is not None
            following = node.next
            if following is not None:
                node = following
                break
            tag, begin, target, depth = stack.pop()
            if target:
                pieces[begin:] = [_link("".join(pieces[begin:]), target)]
            if tag in _BLOCKS:
                pieces.append("\n")
            preformatted -= tag == "pre"
            node = node.parent
            if node is None or not stack:
                return


def _target(node: LexborNode) -> str:
    href = (node.attributes.get("href") or "").strip()
    return href if href[:8].lower().startswith(("http://", "https://")) and not re.search(r"[\s<>]", href) else ""


def _link(text: str, target: str) -> str:
    shown = text.strip()
    if not shown:
        return f" {target} "
    if shown[0] in "#@＃＠":
        return text
    bare = shown.removesuffix("…").removesuffix("...")
    shortened = bare != shown and target.startswith((bare, "http://" + bare, "https://" + bare))
    if shortened or target in (shown, shown + "/") or target.split("://", 1)[1] in (shown, shown + "/"):
        return text.replace(shown, target, 1)
    return f"{text.rstrip()} ({target})"


def _picture(node: LexborNode) -> str:
    """Return the alternative text of emoji that a site draws as pictures; other pictures say nothing."""
    attributes = node.attributes
    kind = attributes.get("class") or ""
    return (attributes.get("alt") or "") if "emoji" in kind or "smiley" in kind else ""


def _tidy(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    text = _BREAKS.sub("\n", _SPACES.sub(" ", text))
    return _MANY_BREAKS.sub("\n\n", text).strip()
