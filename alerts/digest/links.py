"""Where a figure leads: the board's page that shows the posts behind it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from alerts.digest.periods import Period
from listener.words import Language


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses on the board for one brand, span and language; ``None`` throughout where no board is known."""

    board: str | None
    brand: str
    period: Period
    language: Language

    def _to(self, page: str, **more: str) -> str | None:
        if self.board is None:
            return None
        return f"{self.board}/{page}?{urlencode({'brand': self.brand, 'lang': self.language, **more})}"

    def posts(self, label: str | None = None) -> str | None:
        """Return the posts of the span, of one label or all."""
        span = {"span": "days", "from": self.period.start.isoformat(), "to": self.period.end.isoformat()}
        return self._to("mentions", **({"label": label} if label else {}), **span)

    def topic(self, id: str) -> str | None:
        return self._to("topics", topic=id)

    def causes(self) -> str | None:
        return self._to("topics")

    def alert(self, fingerprint: str) -> str | None:
        return self._to("alerts", alert=fingerprint)

    def alerts(self) -> str | None:
        return self._to("alerts")

    def rule(self, name: str) -> str | None:
        """Return where a rule can be tried on the past with other options."""
        return self._to("replay", rule=name)

    def sources(self) -> str | None:
        return self._to("sources")

    def cases(self, show: str | None = None) -> str | None:
        return self._to("cases", **({"show": show} if show else {}))

    def case(self, number: int) -> str | None:
        return self._to("cases", case=str(number))

    def digest(self) -> str | None:
        return self._to("digest", period=self.period.name)
