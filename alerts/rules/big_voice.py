"""A large account complains for the first time: most of what goes viral does so by its largest voice (PRODUCT, idea 14).

**When it fires.** At the first negative mention, one is enough, of an account with more followers than 99 of 100 authors
who wrote about this brand in the past 90 days. While fewer than ``known`` authors with a stated number of followers are
known, the bar is ``unknown_bar`` followers. The bar is never below ``lowest_bar``: among very small accounts the largest
is not a large one. ``needed`` and ``seen`` in its figures are followers: with fewer than ``needed`` it would be silent.

**When it cannot.** The source does not say how many followers the account has; the model is unsure of the tone; the
account complained within the ``quiet`` time before, so that it is known already; the mention became known more than a
day after it was published, or has no exact time.

**How bad.** P2; P1 from ``loud`` times the bar. Copies of one story are one alert. It ends a day after the last one.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import BaseModel, Field

from alerts.tripwire import NEWS, Complaints, account, big_bar, complains, finding, news, shortened
from listener.types import Facts, Finding, State

VERSION = "big_voice@1"
VOICES = 500  # large accounts remembered: one in a hundred authors is one


class Options(BaseModel, frozen=True, extra="forbid"):
    """Whose voice is a big one."""

    share: float = Field(default=0.99, gt=0, lt=1)        # of this brand's authors have fewer followers
    known: int = Field(default=50, ge=1)                  # authors with known followers before their share says anything
    unknown_bar: int = Field(default=10_000, ge=1)        # followers, until then
    lowest_bar: int = Field(default=1_000, ge=0)          # followers; the bar never lies below
    loud: float = Field(default=10.0, ge=1)               # times the bar: pages at any hour
    quiet: timedelta = Field(default=timedelta(days=90), gt=timedelta(0))  # so long without one, and it is a first again


class BigVoiceRule:
    kind = "big_voice"
    about = "brand"
    on = "mention"
    history = timedelta(days=1)

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()

    def evaluate(self, facts: Facts, state: State) -> tuple[State, list[Finding]]:
        """Return the new memory and what was found among the fresh mentions, in the order they became known."""
        bar = self.bar(facts)
        heard: dict[str, str] = dict(state.get("heard", {}))  # large accounts → when they last complained
        complaints, findings = Complaints(facts), []
        for one, at in news(facts, complaints):
            if not complains(one):
                continue
            before = complaints.before(one)
            who, author = account(one), one.mention.author
            if who is None or author is None or author.followers is None or author.followers <= bar:
                continue
            name, published = shortened(who), one.mention.published_at
            remembered = datetime.fromisoformat(heard[name]) if name in heard else None
            heard[name] = max(published, remembered or published).isoformat()
            if any(last is not None and abs(published - last) <= self.options.quiet for last in (before, remembered)):
                continue
            findings.append(finding(
                self.kind, facts, one, at, value=author.followers, expected=bar, lasts=NEWS, story=one.story,
                why={"version": VERSION, "needed": bar + 1, "seen": author.followers, "bar": bar, "loud": self.options.loud,
                     "known": len(facts.audiences), "followers": author.followers, "quiet": int(self.options.quiet.total_seconds())}))
        oldest = (facts.until - self.options.quiet - NEWS).isoformat()
        kept = sorted((last, name) for name, last in heard.items() if last >= oldest)[-VOICES:]
        return {"heard": {name: last for last, name in sorted(kept, key=lambda item: item[1])}}, findings

    def bar(self, facts: Facts) -> int:
        """Return the number of followers above which a voice is a big one, for the brand of these facts."""
        return big_bar(facts.audiences, share=self.options.share, known=self.options.known, unknown=self.options.unknown_bar,
                       lowest=self.options.lowest_bar)
