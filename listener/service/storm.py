"""Storms: what belongs to an alert though it is told in different words, as stories are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.effect import WAVES
from alerts.rules import kind_of
from alerts.storm import LEAD, Part, Storm, Subject, Told, find, since_of
from listener.service.alerts import is_open
from listener.service.door import DAY
from listener.service.emerging import quoted
from listener.service.story import MOST_ALERTS, MOST_MENTIONS, Stories, StoryView
from listener.types import Alert, KeptTopic, Reach, ScoredMention

PARTS = 8  # stories of a storm that are shown with their first post
LONGEST = 3 * DAY  # of an alert that its storm is looked for in: its last days are told by its stories
MOST_STORMS = 3  # alerts about one story that are looked through


@dataclass(frozen=True, slots=True)
class StormLine:
    """A storm in a list: the alert, by what its stories are joined, and how large it is."""

    alert: Alert
    subjects: tuple[tuple[Subject, KeptTopic | None], ...]  # the most told first; a topic with its phrases
    since: datetime
    stories: int  # told by two posts or more
    single: int  # posts that nobody repeated
    posts: int
    authors: int
    left: int  # complaints of the same hours about something else
    ids: frozenset[str]  # of its stories
    head: ScoredMention | None  # the first post that is still stored
    reach: Reach | None

    def shares(self, other: StormLine) -> bool:
        """Return whether both are about one brand and have a subject in common."""
        return self.alert.subject == other.alert.subject and not {one for one, _ in self.subjects}.isdisjoint(one for one, _ in other.subjects)


@dataclass(frozen=True, slots=True)
class StormView:
    """A storm, told as one story is, and the stories it is made of."""

    line: StormLine
    told: StoryView
    parts: tuple[tuple[Part, ScoredMention | None], ...]  # with the first post of each, most independent authors first


class Storms(Stories):
    """What is one storm though it is many stories."""

    def storm(self, fingerprint: str) -> StormView | None:
        """Return the storm of an alert; None where there is no such alert, or its complaints share no subject that is told more than usual."""
        alert = self.store.alert(fingerprint)
        return self._joined(alert) if alert is not None else None

    def _joined(self, alert: Alert, read: Sequence[Told] | None = None) -> StormView | None:
        found = self._storm(alert, read)
        if found is None:
            return None
        told = self._view(alert.fingerprint, alert.subject, found.mentions, True, self.now(), (alert,))
        heads = {one.mention.key: one for one in self.store.by_keys([part.mentions[0].trace.key for part in found.parts[:PARTS]], alert.subject)}
        return StormView(self._storm_line(alert, found, told), told, tuple((part, heads.get(part.mentions[0].trace.key)) for part in found.parts[:PARTS]))

    def too_many(self, fingerprint: str) -> int | None:
        """Return how many complaints are joined at most, where the time of an alert has more and its storm is not looked for; else None."""
        alert = self.store.alert(fingerprint)
        if alert is None or kind_of(alert.rule) not in WAVES:
            return None
        hours = self.store.hour_counts([alert.subject], since=since_of(alert.starts_at), until=self._until(alert))
        return MOST_MENTIONS if sum(one.negative for one in hours) >= MOST_MENTIONS else None

    def storms(self, brand: str | None = None, *, since: datetime) -> tuple[StormView, ...]:
        """Return the storms of alerts that are open or fired since then, each once, the latest first."""
        found: list[StormView] = []
        for name in [brand] if brand else self.brands():
            alerts = [one for one in self.store.alerts(subject=name, since=since - LONGEST, limit=MOST_ALERTS) if is_open(one) or one.fired_at >= since]
            waves = [one for one in alerts if kind_of(one.rule) in WAVES][:MOST_STORMS]
            read = self._complaints(waves) if len(waves) > 1 else None  # once: alerts of one brand lie close together
            for alert in waves:
                view = self._joined(alert, read)
                if view is not None and not any(view.line.shares(other.line) for other in found):
                    found.append(view)
        return tuple(found[:MOST_STORMS])

    def storm_of(self, view: StoryView) -> StormLine | None:
        """Return the storm that a story is part of; None: of none."""
        near = [one for one in self.store.alerts(subject=view.brand, since=view.course.first.trace.published_at - LONGEST, limit=MOST_ALERTS)
                if kind_of(one.rule) in WAVES and one.starts_at - LEAD <= view.course.last_at and (one.resolved_at or view.at) >= view.course.first.trace.published_at]
        for alert in near[:MOST_STORMS]:
            found = self._storm(alert)
            mine = next((part for part in found.parts if part.id == view.id), None) if found is not None else None
            if found is not None and mine is not None and 2 * len(mine.mentions) >= view.course.negative:  # not one post of an everyday story
                return self._storm_line(alert, found, self._view(alert.fingerprint, alert.subject, found.mentions, True, view.at, (alert,)))
        return None

    def _storm(self, alert: Alert, read: Sequence[Told] | None = None) -> Storm | None:
        """``read``: complaints of the alert's time, and maybe of other times; None: they are not read yet."""
        if kind_of(alert.rule) not in WAVES or (read := self._complaints([alert]) if read is None else read) is None:
            return None
        since, until = since_of(alert.starts_at), self._until(alert)
        told = [one for one in read if since <= one.mention.trace.published_at < until]
        if len(told) >= MOST_MENTIONS:  # too large to be joined, alone as among others
            return None
        return find(told, starts_at=alert.starts_at, fired_at=alert.fired_at, until=until)

    def _complaints(self, alerts: Sequence[Alert]) -> list[Told] | None:
        """Return the complaints among which the storms of these alerts of one brand are looked for; None where they are too many: what is usual
        would be cut off, and everything look risen.
        """
        limit = MOST_MENTIONS * len(alerts)
        found = self.store.complaints_told(alerts[0].subject, since=min(since_of(one.starts_at) for one in alerts), until=max(map(self._until, alerts)), limit=limit)
        return [Told(*one) for one in found] if len(found) < limit else None

    def _until(self, alert: Alert) -> datetime:
        return min(alert.resolved_at or self.now(), alert.starts_at + LONGEST)

    def _storm_line(self, alert: Alert, found: Storm, told: StoryView) -> StormLine:
        topics = {one.id: one for one in quoted(self.store, alert.subject, self.store.stored_topics(alert.subject, ended_since=found.since))}
        return StormLine(alert, tuple((one, topics.get(one.name) if one.kind == "topic" else None) for one in found.subjects), found.since,
                         sum(part.told_again for part in found.parts), sum(not part.told_again for part in found.parts), len(found.mentions), told.course.authors, found.left, frozenset(part.id for part in found.parts if part.id), told.first, told.course.reach)
