"""The passes: collect → match → store, score, detect → decide → render, send. One way through the house.

The only room that asks the clock (an argument, so that tests and the demo bring their own) and, besides ``service``,
the only one that catches our errors: per source, per batch of texts, per receiver. Every pass may be killed at any
moment and run again: each commits its work together with the mark that it is done.

Why passes and not a queue: each pass claims what is due by natural key in the database, so that several processes may
run the same pass later without a room changing.
"""


from __future__ import annotations

from listener.errors import CollectError
from listener.pipeline.deliver import Delivering
from listener.pipeline.detect import Detecting
from listener.pipeline.nouns import Counters, Inbox, Receiver, Source, Summary, floor
from listener.pipeline.refresh import Refreshing
from listener.pipeline.score import Scoring
from listener.storage import Committed

__all__ = ["Counters", "Inbox", "Pipeline", "Receiver", "Source", "Summary", "floor"]


class Pipeline(Refreshing, Scoring, Detecting, Delivering):
    """All passes over one store."""

    def once(self) -> Summary:
        """Make one round of every pass: what ``goosh once`` does for cron."""
        self.begin()
        collected, failures = [], []
        for source in self.sources:
            if self.allowed(source):
                result = self.collect(source)
                collected.append(result)
                failures += [str(result)] if isinstance(result, CollectError) else []
                self.refresh(source)
            elif (state := self.store.source_state(source.name)) and state.failing_since and not state.paused:
                self._pass_over(source, state)
                failures.append(f"{source.name}: {state.error}; not asked again before {state.retry_at}")
        scored = self.analyse()
        alerts = self.detect()
        committed = [result for result in collected if isinstance(result, Committed)]
        return Summary(sum(c.seen for c in committed), sum(c.new for c in committed), scored, tuple(alerts), self.deliver(), tuple(failures))
