"""What the figures suggest to decide, by rules, where people leave room for it. Pure.

A hint is a question with its figure and a link, and says of itself that a program found it: what it means for the brand, people know.
The order is that of what cannot wait: who was not answered, what grows, what we said we would do, then what is broken.
"""

from __future__ import annotations

from collections.abc import Iterator

from alerts.digest.figures import NAME, Figures, headed
from alerts.digest.links import Links
from alerts.digest.nouns import Facts, Line
from alerts.digest.sentences import burstiness, comparable, span_words, topic_name
from alerts.digest.weigh import contrast
from alerts.wording.text import clip, isolate
from listener.types import Severity

NAMED = 20  # mentions by whose disappearance a line goes, too
PAGES = (Severity.P1, Severity.P2)
TOLD = 2  # alerts that nobody took are called by their titles; of more the gravest
TITLE = 120
SILENT = 0.9  # share of the span from which on a source is said to have shown nothing


def suggested(facts: Facts, figures: Figures, links: Links) -> list[Line]:
    """Return what there is to decide about, what cannot wait first; each line says that it is a suggestion."""
    found = [*_unanswered(facts, figures, links), *_growing(facts, figures, links), *_owed(facts, figures, links), *_broken(facts, figures, links)]
    return [Line(figures.say("hint", text=one.text), one.url, keys=one.keys) for one in found]


def _unanswered(facts: Facts, figures: Figures, links: Links) -> Iterator[Line]:
    """Yield that alerts which called somebody were taken by nobody, and which: those that the section of alerts counts so."""
    called = [one for one in facts.alerts if one.alert.severity in PAGES]
    waits = sorted((one for one in called if one.alert.acknowledged_at is None), key=lambda one: (str(one.alert.severity), one.alert.fired_at))
    if waits:
        link = links.alert(waits[0].alert.fingerprint) if len(waits) == 1 else links.alerts()
        titles = figures.say("semicolon").join(figures.say("hint.alert", title=headed(one.title, TITLE), when=figures.when(one.alert.fired_at))
                                               for one in waits[:TOLD])
        yield Line(figures.say("hint.alerts" if len(waits) <= TOLD else "hint.alerts.many", n=len(waits), of=figures.count(len(called)), titles=titles), link,
                   keys=tuple(key for one in waits[:TOLD] for key in one.alert.evidence[:NAMED]))


def _owed(facts: Facts, figures: Figures, links: Links) -> Iterator[Line]:
    """Yield what we owe customers: promises past their time, cases past theirs, cases of nobody."""
    care = facts.care
    if care is None:
        return
    if care.late:
        first = care.late[0]
        link = links.case(first.case) if len(care.late) == 1 and first.case is not None else links.cases()
        yield Line(figures.say("hint.promises", n=len(care.late)), link)
    if care.overdue:
        nobody = sum(one.owner is None and one.unit is None for one in care.overdue)
        text = figures.say("hint.overdue.unowned", n=len(care.overdue), unowned=figures.count(nobody)) if nobody else figures.say(
            "hint.overdue", n=len(care.overdue))
        yield Line(text, links.cases("overdue"))
    elif care.unowned:
        yield Line(figures.say("hint.unowned", n=care.unowned), links.cases())


def _growing(facts: Facts, figures: Figures, links: Links) -> Iterator[Line]:
    """Yield the subject whose complaints rose by most, where they rose beyond chance: those about it, or all of them together."""
    if facts.before is None or not comparable(facts):
        return
    bursts = burstiness(facts, "negative")
    risen = [(contrast(one.now, one.before, bursts), one) for one in facts.named if one.before is not None and one.now > one.before]
    whole = contrast(facts.now.negative, facts.before.negative, bursts)
    grown = [one for change, one in risen if change.real] or ([one for _, one in risen] if whole.real and whole.z > 0 else [])
    if grown:
        one = max(grown, key=lambda its: its.now - (its.before or 0))
        yield Line(figures.say("hint.topic", topic=topic_name(one, facts, figures), now=figures.count(one.now), before=figures.count(one.before or 0),
                               **span_words(figures, facts)), links.causes() if one.aspect else links.topic(one.id))


def _broken(facts: Facts, figures: Figures, links: Links) -> Iterator[Line]:
    """Yield what of ours does not work: sources that showed nothing all the time, rules that are mostly wrong."""
    since, until = facts.period.span(figures.zone)
    silent = [one for one in facts.unseen if one.lost >= SILENT * (until - since)]
    words = span_words(figures, facts)
    if len(silent) == 1:
        yield Line(figures.say("hint.source", source=isolate(clip(silent[0].source, NAME)), **words), links.sources())
    elif silent:
        yield Line(figures.say("hint.sources", n=len(silent), **words), links.sources())
    for rule in facts.doubted[:1]:
        yield Line(figures.say("hint.rule", rule=isolate(clip(rule.name, NAME)), n=rule.right, of=figures.count(rule.judged)), links.rule(rule.name))
