"""Text as people write it, made into text as the model was trained on it.

Every step here was applied to the training rows too, so this file and the weights belong together: the weights' metadata
names `VERSION`, and a scorer refuses weights made for another one. What is folded away here cannot change a label: Arabic
letters, diacritics, kashida, half-spaces, digits, case, handles, links. Measured before folding, a handle put in front of a
post changed 62 % of its labels and other digits 4 %.

`Preprocessor` is pure, and its cost is bounded: `clip` keeps the head and the tail of a long text before any pattern runs.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

VERSION = 1  # raise with every change that can alter the result for any text

HEAD_CHARS = 3000  # at most this much of the start of a text is read …
TAIL_CHARS = 1000  # … and this much of its end: verdicts stand at both ends of long reviews

# Letters -----------------------------------------------------------------------------------------------------------------
_LETTERS = {
    "ي": "ی", "ى": "ی", "ې": "ی", "ے": "ی", "ك": "ک", "ڪ": "ک", "ة": "ه", "ۀ": "ه", "ە": "ه", "ہ": "ه", "ھ": "ه", "ۂ": "ه",
    "أ": "ا", "إ": "ا", "ٱ": "ا", "ؤ": "و", "ء": "",
    "’": "'", "‘": "'", "`": "'", "´": "'", "ʼ": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "٬": ",", "٫": ".",
    "ـ": "",  # kashida only widens a word
}  # fmt: skip
_SPACES = "\u00a0\u1680\u2028\u2029\u202f\u205f\u3000\u200b\u200c\ufeff\u180e\u2060\t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85"
_TABLE: dict[int, str | None] = {ord(letter): other for letter, other in _LETTERS.items()}
_TABLE |= {code: " " for code in range(0x20)} | {code: " " for code in range(0x7F, 0xA0)}
_TABLE |= {ord(space): " " for space in _SPACES} | {code: " " for code in range(0x2000, 0x200B)}
_TABLE |= {ord("۰") + digit: str(digit) for digit in range(10)} | {ord("٠") + digit: str(digit) for digit in range(10)}
_TABLE |= {code: None for code in range(0x0610, 0x061B)}  # honorific signs
_TABLE |= {code: None for code in range(0x064B, 0x0660)} | {0x0670: None}  # short vowels, tanvin, tashdid
_TABLE |= {code: None for code in range(0x06D6, 0x06EE) if code not in (0x06DD, 0x06DE, 0x06E5, 0x06E6, 0x06E9)}
_TABLE |= {code: None for code in (0x00AD, 0x061C, 0x200D, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2061, 0x2070))}
_TABLE |= {code: None for code in (*range(0xFE00, 0xFE10), *range(0x1F3FB, 0x1F400))}  # emoji variants and skin tones
_TABLE |= {code: None for code in range(0xE0000, 0xE0080)} | {code: None for code in range(0xD800, 0xE000)}  # tags, half pairs

# Marks of the platform, not of the feeling ---------------------------------------------------------------------------------
_LINK = re.compile(
    r"(?:https?://|www\.)[^\s<>\"]+|\b(?:t\.me|t\.co|bit\.ly|pic\.twitter\.com|instagram\.com|youtu\.be)/[^\s<>\"]+"
    r"|[{\[<](?:link|url|user|username|mention)[}\]>]|\bhttps?\b(?![:\w])",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,24}){1,4}")
_HANDLE = re.compile(r"(?<!\w)@\w+:?")
_RESHARE = re.compile(r"^\W{0,3}rt\b[\s:]*", re.IGNORECASE)
_TAG = re.compile(r"<[a-z/!][^<>]{0,200}>", re.IGNORECASE)
_HASHTAG = re.compile(r"#(\w+)")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=[0-9])")

# Emoticons ----------------------------------------------------------------------------------------------------------------
_EMOTICONS = {
    r"[:=]['][-]?\(+": "😢", r"[:=][-o]?\({2,}": "😭", r"[:=][-o]?[(\[]": "🙁", r"[:=][-o]?\){2,}": "😂", r"[:=][-o]?[)\]]": "🙂",
    r"[:=x][-]?d+(?!\w)": "😀", r";[-]?\)+": "😉", r"[:=][-]?p+(?!\w)": "😛", r"</3": "💔", r"<3+": "❤", r":[-]?\*": "😘",
    r":[-]?\|": "😐", r":[-]?[/\\](?!/)": "😕", r"\(+:": "🙂",
}  # fmt: skip
_EMOTICON = re.compile("|".join(rf"(?P<e{i}>(?<![\w:]){pattern})" for i, pattern in enumerate(_EMOTICONS)), re.IGNORECASE)
_EMOTICON_OF = {f"e{i}": f" {emoji} " for i, emoji in enumerate(_EMOTICONS.values())}
_EMOTICON_HINT = re.compile(r"[:=;][-'o]?[()\[\]dp*|/\\]|<3|</3|\(:|\bx-?d\b", re.IGNORECASE)

# Spacing ------------------------------------------------------------------------------------------------------------------
_RUN = re.compile(r"(\w)\1{2,}")  # the same letter three times or more
_DOUBLE = re.compile(r"(\w)\1")
_AROUND = ".,!?;:،؛؟\"'()[]…-"
_MARKS = re.compile(r"([^\w\s])\1{3,}")
_SPACE = re.compile(r"\s+")
_BEFORE_MARK = re.compile(r" +([.,!?;:،؛؟)\]])")
_CONTRACTION = re.compile(r"\b(\w+) (n't|'(?:s|m|re|ve|ll|d|t))\b")
_FA = "\u0620-\u06ff"
# Half-space kept, dropped or typed as a space: one spelling for the three, for the affixes that make up most of them.
_PREFIX = re.compile(rf"(?<![^\s\W])(ن?می) (?=[{_FA}])")
_SUFFIX = re.compile(
    rf"(?<=[{_FA}]) (ها|های|هایی|هایم|هایت|هایش|هایمان|هایتان|هایشان|هام|هات|هاش|هامون|هاتون|هاشون|هاست|تر|تری|ترین)(?!\w)"
)


def clip(text: str, head: int = HEAD_CHARS, tail: int = TAIL_CHARS) -> str:
    """The first `head` and last `tail` characters of `text`, with a space between, or all of a shorter one."""
    return text if len(text) <= head + tail else f"{text[:head]} {text[-tail:]}"


def split_hashtag(match: re.Match[str]) -> str:
    """`#WorstFlightEver` and `#worst_flight_ever` as words."""
    return f" {_CAMEL.sub(' ', match[1]).replace('_', ' ')} "


@dataclass(frozen=True, slots=True)
class Preprocessor:
    """Callable `text -> text`.

    `words` gives the rank of the words the model's vocabulary holds whole (0 is the most frequent); with it a stretched word
    («عاااالی», "soooo goooood") goes back to the spelling the model knows best. Without it every run becomes one letter.
    """

    words: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    def __call__(self, text: str) -> str:
        text = clip(text)
        if "&" in text:
            text = html.unescape(text)
        if not text.isascii() and not unicodedata.is_normalized("NFKC", text):
            text = clip(unicodedata.normalize("NFKC", text))  # one sign may become eighteen letters
        text = text.translate(_TABLE)
        if "http" in text.lower() or "/" in text or "{" in text or "[" in text or "<" in text or "www." in text:
            text = _LINK.sub(" ", text)
        if "@" in text:
            text = _HANDLE.sub(" ", _EMAIL.sub(" ", text))
        if _EMOTICON_HINT.search(text):
            text = _EMOTICON.sub(lambda match: _EMOTICON_OF[match.lastgroup or ""], text)
        if "<" in text:
            text = _TAG.sub(" ", text)
        if "#" in text:
            text = _HASHTAG.sub(split_hashtag, text)
        text = _RESHARE.sub("", text.lower().replace("\u0307", "").replace("_", " "))
        text = _RUN.sub(r"\1\1\1", text)
        if _RUN.search(text):
            text = " ".join(self.shorten(word) if _RUN.search(word) else word for word in text.split())
        text = _MARKS.sub(r"\1\1\1", text)
        text = _BEFORE_MARK.sub(r"\1", _SPACE.sub(" ", text))
        if "'" in text:
            text = _CONTRACTION.sub(r"\1\2", text)
        text = _SUFFIX.sub(r"\1", _PREFIX.sub(r"\1", text))
        return text.strip()

    def shorten(self, word: str) -> str:
        """The likeliest spelling of a word with stretched letters; digits keep their run («۳۰۰۰» is a number)."""
        options = [""]
        at = 0
        for match in _RUN.finditer(word):
            letter = match[1]
            if letter.isdigit():
                runs = [match[0]]
            else:
                runs = [letter, letter * 2]
            options = [f"{option}{word[at:match.start()]}{run}" for option in options[:8] for run in runs]
            at = match.end()
        options = [option + word[at:] for option in options]
        return min(options, key=lambda option: (self.rank(option), len(option)))

    def rank(self, word: str) -> int:
        """Rank of a word without its punctuation; a doubled letter counts a fifth, since more words lose it than win it
        ("good" is rarer than "god" in the vocabulary, and yet what "gooood" means)."""
        bare = word.strip(_AROUND)
        rank = self.words.get(bare)
        if rank is None:
            return 1 << 30
        return rank // 5 if _DOUBLE.search(bare) else rank


def ranked_words(vocabulary: Mapping[str, int]) -> dict[str, int]:
    """Whole words of a SentencePiece vocabulary (pieces that start with `▁`) with their rank, for `Preprocessor.words`."""
    return {piece[1:]: rank for piece, rank in vocabulary.items() if len(piece) > 2 and piece[0] == "▁"}
