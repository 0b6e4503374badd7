"""Whom is a mention about? Names, aliases, queries and exclusions of all brands, in one pass over the text.

One Aho–Corasick automaton holds the keys of every name, alias, exclusion and query word. A post without a hit costs one
translation and one pass, however many brands there are. After a hit only the brands and queries that wanted that word are
looked at: every query is filed under the rarest words without which it cannot be true.

Spans are claimed by the longest name: «اسنپ فود» belongs to اسنپ only as long as no brand is called اسنپ‌فود and اسنپ does not
exclude it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ahocorasick

from listener.match.query import And, Field, Node, Not, Or, Query, QueryError, Word, parse_query
from listener.text import fold, guess_language, matching_key
from listener.text.names import Name, name, stands
from listener.types import Brand, Match, Mention

MOST_TERMS = 12
"""Distinct spellings that are kept with a match, in the order in which they stand."""

Span = tuple[int, int]  # letters of the folded text
Atom = tuple[str, str]  # ("word", key), ("lang", "fa") …: what a query is filed under

Hit = tuple[int, tuple[bool, int, tuple[int, ...]]]  # last letter; whether it can start a match, length, name numbers

_WORD = "word"


@dataclass(frozen=True, slots=True)
class _Filed:
    brand: int
    query: Query


class Matcher:
    """Decides for each mention which brands it is about.

    A brand is matched by any of its names and aliases (a ``common`` brand by its aliases only) or by any of its queries.
    Raises: QueryError for a query that cannot be read and for a name without a letter.
    """

    def __init__(self, brands: Sequence[Brand]) -> None:
        self._brands = tuple(brands)
        self._names: list[Name] = []
        self._numbers: dict[Name, int] = {}
        self._owners: dict[int, list[int]] = {}  # name number → brands called so
        self._exclusions: list[list[int]] = []  # of each brand, name numbers
        self._silent: set[Span] = set()  # (name number, brand): claims its span but is no match by itself
        self._own_keys: list[frozenset[str]] = []
        self._query_words: dict[Name, int] = {}
        self._filed: dict[Atom, list[_Filed]] = {}
        self._always: list[_Filed] = []
        queries = [[parse_query(text) for text in dict.fromkeys(brand.queries)] for brand in self._brands]
        uses = Counter(atom for of_brand in queries for query in of_brand for atom in set(_atoms(query.root)))
        for number, brand in enumerate(self._brands):
            self._add_names(number, brand)
            for query in queries[number]:
                self._file(_Filed(number, query), uses)
        self._fields = {field for field, _ in self._filed if field != _WORD}
        self._automaton = ahocorasick.Automaton()
        by_key: dict[str, list[int]] = {}
        for number, wanted in enumerate(self._names):
            by_key.setdefault(wanted.key, []).append(number)
        needed = {key for kind, key in self._filed if kind == _WORD}
        for key, numbers in by_key.items():
            telling = key in needed or any(number in self._owners for number in numbers)
            self._automaton.add_word(key, (telling, len(key), tuple(numbers)))
        if by_key:
            self._automaton.make_automaton()
        self._empty = not by_key
        self._voices = {key for brand in self._brands if not brand.peer and not brand.common
                        for written in (brand.name, *brand.aliases) if (key := matching_key(written))}

    def is_ours(self, mention: Mention) -> bool:
        """Whether a mention says that we wrote it, or an account did that bears the name of a brand of ours and nothing else."""
        author = mention.author
        return mention.ours or author is not None and any(matching_key(called) in self._voices for called in (author.name, author.id) if called)

    def _add_names(self, brand: int, about: Brand) -> None:
        keys = set()
        for written in dict.fromkeys((about.name, *about.aliases)):
            number = self._number(_name(written))
            self._owners.setdefault(number, []).append(brand)
            keys.add(self._names[number].key)
            if about.common and written == about.name and written not in about.aliases:
                self._silent.add((number, brand))
        self._own_keys.append(frozenset(keys))
        self._exclusions.append([self._number(_name(written)) for written in dict.fromkeys(about.exclusions)])

    def _file(self, filed: _Filed, uses: Mapping[Atom, int]) -> None:
        for wanted in _all_words(filed.query.root):
            self._number(wanted)
        required = _required(filed.query.root, uses)
        if required is None:
            self._always.append(filed)
        else:
            for atom in sorted(required):
                self._filed.setdefault(atom, []).append(filed)

    def _number(self, wanted: Name) -> int:
        number = self._numbers.setdefault(wanted, len(self._names))
        if number == len(self._names):
            self._names.append(wanted)
        return number

    def match(self, mention: Mention, *, source: str, language: str | None = None) -> list[Match]:
        """Return one match a brand, in the order of the brands, with the terms as they stand in the text.

        ``source`` is the configured source's name; ``source:`` in a query means it or the mention's kind. ``language`` is
        the guess of ``text.guess_language`` where it is known already. What fields alone matched carries the field.
        """
        text = mention.full_text
        key = matching_key(text)
        hits: list[Hit] = [] if self._empty or not key else list(self._automaton.iter(key))
        if not self._always and not self._fields and not any(telling for _, (telling, _, _) in hits):
            return []
        return _Reading(self, mention, text, source, language, key, hits).matches()


def _name(written: str) -> Name:
    wanted = name(written.removesuffix("*"), prefix=written.endswith("*"))
    if not wanted.key:
        raise QueryError(1, "a name needs a letter or a digit to be found", written)
    return wanted


def _all_words(node: Node) -> list[Name]:
    if isinstance(node, Word):
        return [node.name]
    if isinstance(node, Not):
        return _all_words(node.child)
    return [wanted for child in node.children for wanted in _all_words(child)] if isinstance(node, (And, Or)) else []


def _atoms(node: Node) -> list[Atom]:
    if isinstance(node, Word):
        return [(_WORD, node.name.key)]
    if isinstance(node, Field):
        return [(node.field, node.value)]
    children = (node.child,) if isinstance(node, Not) else node.children
    return [atom for child in children for atom in _atoms(child)]


def _required(node: Node, uses: Mapping[Atom, int]) -> frozenset[Atom] | None:
    """Return atoms of which one must be there for the node to be true; None where it may always be.

    Of several such sets the one that the fewest queries speak of (a brand's name, not «پشتیبانی»), then the longest words;
    a field only where there is no word.
    """
    if isinstance(node, Word):
        return frozenset({(_WORD, node.name.key)})
    if isinstance(node, Field):
        return None if node.prefix else frozenset({(node.field, node.value)})
    if isinstance(node, And):
        sets = [required for child in node.children if (required := _required(child, uses)) is not None]
        return min(sets, key=lambda atoms: _commonness(atoms, uses)) if sets else None
    if isinstance(node, Or):
        together: set[Atom] = set()
        for child in node.children:
            required = _required(child, uses)
            if required is None:
                return None
            together |= required
        return frozenset(together)
    return None


def _commonness(atoms: frozenset[Atom], uses: Mapping[Atom, int]) -> tuple[bool, int, int]:
    return (any(kind != _WORD for kind, _ in atoms), max(uses[atom] for atom in atoms), -min(len(value) for _, value in atoms))


_NOTHING = fold("")


class _Reading:
    """One mention while it is being matched. Edges of a word are looked at when somebody asks for the word."""

    def __init__(self, matcher: Matcher, mention: Mention, text: str, source: str, language: str | None, key: str,
                 hits: Sequence[Hit]) -> None:
        self.matcher = matcher
        self.mention = mention
        self.text = text
        self.sources = {matching_key(source), matching_key(mention.kind)}
        self.folded = fold(text, key) if hits else _NOTHING
        self.starts: dict[int, list[int]] = {}  # name number → where its letters stand, edges unseen
        for last, (_, size, numbers) in hits:
            for number in numbers:
                self.starts.setdefault(number, []).append(last + 1 - size)
        self._spans: dict[int, list[Span]] = {}
        names = [number for number in self.starts if number in matcher._owners]
        self.claimed = set(_longest({span for number in names for span in self.spans(number)}))
        self._covers: dict[int, bytearray] = {}
        self._language = language

    def spans(self, number: int) -> list[Span]:
        """Return where a name stands with the gaps and edges of a name."""
        found = self._spans.get(number)
        if found is None:
            wanted = self.matcher._names[number]
            found = [(start, end) for start in self.starts.get(number, ()) if (end := stands(wanted, self.folded, start))]
            self._spans[number] = found
        return found

    def matches(self) -> list[Match]:
        matcher = self.matcher
        terms: dict[int, list[tuple[Span, str]]] = {}
        for number in self.starts:
            for brand in matcher._owners.get(number, ()):
                if (number, brand) not in matcher._silent:
                    for span in self.spans(number):
                        if self._holds(span, brand):
                            terms.setdefault(brand, []).append((span, self._written(span)))
        for filed in self._candidates():
            said = self._true(filed.query.root, filed.brand)
            if said is not None:
                terms.setdefault(filed.brand, []).extend(said)
        return [Match(self.mention.key, matcher._brands[brand].name, _distinct(terms[brand])) for brand in sorted(terms)]

    def _candidates(self) -> list[_Filed]:
        matcher = self.matcher
        wanted: dict[int, _Filed] = {id(filed): filed for filed in matcher._always}
        if matcher._filed:
            words = {number: (_WORD, matcher._names[number].key) for number in self.starts}
            atoms = {atom for number, atom in words.items() if atom in matcher._filed and self.spans(number)}
            if "source" in matcher._fields:
                atoms |= {("source", source) for source in self.sources}
            if "author" in matcher._fields:
                atoms |= {("author", author) for author in self.authors}
            if "lang" in matcher._fields:
                atoms.add(("lang", self.language))
            for atom in atoms:
                for filed in matcher._filed.get(atom, ()):
                    wanted[id(filed)] = filed
        return list(wanted.values())

    @property
    def language(self) -> str:
        if self._language is None:
            stated = (self.mention.language or "").lower().replace("_", "-").split("-")[0]
            self._language = stated if stated in ("fa", "en", "ar", "finglish") else guess_language(self.text)
        return self._language

    @property
    def authors(self) -> set[str]:
        author = self.mention.author
        return {matching_key(known) for known in (author.id, author.name) if known} - {""} if author else set()

    def _holds(self, span: Span, brand: int) -> bool:
        """Return whether no longer name and no exclusion of the brand takes this span away from it."""
        return span in self.claimed and not self._excluded(span, brand)

    def _excluded(self, span: Span, brand: int) -> bool:
        """Return whether an exclusion at least as long overlaps the span."""
        covers = self._covers.get(brand)
        if covers is None:
            covers = self._covers[brand] = self._cover(brand)
        return bool(covers) and max(covers[span[0]:span[1]]) >= min(span[1] - span[0], 255)

    def _cover(self, brand: int) -> bytearray:
        """Return for each letter the length of the longest exclusion over it; nothing where none stands in the text."""
        spans = [span for number in self.matcher._exclusions[brand] for span in self.spans(number)]
        covers = bytearray(len(self.folded.key) if spans else 0)
        for start, end in sorted(spans, key=lambda span: span[1] - span[0]):
            covers[start:end] = bytes([min(end - start, 255)]) * (end - start)
        return covers

    def _true(self, node: Node, brand: int, *, positive: bool = True) -> list[tuple[Span, str]] | None:
        """Return what makes the node true for a brand, with its place; None where it is false."""
        if isinstance(node, Word):
            spans = self.spans(self.matcher._numbers[node.name])
            if positive:
                own = node.name.key in self.matcher._own_keys[brand]
                spans = [span for span in spans if (self._holds(span, brand) if own else not self._excluded(span, brand))]
            return [(span, self._written(span)) for span in spans] or None
        if isinstance(node, Field):
            return [((len(self.text) + 1, 0), node.written)] if self._field(node) else None
        if isinstance(node, Not):
            return [] if self._true(node.child, brand, positive=not positive) is None else None
        said: list[tuple[Span, str]] = []
        every = isinstance(node, And)
        some = False
        for child in node.children:
            found = self._true(child, brand, positive=positive)
            if found is not None:
                some = True
                said += found
            elif every:
                return None
        return said if some else None

    def _field(self, node: Field) -> bool:
        if node.field == "lang":
            return node.value == self.language
        known = self.sources if node.field == "source" else self.authors
        return any(value.startswith(node.value) if node.prefix else value == node.value for value in known)

    def _written(self, span: Span) -> str:
        return self.folded.original(*span)


def _longest(claims: set[Span]) -> list[Span]:
    """Return the spans that longer ones leave over: the longest first, of equals the first in the text."""
    taken = bytearray(max((end for _, end in claims), default=0))
    kept: list[Span] = []
    for start, end in sorted(claims, key=lambda claim: (claim[0] - claim[1], claim[0])):
        if taken.find(1, start, end) < 0:
            taken[start:end] = b"\1" * (end - start)
            kept.append((start, end))
    return kept


def _distinct(said: list[tuple[Span, str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(term for _, term in sorted(said)))[:MOST_TERMS]


def highlights(text: str, terms: Sequence[str]) -> list[Span]:
    """Return where the terms of a match stand in a text, in order and without overlap, for marking them on the board."""
    found: list[Span] = []
    for term in terms:
        place = text.find(term) if term else -1
        while place >= 0:
            found.append((place, place + len(term)))
            place = text.find(term, place + len(term))
    return sorted(_longest(set(found)))
