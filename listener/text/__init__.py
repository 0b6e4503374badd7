"""Persian and English text: keys for matching, plain text from HTML, a guess at the language. Pure.

The original text is always kept and shown; everything here is derived from it and may be derived again.
"""

from listener.text.fingerprint import fingerprint, own_text
from listener.text.html import html_to_text
from listener.text.key import TEXT_VERSION, Folded, Gap, fold, matching_key, search_form
from listener.text.language import LanguageGuess, guess_language
from listener.text.plain import hashtag_words, hashtags, printable

__all__ = [
    "TEXT_VERSION", "Folded", "Gap", "LanguageGuess", "fingerprint", "fold", "guess_language", "hashtag_words", "hashtags",
    "html_to_text", "matching_key", "own_text", "printable", "search_form",
]
