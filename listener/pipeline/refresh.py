"""How recent mentions grow: sources that can be asked again are, at growing pauses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from alerts import reach
from listener.errors import CollectError
from listener.pipeline.collect import Collecting, is_refresher
from listener.pipeline.house import log
from listener.pipeline.nouns import Source
from listener.storage import Committed
from listener.types import Batch, Engagement, Mention, MentionKey

REFRESH_BATCH = 50
MOST_REFRESHED = 20
"""Batches of mentions whose counts are asked for in one pass of one source; what is left is asked for in the next."""

TRIES = 3
"""After so many failures in a row the mentions of a refresh are passed over, since one of them may be what fails."""


class Refreshing(Collecting):
    """The pass over what was read before."""

    def refresh(self, source: Source) -> Committed:
        """Ask how recent mentions of a source have grown, where it can be asked. A failure is logged and loses no coverage."""
        total = Committed()
        collector, (failures, not_before) = source.collector, self._refreshing.get(source.name, (0, self.now()))
        if not is_refresher(collector) or self.now() < not_before or self.clock.holds or not self.allowed(source):
            return total
        for _ in range(MOST_REFRESHED):
            keys = self.store.due_for_refresh(source.name, now=self.now(), limit=REFRESH_BATCH)
            if not keys or self.stopping.is_set():
                break
            try:
                batch = self._asked(source, partial(collector.refresh, keys))
            except CollectError as error:
                failures += 1
                if failures % TRIES == 0 and not error.permanent and error.retry_after is None:
                    self.store.commit_refresh(source.name, keys, Batch(), matches=[], reach={}, now=self.now())
                self._refreshing[source.name] = failures, self.now() + self._pause(source, error, failures)
                log.warning("%s; its counts are not up to date", error)
                break
            if self.clock.off() is not None:  # heard only now: what it gave would be dated wrongly
                break
            failures = 0
            self._refreshing.pop(source.name, None)
            total += self._grown(source, keys, batch)
        return total

    def _grown(self, source: Source, keys: Sequence[MentionKey], batch: Batch) -> Committed:
        before = {scored.mention.key: scored.mention for scored in self.store.by_keys(keys)}
        whole = replace(batch, mentions=tuple(_merged(before[m.key], m) for m in batch.mentions if m.key in before))
        matches, _ = self._kept(source, whole)
        return self.store.commit_refresh(source.name, keys, whole, matches=matches, now=self.now(),
                                         reach={m.key: reach.estimate(m, self.table) for m in whole.mentions})


def _merged(before: Mention, after: Mention) -> Mention:
    """Return a mention as it is now; what the second look does not say stays as it was known."""
    counts, author = after.engagement, after.author
    if counts is not None and (known := before.engagement) is not None:
        counts = Engagement(counts.at, **{name: getattr(known, name) if (value := getattr(counts, name)) is None else value
                                          for name in ("likes", "shares", "comments", "views")})
    if author is None or (before.author is not None and author.followers is None):
        author = before.author if author is None or before.author is None else replace(author, followers=before.author.followers)
    # It may have been asked for counts alone; a text or a title that is there no more is a field renamed, rarely an edit.
    return replace(after, text=after.text or before.text, title=after.title or before.title,
                   engagement=counts or before.engagement, author=author, published_at=before.published_at,
                   precision=before.precision)
