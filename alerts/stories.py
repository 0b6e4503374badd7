"""Which mentions are one story: copies of a text, whole, cut, quoted, under another headline, or spun word for word.

Compared are letters (``listener.text.matching_key``), so that spelling, half-spaces and marks play no part. A machine that
spins a text swaps words for synonyms and keeps their order, so that half of the letters stand where they stood. Two people
who complain about one thing share little but the words that everybody uses (``alerts.usual_words``), which therefore prove
nothing. Cosines of the sentiment model's embedding do not part the two kinds of pairs (0.75 to 0.98 against up to 0.93) and
are not used; tests/benchmarks/RESULTS.md, "Stories", has the figures.

What is worth comparing is found by *marks*: about one in six of a text's runs of eight letters, chosen by their own hash, so
that a part of a text leaves part of its marks, which a MinHash of fixed size does not promise (sampling by a fixed modulus:
Manber, "Finding similar files in a large file system", USENIX 1994). Texts that share one are compared in earnest.

What it cannot tell: a text rewritten freely has no run in common and is another story; two long texts of one form that
differ in a name are taken for copies (where their numbers differ they are not).
"""

from __future__ import annotations

import hashlib
import re
import zlib
from bisect import bisect_left
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from itertools import accumulate

from alerts.usual_words import USUAL
from listener.text import own_text, search_form
from listener.types import Mention, MentionKey

CANDIDATE_FOR = timedelta(days=30)
"""So long after its publishing a text is compared with others."""
REMEMBERED_FOR = timedelta(days=400)
"""So long after its last copy: a story that was one comes back at its anniversary."""

RUN = 4  # letters; the shortest common run that counts: three letters stand in every text
OFTEN = 6  # a run that stands more often in one text says nothing about where it belongs
COMPARED = 1200  # letters of a text that are compared
MARK = 8  # letters of a run that leaves a mark: two or three words
SAMPLED = 6  # one run in so many leaves a mark
MARKED = 480  # letters from the beginning that leave marks: a post whole, of an article the lead
COMMON = 32  # new texts, the oldest, that are found by one mark: in a flood on one topic thousands leave the same
CANDIDATES = 16  # texts that one is compared with, those with most marks in common

SHARED = 0.2  # of the shorter text's runs; below, it is not looked at in what order they stand

COPY_LETTERS = 40  # exact copies; below («عالی بود ممنون از ارسال سریع») people write the same without having read each other
WHOLE = 0.85  # of the shorter text is covered: it was cut, or the longer one quotes it
WHOLE_LETTERS = 48
WHOLE_CLOSE = 1.5  # times its own letters: so close together they stand in the longer text
WHOLE_SHARE = 0.35  # of the longer text, or else it stands at its beginning (a text that was cut) …
BEGINNING = 120  # letters; room for a headline
SPUN = 0.45  # of both texts is covered
SPUN_REACH = 0.6  # of both texts from the first common run to the last
SPUN_THIRD = 0.25  # of each third between: a signature under two posts makes them no story
SPUN_LETTERS = 60
SPUN_UNUSUAL = 18  # of the letters that are covered, in words that are not everybody's
SPUN_UNUSUAL_SHARE = 0.36  # of all such letters of both texts
UNUSUAL = 6  # the same for copies: «کیفیت عالی، ارسال سریع، قیمت مناسب، ممنون» is nobody's own, however long
SAME = 0.9  # of both texts: nothing is left to find by marks of its own
MERGING = 0.7  # of both texts: two stories with such a text between them were one all along
OWN_LETTERS = 80  # added to what is quoted: a sentence or two are words of one's own, a headline is not

_NUMBER = re.compile(r"\d{1,18}")


@dataclass(slots=True)
class Assignment:
    """What became of new mentions. All keys but those of ``recurring`` and ``copied`` are of new ones."""

    stories: dict[MentionKey, str] = field(default_factory=dict)
    copied: dict[MentionKey, bool] = field(default_factory=dict)  # a known mention stands here when an older text turned up
    marks: dict[MentionKey, tuple[int, ...]] = field(default_factory=dict)  # none for texts that others stand for
    recurring: dict[MentionKey, datetime] = field(default_factory=dict)  # until when the marks of a text that came back count
    merged: dict[str, str] = field(default_factory=dict)  # story that is no more → the older one it belongs to


def story_id(key: MentionKey) -> str:
    """Return the id of a story that begins with this mention: sixteen hex digits, the same for all brands."""
    return hashlib.sha256("\n".join(key).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def marks(mention: Mention) -> tuple[int, ...]:
    """Return the marks of a mention's text, each below 2**32, ascending; none for our own answers and short texts."""
    return () if mention.ours else _marks(_read(mention.full_text).letters)


def counted_until(mention: Mention) -> datetime:
    """Return until when the marks of a mention count that nothing recurs of."""
    return mention.published_at + CANDIDATE_FOR


def assign(new: Sequence[Mention], known: Mapping[MentionKey, Sequence[tuple[Mention, str]]]) -> Assignment:
    """Return the story of each new mention that is not our own.

    ``known``: for each of them the mentions with a story that share marks, the whole text, or that it reshares, in any
    order. New ones are taken in order of publishing, whatever their order here, and each is known to those after it. A
    text joins the story of the nearest text; where it holds two stories together they become the older one. A reshare
    belongs to what it reshares, also when that is not collected (yet): the id says which it will be.
    """
    pass_ = _Pass()
    for one in sorted((one for one in new if not one.ours), key=_order):
        pass_.take(one, known.get(one.key, ()))
    return pass_.done


def same_story(one: str, other: str) -> bool:
    """Return whether two texts are one story by their text alone."""
    return _kinship(_read(one), _read(other)) is not None


def _order(mention: Mention) -> tuple[datetime, MentionKey]:
    return mention.published_at, mention.key


class _Text:
    """A text ready to be compared; what few comparisons come to is worked out when they do."""

    def __init__(self, text: str) -> None:
        self.bare = own_text(text)
        self.words = search_form(self.bare).split()
        self.letters = "".join(self.words)[:COMPARED]  # the matching key

    @cached_property
    def runs(self) -> frozenset[str]:
        return frozenset(map("".join, zip(*(self.letters[at:] for at in range(RUN)), strict=False)))

    @cached_property
    def numbers(self) -> Counter[int]:
        return Counter(int(number) for number in _NUMBER.findall(self.bare[:2 * COMPARED]))

    @cached_property
    def unusual(self) -> bytes:
        """For each letter whether its word is not everybody's."""
        return b"".join(bytes(len(word)) if word in USUAL else b"\1" * len(word) for word in self.words)[:COMPARED]


_read = lru_cache(maxsize=512)(_Text)  # each new text is read twice, the head of a story that spreads with every copy


@dataclass(frozen=True, slots=True)
class _Kinship:
    """How much of each of two texts the other covers, 0..1."""

    one: float
    other: float
    spun: bool

    @property
    def nearness(self) -> float:
        return min(self.one, self.other)


def _kinship(one: _Text, other: _Text) -> _Kinship | None:
    if one.letters == other.letters:
        return _Kinship(1.0, 1.0, spun=False) if len(one.letters) >= COPY_LETTERS and one.unusual.count(1) >= UNUSUAL else None
    shorter = min(len(one.letters), len(other.letters))
    if shorter < WHOLE_LETTERS or len(one.runs & other.runs) < SHARED * min(len(one.runs), len(other.runs)):
        return None
    if _numbers_differ(one.numbers, other.numbers):
        return None
    covered = _covered(one.letters, other.letters)
    shares = [part.count(1) / len(part) for part in covered]
    proof = [_both(part, text.unusual).count(1) for part, text in zip(covered, (one, other), strict=True)]
    if max(shares) >= WHOLE and min(proof) >= UNUSUAL and _stands_whole(covered):
        return _Kinship(shares[0], shares[1], spun=False)
    if shorter >= SPUN_LETTERS and min(proof) >= SPUN_UNUSUAL and all(map(_is_spun, covered)) and all(
            found >= SPUN_UNUSUAL_SHARE * text.unusual.count(1) for found, text in zip(proof, (one, other), strict=True)):
        return _Kinship(shares[0], shares[1], spun=True)
    return None


def _both(one: bytearray, other: bytes) -> bytes:
    return (int.from_bytes(one, "big") & int.from_bytes(other, "big")).to_bytes(len(one), "big")


def _numbers_differ(one: Counter[int], other: Counter[int]) -> bool:
    """Whether each text has numbers of its own, more than both share: two reports of one form."""
    return max((one - other).total(), (other - one).total()) > (one & other).total() and bool(one - other) and bool(other - one)


def _covered(one: str, other: str) -> tuple[bytearray, bytearray]:
    """Return for each letter of both texts whether a common run covers it; the runs stand in one order in both.

    The longest chain of equal runs, by patience sorting: n log n in the number of places where runs are equal.
    """
    places: dict[str, list[int]] = defaultdict(list)
    for at in range(len(one) - RUN + 1):
        places[one[at:at + RUN]].append(at)
    ends: list[int] = []  # of the best chain of each length, where it ends in ``one``
    last: list[int] = []  # and which pair that is
    pairs: list[tuple[int, int, int]] = []  # place in one, in other, the pair before
    for at in range(len(other) - RUN + 1):
        found = places.get(other[at:at + RUN], ())
        if len(found) > OFTEN:
            continue
        for place in reversed(found):
            length = bisect_left(ends, place)
            before = last[length - 1] if length else -1
            if length == len(ends):
                ends.append(place)
                last.append(len(pairs))
            else:
                ends[length], last[length] = place, len(pairs)
            pairs.append((place, at, before))
    cover_one, cover_other = bytearray(len(one)), bytearray(len(other))
    run, pair = b"\1" * RUN, last[-1] if last else -1
    while pair >= 0:
        place, at, pair = pairs[pair]
        cover_one[place:place + RUN] = run
        cover_other[at:at + RUN] = run
    return cover_one, cover_other


def _stands_whole(covered: tuple[bytearray, bytearray]) -> bool:
    """Whether the shorter text stands in one place of the longer, and makes up much of it or its beginning."""
    shorter, longer = sorted(covered, key=len)
    window = round(WHOLE_CLOSE * len(shorter))
    before = [0, *accumulate(longer)]
    most, start = max((before[min(at + window, len(longer))] - before[at], -at) for at in range(len(longer)))
    if most < WHOLE * len(shorter):
        return False
    return len(shorter) >= WHOLE_SHARE * len(longer) or longer.find(1, -start) <= BEGINNING


def _is_spun(cover: bytearray) -> bool:
    """Whether what is covered is most of the text and lies all over it."""
    start, end = cover.find(1), cover.rfind(1) + 1
    if cover.count(1) < SPUN * len(cover) or end - start < SPUN_REACH * len(cover):
        return False
    cuts = [start + (end - start) * part // 3 for part in range(4)]
    return all(cover.count(1, left, right) >= SPUN_THIRD * (right - left) for left, right in zip(cuts, cuts[1:], strict=False))


def _marks(letters: str) -> tuple[int, ...]:
    if len(letters) < COPY_LETTERS:
        return ()
    found = set()
    for at in range(min(len(letters), MARKED) - MARK + 1):
        # a cyclic sum alone is linear: its low bits repeat from run to run
        mark = zlib.crc32(letters[at:at + MARK].encode("utf-8", "surrogatepass")) * 0x9E3779B1 & 0xFFFFFFFF
        if (mark >> 8) % SAMPLED == 0:
            found.add(mark)
    return tuple(sorted(found))


@dataclass(slots=True)
class _Member:
    """A mention that has its story, as later ones see it."""

    mention: Mention
    story: str
    text: _Text


class _Pass:
    """One call of ``assign``: what it found so far."""

    def __init__(self) -> None:
        self.done = Assignment()
        self.by_mark: dict[int, deque[_Member]] = defaultdict(deque)  # new ones only; known ones come with the mention
        self.by_letters: dict[str, _Member] = {}
        self.members: dict[MentionKey, _Member] = {}

    def take(self, mention: Mention, known: Sequence[tuple[Mention, str]]) -> None:
        text = _read(mention.full_text)
        left = _marks(text.letters)
        kin = sorted(((kinship, member) for member in self._candidates(mention, text, left, known)
                      if (kinship := _kinship(text, member.text)) is not None), key=_nearest)
        original = None if mention.reshare_of is None else MentionKey(mention.kind, mention.reshare_of)
        reshared = None if original is None else self.members.get(original) or self._known(original, known)
        if reshared is not None:
            story = self._story(reshared)
        elif kin:
            story = self._merged(kin)
        else:
            story = self._resolve(story_id(original or mention.key))
        member = self.members[mention.key] = _Member(mention, story, text)
        self._note(member, kin, resharing=original is not None)
        self.by_letters.setdefault(text.letters, member)
        if not any(kinship.nearness >= SAME for kinship, _ in kin):  # else another one is found in its place
            self.done.marks[mention.key] = left
            for mark in left:
                found = self.by_mark[mark]
                if len(found) == COMMON and counted_until(found[0].mention) < mention.published_at:
                    found.popleft()
                if len(found) < COMMON:
                    found.append(member)

    def _candidates(self, mention: Mention, text: _Text, left: Sequence[int],
                    known: Sequence[tuple[Mention, str]]) -> Iterator[_Member]:
        shared = Counter(member.mention.key for mark in left for member in self.by_mark[mark]
                         if mention.published_at <= counted_until(member.mention))
        most = sorted(shared, key=lambda key: (-shared[key], _order(self.members[key].mention)))[:CANDIDATES]
        copy = self.by_letters.get(text.letters)
        for key in dict.fromkeys([*([copy.mention.key] if copy else []), *most]):
            yield self.members[key]
        for one, story in known:
            if one.key not in shared and one.key != mention.key and not one.ours:
                yield self.members.get(one.key) or _Member(one, story, _read(one.full_text))

    def _known(self, key: MentionKey, known: Sequence[tuple[Mention, str]]) -> _Member | None:
        return next((_Member(one, story, _read("")) for one, story in known if one.key == key), None)

    def _resolve(self, story: str) -> str:
        return self.done.merged.get(story, story)

    def _story(self, member: _Member) -> str:
        return self._resolve(self.done.stories.get(member.mention.key, member.story))

    def _merged(self, kin: Sequence[tuple[_Kinship, _Member]]) -> str:
        """Return the story of the nearest; where others are as near as copies, all are one from now on, by the oldest's name."""
        near = [kin[0][1], *(member for kinship, member in kin[1:] if kinship.nearness >= MERGING)]
        if kin[0][0].nearness < MERGING:
            return self._story(near[0])
        kept = self._story(min(near, key=lambda member: _order(member.mention)))
        for gone in {self._story(member) for member in near} - {kept}:
            for old, now in list(self.done.merged.items()):
                if now == gone:
                    self.done.merged[old] = kept
            self.done.merged[gone] = kept
            for key, story in self.done.stories.items():
                if story == gone:
                    self.done.stories[key] = kept
        return kept

    def _note(self, new: _Member, kin: Sequence[tuple[_Kinship, _Member]], *, resharing: bool) -> None:
        done, mention = self.done, new.mention
        done.stories[mention.key] = new.story
        done.copied[mention.key] = resharing
        if not kin:
            return
        kinship, member = kin[0]
        until = mention.published_at + REMEMBERED_FOR
        done.recurring[member.mention.key] = max(until, done.recurring.get(member.mention.key, until))
        if resharing:
            return
        older = _order(mention) < _order(member.mention)
        if older and member.mention.reshare_of is None and _adds_little(member, kinship.other, kinship.spun):
            done.copied[member.mention.key] = True
        done.copied[mention.key] = not older and _adds_little(new, kinship.one, kinship.spun)


def _adds_little(member: _Member, covered: float, spun: bool) -> bool:
    return spun or len(member.text.letters) * (1 - covered) < OWN_LETTERS


def _nearest(found: tuple[_Kinship, _Member]) -> tuple[float, datetime, MentionKey]:
    kinship, member = found
    return (-kinship.nearness, *_order(member.mention))
