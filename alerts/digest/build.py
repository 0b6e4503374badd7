"""A digest from its facts: header, numbered sections (PRODUCT §6), footer. Pure.

A part of which nothing is known is left out and the others are numbered through. A week in which nothing happened gets the short form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any

from alerts.digest import care, hints, numbers, sentences
from alerts.digest.figures import NAME, Figures, headed
from alerts.digest.links import Links
from alerts.digest.nouns import (
    CareFacts,
    Cell,
    Digest,
    Facts,
    Grid,
    Line,
    Quote,
    Row,
    Said,
    Section,
    Subject,
    Tally,
    Treated,
    Unseen,
)
from alerts.digest.sentences import burstiness, comparable, span_words, topic_name
from alerts.digest.weigh import LEAST, OBSERVED, contrast
from alerts.wording.text import clip, isolate
from listener.types import Severity, Silence, VerdictKind
from listener.words import Language, say

TOPICS = 5
PRAISE = 3
DECISIONS = 3
ALERTS = 8
UNSEEN = 8
NAMED = 20  # mentions by whose disappearance an alert's line goes, too
QUOTE = 220  # characters of a post
FILES = 3  # named of those that were imported
HARDLY = 0.005  # share of the span below which nothing was heard of the sources: it reads 0 %
CALM = 0.9  # share of the span that must have been seen before it is called quiet
MUCH_UNSURE = 0.1
PAGES = (Severity.P1, Severity.P2)


def build(facts: Facts, language: Language, zone: tzinfo = UTC) -> Digest:
    """Return the digest of these facts in one language. The same facts give the same digest."""
    figures, links = Figures(language, zone), Links(facts.board, facts.brand, facts.period, language)
    short = quiet(facts, figures, links)
    parts: list[Section | None] = [_said(facts, figures, links, short), _decisions(facts, figures, links), numbers.numbers(facts, figures, links, short)]
    if not short:
        parts += [numbers.voices(facts, figures), _subjects("topics", facts.subjects, facts, figures, links),
                  _subjects("emerging", facts.emerging, facts, figures, links), _alerts(facts, figures, links)]
    parts += care.sections(facts.care, figures, links) if facts.care is not None else ()
    parts += [_silences(facts, figures) if short else None, _praise(facts, figures), _campaigns(facts, figures), _unseen(facts, figures, links)]
    sections = [one for one in parts if one is not None]
    brand = isolate(clip(facts.brand, NAME))
    heading = figures.say(f"heading.{facts.period.every}", brand=brand)
    written = facts.period.written(language, zone)
    return Digest(
        brand=facts.brand, every=str(facts.period.every), period=facts.period.name, language=language, made_at=facts.made_at,
        title=figures.say("title", heading=heading, period=written), heading=heading, header=_header(facts, figures, written),
        sections=tuple(replace(one, number=number) for number, one in enumerate(sections, 1)), footer=_footer(facts, figures, links),
        short=short, figures=plain(facts))


def quiet(facts: Facts, figures: Figures, links: Links) -> bool:
    """Return whether nothing happened that anybody must know: no change beyond chance, no alert, and enough was seen to say so."""
    return (facts.now.seen >= CALM and comparable(facts) and not facts.decisions and not facts.missed
            and not any(one.alert.severity in PAGES for one in facts.alerts) and not sentences.changes(facts, figures, links))


def plain(facts: Facts) -> Mapping[str, Any]:
    """Return the counts as they were, for programs."""
    def tally(one: Tally | None) -> Mapping[str, Any] | None:
        if one is None:
            return None
        return {"mentions": one.mentions, "negative": one.negative, "neutral": one.neutral, "positive": one.positive, "unscored": one.unscored,
                "unsure": one.unsure, "authors": one.authors, "seen": round(one.seen, 4),
                "share": None if one.share is None else {"value": round(one.share.value, 4), "low": round(one.share.low, 4),
                                                         "high": round(one.share.high, 4), "corrected": one.share.corrected},
                "reach": None if one.reach is None else {"low": one.reach.low, "mid": one.reach.mid, "high": one.reach.high,
                                                         "method": one.reach.method}}

    return {"now": tally(facts.now), "before": tally(facts.before), "year_before": tally(facts.year),
            "aspects": [_counted(one) for one in facts.subjects], "topics": [_counted(one) for one in facts.emerging],
            "imported": dict(facts.imported),
            "voices": [{"brand": one.brand, "now": one.now, "before": one.before} for one in facts.voices],
            "alerts": len(facts.alerts), "missed": len(facts.missed), "care": None if facts.care is None else _cared(facts.care)}


def _counted(one: Subject) -> Mapping[str, Any]:
    return {"id": one.id, "now": one.now, "before": one.before, "treated": None if one.treated is None else asdict(one.treated)}


def _cared(care: CareFacts) -> Mapping[str, Any]:
    return {"opened": care.opened, "closed": care.closed, "open": care.open, "unowned": care.unowned, "overdue": len(care.overdue),
            "answered": len(care.answers), "kept": care.kept, "broken": len(care.broken), "late": len(care.late), "apologies": care.apologies,
            "back": {str(days): {"positive": one.positive, "neutral": one.neutral, "negative": one.negative, "silent": one.silent}
                     for days, one in care.back},
            "praised": {one.who.name: one.authors for one in care.praised}}


def _header(facts: Facts, figures: Figures, written: str) -> tuple[Line, ...]:
    since, until = facts.period.span(figures.zone)
    whole = until - since
    lost = whole * (1 - facts.now.seen)
    coverage = figures.say("coverage.whole", seen=figures.percent(facts.now.seen)) if lost < timedelta(minutes=30) else figures.say(
        "coverage", seen=figures.percent(facts.now.seen), lost=figures.hours(lost), whole=figures.hours(whole))
    heading, filters = Line(figures.head(written), strong=True), (Line(figures.say("filters", n=facts.sources)),) if facts.sources else ()
    if not facts.imported:
        return heading, *filters, Line(coverage)
    many = sum(number for _, number in facts.imported)
    names = figures.say("comma").join(isolate(clip(name, NAME)) for name, _ in facts.imported[:FILES])
    files = names if len(facts.imported) <= FILES else figures.say("files.more", names=names, n=len(facts.imported) - FILES)
    if not facts.from_files or facts.now.seen >= HARDLY:
        return heading, *filters, Line(coverage), Line(figures.say("imported.some", n=many, of=figures.count(facts.now.mentions), files=files))
    return heading, Line(figures.say("imported.alone" if facts.sources else "imported", n=many, files=files, sources=figures.count(facts.sources)))


def _footer(facts: Facts, figures: Figures, links: Links) -> tuple[Line, ...]:
    notes = [Line(figures.say("made", when=figures.when(facts.made_at), id=f"{facts.period.name}"))]
    share = facts.now.share
    if share is not None:
        notes.append(Line(figures.say("how.share" if share.corrected else "how.share.raw")))
    if (there := links.digest()) is not None:
        notes.append(Line(figures.say("on_board"), there))
    return tuple(notes)


def _said(facts: Facts, figures: Figures, links: Links, short: bool) -> Section:
    if short:
        words = span_words(figures, facts)
        first = Line(figures.say("quiet", seen=figures.percent(facts.now.seen), **words), links.posts())
        return figures.section("said", lines=(first, *sentences.three(facts, figures, links)[:1]))
    return figures.section("said", lines=sentences.three(facts, figures, links))


def _decisions(facts: Facts, figures: Figures, links: Links) -> Section | None:
    """Return what people ask first, then what the figures suggest; a page holds few."""
    lines = []
    for one in facts.decisions[:DECISIONS]:
        due = figures.date(datetime.combine(one.due, time(0))) if one.due else None
        values = {"text": isolate(clip(one.text, QUOTE)), "owner": isolate(clip(one.owner, NAME))}
        lines.append(Line(figures.say("decision.due", due=due, **values) if due else figures.say("decision", **values)))
    lines += hints.suggested(facts, figures, links)[:DECISIONS - len(lines)]
    return figures.section("decisions", lines=tuple(lines)) if lines else None


# -- what it was about

def _subjects(name: str, subjects: Sequence[Subject], facts: Facts, figures: Figures, links: Links) -> Section | None:
    """Return what complaints were about with how that changed: "topics" by aspects, "emerging" by what was found among them."""
    told = [one for one in subjects if one.now][:TOPICS]
    if not told:
        return None
    words, compared = span_words(figures, facts), comparable(facts)
    bursts, rows, quotes = burstiness(facts, "negative"), [], []
    ended = any(one.treated is not None for one in told)
    for one in told:
        change = Cell("")
        if compared and one.before is not None:
            found = contrast(one.now, one.before, bursts)
            tone = "" if not found.real else "bad" if found.z > 0 else "good"
            text = figures.say("new") if not one.before and found.real else figures.change(found)
            change = Cell(text, (one.before,), tone)
        treated = _treated(one.treated, facts, figures) if ended else ()
        rows.append(Row((Cell(topic_name(one, facts, figures)), Cell(figures.count(one.now), (one.now,)), *([change] if compared else []), *treated),
                        links.causes() if one.aspect else links.topic(one.id)))
        if one.quote is not None:
            quotes.append(_quote(one.quote, figures, topic_name(one, facts, figures)))
    columns = (figures.say("column.aspect" if told[0].aspect else "column.topic"), figures.head(words["this"]), *([figures.say("column.change")] if compared else []),
               *([figures.say("column.cause"), figures.say("column.remedy")] if ended else []))
    notes = (Line(figures.say("note.emerging")),) if name == "emerging" else ()
    return figures.section(name, grid=Grid(columns, tuple(rows)), quotes=tuple(quotes), notes=notes)


def _treated(found: Treated | None, facts: Facts, figures: Figures) -> tuple[Cell, Cell]:
    """Return the commonest root cause and remedy of the cases about a topic, each with of how many."""
    if found is None:
        return Cell(""), Cell("")
    cause = Cell("") if found.cause is None else Cell(
        figures.say("commonest", what=figures.aspect(found.cause, facts.names), n=found.caused, of=figures.count(found.causes)), (found.caused, found.causes))
    remedy = Cell("") if found.remedy is None else Cell(
        figures.say("commonest", what=say(f"care.remedy.{found.remedy}", figures.language), n=found.remedied, of=figures.count(found.remedies)),
        (found.remedied, found.remedies))
    return cause, remedy


def _quote(said: Said, figures: Figures, about: str | None = None) -> Quote:
    who = isolate(clip(said.who, NAME)) if said.who else figures.say("somebody")
    by = figures.say("quoted", who=who, source=isolate(clip(said.source, NAME)), when=figures.when(said.at))
    return Quote(isolate(clip(said.text, QUOTE)), by, said.url, said.key, about)


# -- alerts

def _alerts(facts: Facts, figures: Figures, links: Links) -> Section | None:
    fired = facts.alerts
    if not fired and not facts.missed and not facts.silences:
        return None
    kinds = [one.verdict.kind if one.verdict else None for one in fired]
    real = sum(kind in (VerdictKind.REAL, VerdictKind.LATE) for kind in kinds)
    counts = {"real": real, "false": kinds.count(VerdictKind.NOT_OURS), "known": kinds.count(VerdictKind.KNOWN), "unjudged": kinds.count(None),
              "missed": len(facts.missed)}
    told = [figures.say(f"alerts.{name}", n=value) for name, value in counts.items() if value or name in ("real", "false", "missed")]
    paged = [one.alert for one in fired if one.alert.severity in PAGES]
    waits = sorted(one.acknowledged_at - one.fired_at for one in paged if one.acknowledged_at is not None)
    summary = [Line(figures.say("alerts.count", n=len(fired), told=figures.say("comma").join(told)), links.alerts(), strong=True)]
    if paged:  # the others call nobody and are for nobody to take: ``hints`` counts the same ones
        called = {"called": figures.say("alerts.called", n=len(paged), of=figures.count(len(fired)))}
        text = figures.say("alerts.acked", n=len(waits), span=figures.span(waits[(len(waits) - 1) // 2]), **called) if waits else (
            figures.say("alerts.nobody", n=len(paged), **called))
        summary.append(Line(text))
    lines = [Line(figures.say("alerts.one", title=headed(one.title, QUOTE), when=figures.when(one.alert.fired_at),
                              verdict=figures.say(f"verdict.{one.verdict.kind if one.verdict else 'none'}")), links.alert(one.alert.fingerprint),
                  keys=one.alert.evidence[:NAMED])
             for one in _gravest(fired)]
    if len(fired) > ALERTS:
        lines.append(Line(figures.say("alerts.more", n=len(fired) - ALERTS), links.alerts()))
    lines += [Line(figures.say("alerts.missed_one", what=isolate(clip(one.what, QUOTE)), who=isolate(clip(one.who, NAME)),
                               when=figures.when(one.at))) for one in facts.missed]
    return figures.section("alerts", lines=(*summary, *lines), notes=silent_lines(facts.silences, figures))


def _gravest(fired: Sequence[Any]) -> list[Any]:
    worst = sorted(fired, key=lambda one: (str(one.alert.severity), one.alert.fired_at))[:ALERTS]
    return sorted(worst, key=lambda one: one.alert.fired_at)


def silent_lines(silences: Sequence[Silence], figures: Figures) -> tuple[Line, ...]:
    """Return a line for each silence."""
    every = figures.say("silence.all")
    return tuple(Line(figures.say("silence", subject=every if one.subject == "*" else isolate(clip(one.subject, NAME)),
                                  rule=every if one.rule == "*" else isolate(clip(one.rule, NAME)), who=isolate(clip(one.who, NAME)),
                                  why=isolate(clip(one.why, QUOTE)), until=figures.when(one.until))) for one in silences)


def _silences(facts: Facts, figures: Figures) -> Section | None:
    return figures.section("silences", lines=silent_lines(facts.silences, figures)) if facts.silences else None


# -- the rest

def _praise(facts: Facts, figures: Figures) -> Section | None:
    if not facts.praise:
        return None
    return figures.section("praise", quotes=tuple(_quote(one, figures) for one in facts.praise[:PRAISE]))


def _campaigns(facts: Facts, figures: Figures) -> Section | None:
    lines = []
    for one in facts.campaigns:
        name = isolate(clip(one.name, NAME))
        if one.mentions is None:
            text = figures.say("campaign.filed" if facts.imported else "campaign.dark", name=name)
        elif one.before is None:
            text = figures.say("campaign.alone", name=name, n=one.mentions)
        else:
            change = figures.change(contrast(one.mentions, one.before, burstiness(facts, "mentions"))) if one.before >= LEAST else figures.say("few")
            text = figures.say("campaign", name=name, n=one.mentions, before=one.before, change=change)
        if one.share is not None and one.share_before is not None:
            now, then = (figures.share(share.value, share.low, share.high) for share in (one.share, one.share_before))
            text += figures.say("campaign.tone" if one.share.corrected and one.share_before.corrected else "campaign.tone.raw", now=now, before=then)
        lines.append(Line(text))
    return figures.section("campaigns", lines=tuple(lines)) if lines else None


def unseen_lines(unseen: Sequence[Unseen], figures: Figures, links: Links) -> tuple[Line, ...]:
    """Return a line for each source that was not seen, the most first; those past ``UNSEEN`` are counted."""
    lines = []
    for one in unseen[:UNSEEN]:
        source = isolate(clip(one.source, NAME))
        if one.lost:
            text = figures.say("unseen.lost", source=source, lost=figures.hours(one.lost))
        else:
            text = figures.say("unseen.partial", source=source, partial=figures.hours(one.partial))
        if one.reason:
            text = figures.say("unseen.why", text=text, why=isolate(clip(one.reason, QUOTE)))
        lines.append(Line(text if not one.down else figures.say("unseen.down", text=text), links.sources()))
    if len(unseen) > UNSEEN:
        lines.append(Line(figures.say("unseen.more", n=len(unseen) - UNSEEN), links.sources()))
    return tuple(lines)


def _unseen(facts: Facts, figures: Figures, links: Links) -> Section | None:
    lines, now = list(unseen_lines(facts.unseen, figures, links)), facts.now
    if now.unscored:
        lines.append(Line(figures.say("unseen.unscored", n=now.unscored), links.posts()))
    if now.scored >= LEAST and now.unsure / now.scored >= MUCH_UNSURE:
        lines.append(Line(figures.say("unseen.unsure", share=figures.percent(now.unsure / now.scored), n=now.unsure), links.posts("unsure")))
    for change in facts.changed:
        name = isolate(clip(change.name, NAME))
        if change.what == "model":
            lines.append(Line(figures.say("changed.model", name=name)))
        else:
            lines.append(Line(figures.say("changed.rule", name=name, who=isolate(clip(change.who or "", NAME)), why=isolate(clip(change.why or "", QUOTE)))))
    if facts.before is not None and not comparable(facts):
        lines.insert(0, Line(figures.say("unseen.uncompared.imported" if facts.from_files else "unseen.uncompared", seen=figures.percent(now.seen), before=figures.percent(facts.before.seen),
                                         **span_words(figures, facts)), links.sources()))
    if now.seen < OBSERVED and not facts.from_files:
        lines.insert(0, Line(figures.say("unseen.blind", seen=figures.percent(now.seen)), links.sources()))
    named = figures.say("comma").join(figures.say(f"platform.{kind}") for kind in facts.unread)
    notes = (Line(figures.say("unseen.unread", platforms=named)),) if named else ()
    return figures.section("unseen", lines=tuple(lines), notes=notes) if lines or notes else None
