"""More complaints than this brand has seen in two weeks, at three time scales at once (SPIKES §2 and §6).

**When it fires.** Every step is compared with what is usual at this time of day on a weekday or weekend (the past
week, never the future). What lies above the usual is summed over 15 minutes, 1 hour and 4 hours, and each sum is held
against what was loud in the past 14 days (the hourly maxima's 98th percentile): ``ratio = (sum + c) / (loud + c)``. It
fires, at once, when either bar is reached; waiting for confirmation costs more storms than it saves false alarms:

* *volume*: the mean of the logarithms of the three ratios reaches ``threshold``;
* *anger*, where negative posts are counted: so do the negative posts above what the brand's own share of as many posts
  would be (share of the past week), against the angriest hours, at any one scale, with ``anger_threshold``. News of
  ordinary tone does not raise it, so a storm is seen while it is still far from the record of volume.

A window of which under three fifths were observed has no say; after an outage the rule is thus blind for 40 minutes,
then goes by two scales for a while with bars a third higher.

**When it cannot.** Under ``min_posts`` posts, an excess under ``min_sigma``·√(usual + 1) or under ``min_authors``
independent authors, copies of a text that stood there before left out of all of these (reshares stay in the volume, as readers
the author has reached, and are no authors); where under three fifths of the last 15 minutes or hour were observed; in the first day of a brand;
on the first day of a source for what that source brings. An imported history counts where it bears the name of a source that
is read; under a name of its own it is no measure of what the others bring. There is no new alert until it was calm for
``rearm``, nor within ``group`` of the last unless it stands half as high again as that one did; meanwhile it speaks again only
if severity rises or the volume of the past four hours has doubled. Anger that grows as slowly as a brand's
tone drifts, and a storm on counts without tone that stays below the loud hours of two weeks, are not seen.

**How bad.** Steps of level: ratio of volume to the record (the second to third largest hour of two weeks) 1 and 2, or one
for anger beyond its record; of spread: independent authors 10 and 40. Three or four steps are P1, one or two P2, none P3.
With under three days of history it is P3 whatever the steps.

**It clears** after three evaluations at ``hysteresis`` below the bars or under half the floor.

**Masking.** A storm would be what the next storm is measured against. Hours whose negative share is above the brand's
own beyond chance (beta-binomial against the week before, p < 0.001), and all hours of such a window of four, are storms and
not part of it; loud hours of ordinary tone are this brand's noise and stay in it. A series without tone has no cure.

What a step gives depends on the 22 days before it (``SpikeRule.history``) and on nothing else.
"""

from __future__ import annotations

import math
from datetime import timedelta

from alerts.rules.spike.chance import tail
from alerts.rules.spike.memory import Memory
from alerts.rules.spike.options import CLEAR_AFTER, COLD_HOURS, DAY, KIND, LOUDER, PROFILE_DAYS, WINDOWS, Options
from alerts.rules.spike.outage import outage
from alerts.rules.spike.record import Record
from alerts.rules.spike.sight import cleared, see
from alerts.rules.spike.stream import Stream
from listener.types import STEP, Facts, Finding, Severity, State

__all__ = ["COLD_HOURS", "DAY", "Options", "SpikeRule", "tail"]


class SpikeRule:
    kind = KIND
    about = "brand"
    on = "step"
    history = timedelta(days=PROFILE_DAYS + 15)
    """The record, the widest window and the week that says what was usual then. With less the record is shorter."""

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()

    def evaluate(self, facts: Facts, state: State) -> tuple[State, list[Finding]]:
        """Return the new memory and what was found at the steps that closed in ``(since, until]``, oldest first.

        A firing finding is new (``why["new"]``) or the same episode grown worse; one that does not fire says it cleared.
        Many steps in one call give what one call a step gives, and no step depends on a later one.
        Raises: ValueError when the series is not in steps of five minutes.
        """
        return self.judge(facts, state)[:2]

    def judge(self, facts: Facts, state: State) -> tuple[State, list[Finding], list[float | None]]:
        """Return what ``evaluate`` does and, for each step that closes in ``(since, until]``, how high it stands, as ``threshold``
        is given.

        That is the logarithm of its ratio to the record; where its anger stands nearer to its own bar, as far from
        ``threshold`` as that. ``None`` where the rule has no say: a gap, or under a day of record. The floor and the people
        behind it are not in it.
        """
        if facts.series.step != STEP:
            raise ValueError(f"spike: the series has steps of {facts.series.step}, this rule reads {STEP}")
        memory = Memory.read(state)
        stream = Stream(facts, self.options)
        heights, findings = list[float | None](), list[Finding]()
        if stream.first < stream.length:
            heights, findings = _walk(stream, memory)
        threshold = self.options.threshold
        return memory.written(), findings, [None if height is None else round(threshold + math.log(height), 4) for height in heights]


def _walk(stream: Stream, memory: Memory) -> tuple[list[float | None], list[Finding]]:
    """Go through the steps to evaluate, in order; return how high each stands and what was found, and change ``memory``."""
    options, findings = stream.options, list[Finding]()
    low = math.exp(-options.hysteresis)
    rearm = max(1, round(options.rearm / STEP))
    record = Record(stream)
    evaluated, floors, halves, sums = stream.steps_to_evaluate()
    heights: list[float | None] = [None] * len(evaluated)

    for index in range(stream.first, stream.length):
        place = index - stream.first
        if not evaluated[place] or record.hours_at(index) < COLD_HOURS:
            continue
        heights[place] = height = record.height(sums[place])
        if height < low or not halves[place]:
            memory.below += 1
            if memory.firing and memory.below >= CLEAR_AFTER:
                memory.firing = False
                findings.append(cleared(stream, memory, index))
            memory.armed = memory.armed or memory.below >= rearm
            continue
        memory.below = 0
        if height < 1 or not floors[place]:
            continue

        at = stream.end_of(index)
        fresh = memory.armed and (memory.fired_at is None or at - memory.fired_at >= options.group
                                  or height >= LOUDER * memory.peak)
        if not memory.armed:
            memory.peak = max(memory.peak, height)
        recent = stream.posts_in(index, WINDOWS[-1])
        doubled = recent >= 2 * memory.reported
        if not fresh and not doubled and memory.severity is Severity.P1:
            continue  # nothing could be worse; spares counting authors at every step of a long storm
        sight = see(stream, record, index)
        if sight is None:
            continue
        worse = memory.severity is None or sight.severity < memory.severity
        if not (fresh or doubled or worse):
            continue
        if fresh:
            memory.fired_at, memory.armed, memory.peak = at, False, height
            memory.severity = sight.severity
        elif worse:
            memory.severity = sight.severity
        memory.reported, memory.firing = recent, True
        findings.append(sight.finding(memory, new=fresh))
    memory.blind = outage(stream, record)
    return heights, findings
