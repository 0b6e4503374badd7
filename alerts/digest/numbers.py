"""The figures of a digest: numbers beside those of the span before and of a year ago, and the share of voice. Pure.

What the model called negative and how much it probably was differ, since it errs: where that is known, each stands beside the other and
says which it is.
"""

from __future__ import annotations

from collections.abc import Callable

from alerts.digest import charts
from alerts.digest.figures import NAME, Figures
from alerts.digest.links import Links
from alerts.digest.nouns import Cell, Facts, Grid, Line, Row, Section, Tally
from alerts.digest.sentences import burstiness, span_words
from alerts.digest.weigh import LEAST, REAL, alike, apart, contrast, share_of
from alerts.wording.text import clip, isolate


def numbers(facts: Facts, figures: Figures, links: Links, short: bool) -> Section:
    """Return the figures of the span with their changes; rows of which nothing is known are left out."""
    words, before, year = span_words(figures, facts), facts.before, facts.year
    columns = [figures.say("column.figure"), figures.head(words["this"]), *([figures.head(words["last"]), figures.say("column.change")] if before else []),
               *([figures.head(figures.say(f"year.{facts.period.every}"))] if year else [])]
    corrected = any(one is not None and one.share is not None and one.share.corrected for one in (facts.now, before, year))
    told: list[tuple[str, Callable[[Tally], Cell], Callable[[Tally | None], Cell], str | None]] = [
        ("mentions", lambda one: _cell(figures.count(one.mentions), one.mentions), lambda one: _change(facts, one, figures, "mentions"), links.posts()),
        ("authors", lambda one: _cell(figures.count(one.authors), one.authors), lambda one: _change(facts, one, figures, "authors"), links.posts()),
        ("negative", lambda one: _cell(figures.count(one.negative), one.negative), lambda one: _change(facts, one, figures, "negative"),
         links.posts("negative")),
        ("share" if corrected else "share.raw", lambda one: _share(one, figures), lambda one: _share_change(facts.now, one, figures),
         links.posts("negative")),
        ("rate", lambda one: _rate(one, figures), _unchanged, None),
        ("unsure", lambda one: _unsure(one, figures), _unchanged, links.posts("unsure")),
        ("reach", lambda one: _reach(one, figures), _unchanged, None),
    ]
    rows = []
    for name, cell, change, url in told:
        cells = [cell(facts.now), *([cell(before), change(before)] if before else []), *([_beside(cell(year), change(year), figures)] if year else [])]
        if any(one.values for one in cells):
            rows.append(Row((Cell(figures.say(f"figure.{name}")), *cells), url))
    notes = []
    if facts.now.reach is not None:
        notes.append(Line(figures.say("note.reach.posts" if "posts" in facts.now.reach.method else "note.reach.accounts")))
    chart = None if short else charts.by_day(facts, figures)
    return figures.section("numbers", grid=Grid(tuple(columns), tuple(rows)), chart=chart, notes=tuple(notes))


def _cell(text: str, *values: float, tone: str = "") -> Cell:
    return Cell(text, tuple(values), tone)


def _beside(cell: Cell, change: Cell, figures: Figures) -> Cell:
    """Return a figure of a year ago with how this span differs from it."""
    return Cell(figures.say("beside", figure=cell.text, change=change.text), cell.values, change.tone) if cell.text and change.text else cell


def _unchanged(_before: Tally | None) -> Cell:
    return Cell("")


def _change(facts: Facts, before: Tally | None, figures: Figures, what: str) -> Cell:
    """Return how a count differs from that of another span; where too little was seen of one it says that it cannot be compared."""
    if before is None or not alike(facts.now.seen, before.seen):
        return Cell(figures.say("uncompared") if before is not None else "")
    found = contrast(getattr(facts.now, what), getattr(before, what), burstiness(facts, "negative" if what == "negative" else "mentions"))
    if found.before < LEAST:
        return Cell(figures.say("few"))
    tone = "" if not found.real or what != "negative" else "bad" if found.z > 0 else "good"
    return Cell(figures.change(found), (found.percent or 0.0,), tone)


def _share(one: Tally, figures: Figures) -> Cell:
    if one.share is None:
        return Cell(figures.say("of", n=one.negative, of=figures.count(one.scored)), (one.negative, one.scored))
    shown = figures.negative(one)
    text = figures.say("share.beside", share=shown, counted=figures.counted(one)) if one.share.corrected else shown
    return _cell(text, one.share.value, one.share.low, one.share.high)


def _share_change(here: Tally, other: Tally | None, figures: Figures) -> Cell:
    now, before = here.share, other.share if other else None
    if now is None or before is None or now.corrected != before.corrected:
        return Cell("")
    z = apart((now.value, now.low, now.high), (before.value, before.low, before.high))
    if abs(z) < REAL:
        return Cell(figures.say("chance.points"))
    key, tone = ("points.more", "bad") if z > 0 else ("points.fewer", "good")
    return Cell(figures.say(key, n=figures.points(now.value - before.value)), (now.value - before.value,), tone)


def _rate(one: Tally, figures: Figures) -> Cell:
    found = share_of(one.negative, one.scored)
    if found is None:
        return Cell("")
    value, low, high = (round(1000 * part) for part in found)
    return _cell(figures.say("range", n=value, low=low, high=high), value, low, high)


def _unsure(one: Tally, figures: Figures) -> Cell:
    if one.scored < LEAST:
        return Cell(figures.say("of", n=one.unsure, of=figures.count(one.scored)), (one.unsure, one.scored)) if one.scored else Cell("")
    return _cell(figures.percent(one.unsure / one.scored), one.unsure / one.scored)


def _reach(one: Tally, figures: Figures) -> Cell:
    if one.reach is None or not one.reach.high:
        return Cell("")
    return _cell(figures.reach(one.reach), one.reach.low, one.reach.mid, one.reach.high)


def voices(facts: Facts, figures: Figures) -> Section | None:
    """Return how much of what was said of the brand and its peers was said of each, or why that is not known; None where there are no peers."""
    words = span_words(figures, facts)
    if len(facts.voices) < 2:
        return figures.section("voices", notes=(Line(figures.say("voices.apart")),)) if facts.peers else None
    now, before = sum(one.now for one in facts.voices), sum(one.before or 0 for one in facts.voices)
    known = all(one.before is not None for one in facts.voices) and before >= LEAST
    if not now:
        return figures.section("voices", notes=(Line(figures.say("voices.imported" if facts.imported else "voices.nothing", **words)),))
    rows = []
    for one in sorted(facts.voices, key=lambda one: -one.now):
        cells = [Cell(isolate(clip(one.brand, NAME))), _cell(figures.count(one.now), one.now), _part(one.now, now, figures)]
        rows.append(Row((*cells, *([_part(one.before or 0, before, figures)] if known else []))))
    columns = (figures.say("column.brand"), figures.say("column.posts"), figures.say("column.share", span=words["this"]),
               *([figures.say("column.share", span=words["last"])] if known else []))
    return figures.section("voices", grid=Grid(columns, tuple(rows)), notes=(Line(figures.say("note.voices")),))


def _part(some: int, whole: int, figures: Figures) -> Cell:
    found = share_of(some, whole)
    return Cell(figures.say("of", n=some, of=figures.count(whole)), (some, whole)) if found is None else _cell(figures.share(*found), *found)
