"""What complaints say of late, as bars: each phrase is a link to the posts that say it. The bars themselves are pure."""

from __future__ import annotations

from html import escape

import streamlit as st

from alerts.topics import Phrase
from alerts.wording import isolate
from dashboard import cards, insight, links, session
from dashboard.pen import Pen
from listener.service import PhrasesView
from listener.words import Language


def section(pen: Pen, brand: str | None) -> None:
    """Write the phrases, those of the reader's language first; nothing where none is said often enough."""
    view = insight.phrases(brand)
    tongues = [tongue for tongue in sorted(view.phrases, key=lambda one: one != pen.language) if view.phrases[tongue]]
    st.subheader(pen.say("phrases.title"))
    if not tongues:
        session.block(cards.empty(pen, pen.say("phrases.none"), pen.say("phrases.none_words")))
        return
    for tongue in tongues:
        session.block(head(pen, view, tongue))
        most = view.phrases[tongue][0].now
        with st.container(key=f"phrases_{tongue}", gap=None):
            for place, one in enumerate(view.phrases[tongue]):
                with st.container(key=f"phrase_{tongue}_{place}", horizontal=True, vertical_alignment="center", gap="small"):
                    st.page_link("views/mentions.py", label=session.named(one.words), help=session.plain(told(pen, view, tongue, one)),
                                 query_params=links.query(q=f'"{one.words}"', label="negative", span="7d"))
                    session.block(bar(pen, view, tongue, one, most))
    session.block(cards.help_text(pen, "how.phrases"))


def head(pen: Pen, view: PhrasesView, tongue: Language) -> str:
    """Return which complaints were read: all of them, or how many of them."""
    key = "phrases.of_all" if view.whole else "phrases.of_some"
    words = pen.say(key, tongue=pen.known(f"causes.tongue.{tongue}", tongue), now=view.now[tongue], before=view.before[tongue])
    return f'<p class="g-soft g-small" style="margin:0">{escape(words)}</p>'


def told(pen: Pen, view: PhrasesView, tongue: Language, one: Phrase) -> str:
    """Return a bar in words: in how many complaints of the week, in how many of those before. Counts, so that nothing is made of a few."""
    return pen.say("phrases.told", words=isolate(one.words), n=one.now, of=view.now[tongue], before=one.before, of_before=view.before[tongue])


def bar(pen: Pen, view: PhrasesView, tongue: Language, one: Phrase, most: int) -> str:
    """Return a phrase's bar from where the language begins, with its counts beside it."""
    cells = (f'<i class="negative" style="flex:{one.now} 1 0"></i>'
             f'<i style="flex:{max(most - one.now, 0)} 1 0;background:none;min-width:0"></i>')
    words = pen.say("phrases.count", n=one.now) + pen.say("dot") + (pen.say("phrases.before", n=one.before) if one.before else pen.say("phrases.new"))
    return (f'<div class="g-phrase" title="{escape(told(pen, view, tongue, one))}"><span class="g-bar" aria-hidden="true">{cells}</span>'
            f'<span class="g-small g-soft">{escape(words)}</span></div>')
