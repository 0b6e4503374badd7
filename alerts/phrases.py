"""How phrases that are looked for in posts are written down, and where they are looked for. Pure.

Words in order; ``a/b`` one or the other; ``*`` any ending; ``…`` up to four words between; ``{name}`` one of a list. A
phrase stands within one clause. What is written between its words in Persian does not matter: «آتش‌سوزی», «آتش سوزی»,
«آتشسوزی», ``#آتش_سوزی``, Arabic letters and vowel signs are one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from listener.text import matching_key, search_form

HEAD, TAIL = 2000, 500  # characters at the beginning and the end of a text that are looked at: a post is read whole
GAP = 4      # words that "…" stands for, at most

_CLAUSES = re.compile(r"[.!?؟؛;\n\r…]+|[،,](?=\s)|\s[-–—]\s|(?<!\w)(?:but|although|though|ولی|اما)(?!\w)", re.IGNORECASE)
_SENTENCES = re.compile(r"[.!?؟\n\r…]+")
_LINKS = re.compile(r"(?:https?://|www\.)\S+|@\w+", re.IGNORECASE)


def clauses(text: str) -> list[str]:
    """Return the clauses of a text as they are searched: folded, one space between words, no marks, links or handles."""
    return [clause for sentence in sentences(text) for clause in sentence]


def sentences(text: str) -> list[list[str]]:
    """Return the same, the clauses of each sentence together: what one sentence tells, another need not speak of."""
    folded = ([search_form(part) for part in _CLAUSES.split(sentence)] for sentence in _SENTENCES.split(_LINKS.sub(" ", _ends(text))))
    return [kept for sentence in folded if (kept := [clause for clause in sentence if clause])]


def _ends(text: str) -> str:
    """Return what is looked at of a text; the end of a long one is a clause apart. Searching must not grow with what strangers write."""
    return text if len(text) <= HEAD + TAIL else f"{text[:HEAD]}\n{text[-TAIL:]}"


def listed(written: str) -> list[str]:
    """Return the phrases of a block in which ``|`` and line ends part them."""
    return [phrase for line in written.splitlines() for phrase in (one.strip() for one in line.split("|")) if phrase]


class Notation:
    """The lists that phrases may name."""

    def __init__(self, lists: Mapping[str, str]) -> None:
        self._lists = {name: words.split() for name, words in lists.items()}

    def pattern(self, phrase: str) -> str:
        """Return the regular expression of a phrase, for a clause. Raises: KeyError for a list that is not there."""
        between = " " if re.search("[a-z]", phrase) and not re.search("[\u0600-\u06ff]", phrase) else " ?"
        written, gap = "", False
        for word in phrase.split():
            if word == "…":
                gap = True
                continue
            choices = [choice for one in word.split("/") for choice in (self._lists[one[1:-1]] if one[0] == "{" else [one])]
            folded = sorted({_word(choice) for choice in choices}, key=lambda one: (-len(one), one))
            if gap:
                written += rf"(?: \w+){{0,{GAP}}} " if written else ""
            elif written:
                written += between
            written += folded[0] if len(folded) == 1 else f"(?:{'|'.join(folded)})"
            gap = False
        return rf"(?<!\w){written}(?!\w)"


def _word(choice: str) -> str:
    return re.escape(matching_key(choice.rstrip("*"))) + (r"\w*" if choice.endswith("*") else "")
