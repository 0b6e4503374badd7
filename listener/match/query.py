"""The query language: what a person writes to say what a brand's mentions look like.

    دیجی‌کالا (مرجوعی یا گارانتی) -استخدام          words side by side must all stand; یا, OR; - and NOT, نه
    "did not arrive" OR refund*                  a phrase in quotes; a star for the rest of a word
    source:bazaar lang:fa author:@ali            fields, in Persian منبع: زبان: نویسنده:

NOT binds closer than AND, AND closer than OR. The operators AND, OR, NOT (any case), و، یا، نه are operators only as words of
their own outside quotes. Words are found with their Persian endings (مرجوعی finds مرجوعیش), like brand names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from listener.errors import ListenerError
from listener.text import matching_key
from listener.text.names import Name, name

LANGUAGES = {"fa": "fa", "en": "en", "finglish": "finglish", "ar": "ar", "mixed": "mixed", "other": "other",
             "فارسی": "fa", "انگلیسی": "en", "فینگلیش": "finglish", "عربی": "ar", "ترکیبی": "mixed", "دیگر": "other"}
_LANGUAGE_KEYS = {matching_key(word): language for word, language in LANGUAGES.items()}
_FIELDS = {"source": "source", "منبع": "source", "lang": "lang", "language": "lang", "زبان": "lang",
           "author": "author", "نویسنده": "author"}
_FIELD_KEYS = {matching_key(word): field for word, field in _FIELDS.items()}
_OPERATORS = {"and": "AND", "or": "OR", "not": "NOT", "و": "AND", "یا": "OR", "نه": "NOT"}
_QUOTES = {'"': '"', "“": "”", "«": "»", "„": "“"}
_INVISIBLE = "\0\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
_WORD = re.compile(r"[^\s()\"“”«»„]+")
_FIELD = re.compile(r"([^\W\d_][\w\u200c]*):(.*)\Z", re.DOTALL)
_ALLOWED_FIELDS = "source:, lang:, author: (منبع: زبان: نویسنده:)"

LONGEST = 20_000  # characters of a query
DEEPEST = 60  # brackets and NOTs inside each other


class QueryError(ListenerError, ValueError):
    """A query cannot be read. ``column`` counts characters from 1."""

    def __init__(self, column: int, message: str, query: str = "") -> None:
        self.column = column
        self.message = message
        self.query = query
        super().__init__(column, message, query)

    @property
    def pointer(self) -> str:
        """The query on one line and a caret under the place, for a fixed-width font."""
        shown = re.sub(r"\s", " ", self.query)
        return f"{shown}\n{' ' * (self.column - 1)}^"

    def __str__(self) -> str:
        return f"column {self.column}: {self.message}" + (f"\n{self.pointer}" if self.query else "")


@dataclass(frozen=True, slots=True)
class Word:
    """A word, a phrase or, with ``name.prefix``, the beginning of a word."""

    name: Name


@dataclass(frozen=True, slots=True)
class Field:
    field: str  # source, lang or author
    value: str  # the language, or the key of the name
    written: str
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Not:
    child: Node


@dataclass(frozen=True, slots=True)
class And:
    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    children: tuple[Node, ...]


Node = Word | Field | Not | And | Or


@dataclass(frozen=True, slots=True)
class Query:
    """A query that was understood."""

    text: str
    root: Node


def parse_query(text: str) -> Query:
    """Return the query ``text`` says. Raises: QueryError with the column and what is allowed there."""
    return Query(text, _Parser(text).parse())


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # word, phrase, (, ), minus, AND, OR, NOT, end
    text: str
    column: int
    glued: bool = False  # nothing stands between it and the token before


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = self._tokens()
        self.place = 0
        self.depth = 0

    def parse(self) -> Node:
        if self._next.kind == "end":
            raise self._error(1, "the query is empty; write a word, a \"phrase\" or a field such as source:name")
        root = self._either()
        if self._next.kind == ")":
            raise self._error(self._next.column, "')' closes nothing; remove it or open '(' before it")
        return root

    @property
    def _next(self) -> _Token:
        return self.tokens[self.place]

    def _take(self) -> _Token:
        token = self._next
        self.place += 1
        return token

    def _error(self, column: int, message: str) -> QueryError:
        return QueryError(column, message, self.text[:LONGEST])

    def _either(self) -> Node:
        children = [self._all()]
        while self._next.kind == "OR":
            operator = self._take()
            self._need_operand(operator)
            children.append(self._all())
        return children[0] if len(children) == 1 else Or(tuple(children))

    def _all(self) -> Node:
        children = [self._one()]
        while self._next.kind not in ("OR", ")", "end"):
            if self._next.kind == "AND":
                operator = self._take()
                self._need_operand(operator)
            children.append(self._one())
        return children[0] if len(children) == 1 else And(tuple(children))

    def _need_operand(self, operator: _Token) -> None:
        if self._next.kind in ("end", ")", "AND", "OR"):
            raise self._error(operator.column, f"{operator.text} needs a word, \"phrase\", field or '(' on its right; "
                                               f"to look for the word itself, write \"{operator.text}\" in quotes")

    def _one(self) -> Node:
        token = self._take()
        if token.kind in ("AND", "OR"):
            raise self._error(token.column, f"{token.text} needs a word, \"phrase\", field or ')' on its left; "
                                            f"to look for the word itself, write \"{token.text}\" in quotes")
        if token.kind in ("NOT", "minus"):
            self._need_operand(token)
            self._deeper(token)
            child = self._one()
            self.depth -= 1
            return Not(child)
        if token.kind == "(":
            if self._next.kind == ")":
                raise self._error(token.column, "'()' is empty; write what belongs in the brackets, or remove them")
            if self._next.kind == "end":
                raise self._error(token.column, "'(' is never closed; add ')'")
            self._deeper(token)
            inner = self._either()
            self.depth -= 1
            if self._next.kind != ")":
                raise self._error(token.column, "'(' is never closed; add ')'")
            self._take()
            return inner
        if token.kind == ")":
            raise self._error(token.column, "')' closes nothing; remove it or open '(' before it")
        if token.kind == "phrase":
            return self._word(token, token.text, prefix=False)
        return self._bare(token)

    def _deeper(self, token: _Token) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self._error(token.column, f"more than {DEEPEST} brackets inside each other; simplify the query")

    def _bare(self, token: _Token) -> Node:
        found = _FIELD.match(token.text)
        if found:
            return self._field(token, found[1], found[2])
        return self._word(token, token.text.removesuffix("*"), prefix=token.text.endswith("*"))

    def _word(self, token: _Token, text: str, *, prefix: bool) -> Word:
        if token.kind == "word" and "*" in text:
            raise self._error(token.column + text.index("*"), "'*' is allowed only at the end of a word: refund*")
        wanted = name(text, prefix=prefix)
        if not wanted.key:
            raise self._error(token.column, f"{token.text!r} has no letter or digit to look for; "
                                            "words are joined by AND, OR, NOT and brackets")
        if prefix and len(wanted.key) < 2:
            raise self._error(token.column,
                f"{token.text!r} would match nearly everything; write two letters or more before '*'")
        return Word(wanted)

    def _field(self, token: _Token, written: str, value: str) -> Field:
        field = _FIELD_KEYS.get(matching_key(written))
        if field is None:
            raise self._error(token.column, f"unknown field {written + ':'!r}; allowed: {_ALLOWED_FIELDS}; "
                                            "to look for the text itself, put it in quotes")
        column = token.column + len(written) + 1
        phrase = False
        if not value and self._next.glued and self._next.kind == "phrase":
            value = self._take().text
            phrase = True
        if not value:
            if self._next.glued and self._next.kind == "(":
                raise self._error(column, f"a field takes one value; write ({written}:a OR {written}:b)")
            raise self._error(column, f"{written}: needs a value without a space before it, such as {written}:name")
        if field == "lang":
            language = _LANGUAGE_KEYS.get(matching_key(value))
            if language is None:
                raise self._error(column, f"unknown language {value!r}; allowed: {', '.join(LANGUAGES)}")
            return Field(field, language, f"{written}:{value}")
        prefix = value.endswith("*") and not phrase
        key = matching_key(value)
        if not key:
            raise self._error(column, f"{value!r} has no letter or digit to look for; write a name such as {written}:name")
        return Field(field, key, f"{written}:{value}", prefix)

    def _tokens(self) -> list[_Token]:
        text = self.text
        if len(text) > LONGEST:
            raise self._error(LONGEST + 1, f"the query is longer than {LONGEST:,} characters; divide it into several")
        tokens: list[_Token] = []
        place, before = 0, -1
        while place < len(text):
            character = text[place]
            glued = place == before
            if character.isspace() or character in _INVISIBLE:
                place += 1
                continue
            if character in "()":
                tokens.append(_Token(character, character, place + 1, glued))
                place += 1
            elif character in _QUOTES:
                closing = text.find(_QUOTES[character], place + 1)
                if closing < 0 and character == "“":
                    closing = text.find('"', place + 1)
                if closing < 0:
                    raise self._error(place + 1, f"the quote {character} is never closed; add {_QUOTES[character]}")
                tokens.append(_Token("phrase", text[place + 1:closing], place + 1, glued))
                place = closing + 1
            elif character in "”»":
                raise self._error(place + 1, f"the quote {character} closes nothing; remove it or open a quote before it")
            elif character in "-−–" and not (glued and tokens and tokens[-1].kind in ("word", "phrase")):
                if place + 1 >= len(text) or text[place + 1].isspace() or text[place + 1] == ")":
                    raise self._error(place + 1, "'-' stands directly before what must not be there: -word")
                tokens.append(_Token("minus", character, place + 1, glued))
                place += 1
            else:
                found = _WORD.match(text, place)
                assert found is not None
                word = found[0]
                kind = _OPERATORS.get(matching_key(word), "word") if word.casefold() in _OPERATORS else "word"
                tokens.append(_Token(kind, word, place + 1, glued))
                place = found.end()
            before = place
        tokens.append(_Token("end", "", len(text) + 1))
        return tokens
