"""Score: what is unscored goes through the model in batches that commit whole."""

from __future__ import annotations

from listener.errors import ScoreError
from listener.pipeline.house import House, log
from listener.pipeline.stories import tell_stories

SCORING_BATCH = 256
MOST_TOLD = 2_048  # stories of history told in one pass: it takes its turns, news does not wait for it


class Scoring(House):
    """The pass over unscored mentions."""

    def analyse(self, *, at_most: int | None = None) -> int:
        """Score what is unscored, in batches that commit whole. Returns how many mentions were scored.

        Not while the clock cannot be believed: the instant of a score is what tripwires go by.
        """
        if self.clock.holds:
            return 0
        self.store.renew_vectors()  # of what an earlier version of the search read
        tell_stories(self.store, at_most=MOST_TOLD)  # of what was scored when this program was killed, or before it knew stories
        done = 0
        while (at_most is None or done < at_most) and not self.stopping.is_set():
            claimed = self.store.claim_unscored(SCORING_BATCH, now=self.now(), lease=self.lease)
            if not claimed:
                break
            began = self.now()
            try:
                scorer = self.scorer()
                analyses = scorer.analyse([text for _, text in claimed])
            except ScoreError as error:
                log.error("%s; %d mentions stay unscored and are taken up again in %s", error, len(claimed), self.lease)
                break
            saved = self.store.save_analyses([(key, a) for (key, _), a in zip(claimed, analyses, strict=True)], now=self.now())
            tell_stories(self.store, at_most=2 * SCORING_BATCH)
            done += saved
            self.counters.scored += saved
            self.counters.model = scorer.name
            if seconds := (self.now() - began).total_seconds():
                self.counters.scored_per_second = saved / seconds
        self.counters.pass_ended(self.now())
        return done
