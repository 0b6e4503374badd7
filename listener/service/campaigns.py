"""What campaigns moved, against comparable weekdays."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from alerts.care import lift
from alerts.care.lift import Lift
from listener.service.coverage import ceil_hour, floor_hour
from listener.service.door import HOUR
from listener.service.effect import WEEK, Effects
from listener.types import Campaign, Severity

STORMS = (Severity.P1, Severity.P2)
MOST_ALERTS = 200


class Campaigns(Effects):
    """Campaigns, asked about."""

    def campaign_at(self, brand: str, start: datetime) -> Campaign | None:
        """Return the campaign of a brand that began then."""
        return next((one for one in self.settings.campaign_nouns() if one.brand == brand and one.start == start), None)

    def lift(self, campaign: Campaign) -> Lift:
        """Return what a campaign moved as far as it is over; hours of other campaigns and of storms are no usual hours."""
        at = self.now()
        campaign = replace(campaign, start=floor_hour(campaign.start.astimezone(UTC)), end=floor_hour(campaign.end.astimezone(UTC)))  # counts are by hours of UTC
        weeks = lift.WEEKS + (campaign.end - campaign.start) // WEEK + 1
        since, until = floor_hour(campaign.start) - WEEK * weeks, min(ceil_hour(campaign.end), floor_hour(at))
        found = lift.lift(campaign, self._hours_of(campaign.brand, since, max(since, until)), at, unusual=self._unusual(campaign, since, at))
        if not (parts := lift.parts(campaign)):
            return found
        said = self.store.said_with(campaign.brand, parts, since=campaign.start, until=min(campaign.end, at))
        return replace(found, marked=lift.marked(said, campaign))

    def _unusual(self, campaign: Campaign, since: datetime, at: datetime) -> frozenset[datetime]:
        spans = [(one.start, one.end) for one in self.settings.campaign_nouns() if one.brand == campaign.brand and one.name != campaign.name]
        spans += [(one.starts_at, one.resolved_at or at) for one in self.store.alerts(subject=campaign.brand, since=since, limit=MOST_ALERTS)
                  if one.severity in STORMS]
        found: set[datetime] = set()
        for start, end in spans:
            hour = max(floor_hour(start), since)
            while hour < min(end, campaign.start):
                found.add(hour)
                hour += HOUR
        return frozenset(found)
