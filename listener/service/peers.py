"""Peers: us and others in what can be compared."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts import effect, peers
from alerts.peers import Cell, Comparison, Place, Standing
from listener.service.coverage import OBSERVED, Seen, by_source, floor_hour
from listener.service.door import HOUR
from listener.service.emerging import SHOWN, quoted
from listener.service.sources import Sources, pending_span
from listener.types import Alert, KeptTopic

MOST_COMPLAINTS = 2_000  # of each brand whose aspects are counted, taken evenly from all: a share of them is known to two points
TOPICS = 4  # of each brand
MOST_ALERTS = 200  # of each brand
WEEK = timedelta(days=7)  # before the span in which an alert may have begun that lasts into it


@dataclass(frozen=True, slots=True)
class PeersView:
    """Brands beside each other over ``[since, until)``."""

    since: datetime
    until: datetime
    asked: datetime  # since when it was asked for; later than that where a brand was not listened for yet
    late: str | None  # the brand that was not
    found: Comparison
    standings: tuple[Standing, ...]
    sampled: bool  # aspects are those of a sample of the complaints
    topics: tuple[tuple[str, tuple[tuple[KeptTopic, int], ...]], ...]  # by brand, ours first: the most spoken of, with their complaints
    recognised: tuple[tuple[str, int, int], ...] = ()  # by brand: complaints whose aspect was recognised, of how many
    storms: tuple[tuple[str, tuple[Alert, ...]], ...] = ()  # by brand that had any in the span: the latest first

    @property
    def alike(self) -> bool:
        """Whether nothing else speaks against it where aspects are told alike."""
        return peers.like_the_market(self.found, [brand for brand, _ in self.storms])


class Peers(Sources):
    """Us beside others."""

    def peers(self, brand: str | None = None, *, against: Sequence[str] | None = None, span: timedelta = timedelta(days=28)) -> PeersView | None:
        """Return a brand of ours (the first without a name) beside its peers, or beside those named ``against``.

        None where there is nobody to compare with. An unknown name is passed over.
        """
        own = brand if brand in self.brands() else next(iter(self.brands()), None)
        others = [name for name in self.brands(own=False) if name != own and (name in against if against else name not in self.brands())]
        if own is None or not others:
            return None
        names = (own, *others)
        until = floor_hour(self.now())
        asked = floor_hour(self.now() - span)
        heard = {name: self.store.first_heard(name) for name in names}
        late = max((name for name in names if heard[name] is not None), key=lambda name: heard[name] or asked, default=None)
        since = min(max([asked, *(at for at in heard.values() if at is not None)]), until)
        hours = [since + HOUR * n for n in range(max(0, (until - since) // HOUR))]
        places, place_of = self._places(names, hours)
        counts = self.store.hour_counts(names, since=since, until=until)
        cells = (Cell(one.brand, place_of[one.brand, one.source], *one[2:]) for one in counts if (one.brand, one.source) in place_of)
        found = peers.compare(places, cells, names, len(hours), {hour: hour.astimezone(self.zone).date() for hour in hours})
        complaints, whole = self._complaints_of(names, places, place_of, found, since, until)
        return PeersView(since, until, asked, late if since > asked else None, found, peers.aspects(complaints, names), not whole,
                         tuple((name, self._most_told(name)) for name in names),
                         tuple((name, len(peers.recognised(some)), len(some)) for name, some in complaints.items()),
                         tuple((name, some) for name in names if (some := self._storms(name, since))))

    def _storms(self, brand: str, since: datetime) -> tuple[Alert, ...]:
        known = self.store.alerts(subject=brand, since=since - WEEK, limit=MOST_ALERTS)
        return tuple(one for one in known if effect.is_storm(one) and not one.why.get("drill") and (one.resolved_at is None or one.resolved_at > since))

    def _most_told(self, brand: str) -> tuple[tuple[KeptTopic, int], ...]:
        """Return the topics of a brand with most complaints in the last days; whether they grow is told on the page of topics."""
        until = self.now()
        counts = self.store.topic_counts(brand, since=until - SHOWN, until=until)
        kept = {one.id: one for one in quoted(self.store, brand, self.store.stored_topics(brand, ended_since=until - SHOWN))}
        ordered = sorted((one for one in counts if one in kept), key=lambda id: (-counts[id].count, id))
        return tuple((kept[id], counts[id].count) for id in ordered[:TOPICS])

    def _places(self, names: Collection[str], hours: Sequence[datetime]) -> tuple[list[Place], dict[tuple[str, str], str]]:
        """Return where these brands are looked for with the hours seen, and of each brand and source the place it belongs to."""
        if not hours:
            return [], {}
        start, end, at = hours[0], hours[-1] + HOUR, self.now()
        states = {state.name: state for state in self.store.source_states()}
        spans = by_source(self.store.coverage(since=start, until=end, sources=[source.name for source in self.settings.sources]))
        seen: dict[str, frozenset[datetime]] = {}
        for source in self.settings.sources:
            whole = Seen([*spans.get(source.name, []), *pending_span(source, states.get(source.name), at)])
            seen[source.name] = frozenset(hour for hour in hours if whole.share(hour, hour + HOUR) >= OBSERVED)
        places: list[Place] = []
        belongs: dict[tuple[str, str], str] = {}
        paired: dict[str, dict[str, frozenset[datetime]]] = {}
        for source in self.settings.sources:
            told = set(names) if not source.brands else set(source.brands) & set(names)
            if told == set(names):
                places.append(Place(source.name, source.kind, False, {name: seen[source.name] for name in names}))
                belongs |= {(name, source.name): source.name for name in names}
            elif told:
                own = paired.setdefault(source.kind, {})
                for name in told:  # sources of its own side by side: an hour is seen where all of them were
                    own[name] = own[name] & seen[source.name] if name in own else seen[source.name]
                    belongs[name, source.name] = f"kind:{source.kind}"
        places += [Place(f"kind:{kind}", kind, True, own) for kind, own in paired.items()]
        return places, belongs

    def _complaints_of(self, names: Iterable[str], places: Sequence[Place], place_of: dict[tuple[str, str], str], found: Comparison, since: datetime,
                       until: datetime) -> tuple[dict[str, list[tuple[str, ...]]], bool]:
        """Return comparable complaints of each brand with their aspects, a story once, and whether these are all of them."""
        counted = {one.name for one in found.places if one.counts}
        hours = {place.name: place.together(found.brands) for place in places if place.name in counted}
        told: dict[str, list[tuple[str, ...]]] = {}
        all_of_them = True
        for name in names:
            some, whole = self.store.aspects_sampled(name, since=since, until=until, most=MOST_COMPLAINTS)
            all_of_them &= whole
            comparable = [one for one in some
                          if one.published_at.replace(minute=0, second=0, microsecond=0) in hours.get(place_of.get((name, one.source), ""), ())]
            told[name] = [one.aspects for one in {one.story or place: one for place, one in enumerate(comparable)}.values()]
        return told, all_of_them
