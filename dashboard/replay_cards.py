"""What a replay found, in words. Pure: the command's own figures and a pen in, markup out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from html import escape
from typing import Any

from dashboard.cards import harmless, help_text, tile, tiles
from dashboard.pen import Pen

SHOWN = 60


def figures(pen: Pen, found: Mapping[str, Any]) -> str:
    """Return how often it would have called, how late, and how it differs from what is enabled and from what was raised."""
    different, enabled = found.get("difference"), found.get("enabled")
    rate = found.get("per_brand_week")
    recorded = found["recorded"]
    cells = [
        tile(pen, pen.say("replay.alerts"), pen.number(found["alerts"]), extra=pen.say("replay.told", n=found["told"]),
             against=pen.say("replay.enabled_had", n=enabled["alerts"]) if enabled else "", how="how.replay"),
        tile(pen, pen.say("replay.rate"), "–" if rate is None else pen.number(rate, decimals=2), how="how.replay_rate"),
        tile(pen, pen.say("replay.delay"), "–" if found["median_delay"] is None else pen.span(timedelta(seconds=found["median_delay"])),
             extra="" if found["longest_delay"] is None else pen.say("replay.longest", span=pen.span(timedelta(seconds=found["longest_delay"]))),
             how="how.replay_delay"),
        tile(pen, pen.say("replay.recorded"), pen.number(recorded["matched"]), extra=pen.say("replay.of_recorded", n=recorded["alerts"]), how="how.replay_recorded"),
    ]
    words = ""
    if different is not None:
        words = pen.say("replay.difference", both=different["both"], draft=len(different["only_draft"]), enabled=len(different["only_enabled"]))
    assumed = f'<p class="g-soft g-small">{escape(pen.say("replay.assumed"))}</p>' if not found["looks"] else ""
    return tiles(*cells) + by_severity(pen, found) + (f'<p style="margin:.9rem 0 .2rem"><b>{escape(words)}</b></p>' if words else "") + assumed


def by_severity(pen: Pen, found: Mapping[str, Any]) -> str:
    """Return for each severity how many alerts would have been raised, of how many people would have been told, and who."""
    rows = []
    for severity in ("P1", "P2", "P3"):
        those = [one for one in found["fired"] if one["severity"] == severity]
        if those:
            words = pen.say(f"replay.told.{severity}", raised=len(those), told=sum(one["called"] for one in those))
            rows.append(f'<li><span class="g-label {severity}"><i class="g-dot"></i>{severity}</span> {escape(words)}</li>')
    return f'<ul class="g-list g-plain">{"".join(rows)}</ul>' if rows else ""


def fired(pen: Pen, found: Mapping[str, Any]) -> str:
    """Return the alerts it would have raised, the latest first, marked where the enabled rules would not have."""
    rows = sorted(found["fired"], key=lambda one: str(one["fired_at"]), reverse=True)
    if not rows:
        return f'<p class="g-soft">{escape(pen.say("replay.silent"))}</p>'
    alone = set(found["difference"]["only_draft"]) if found.get("difference") else set()
    lines = []
    for one in rows[:SHOWN]:
        at = datetime.fromisoformat(one["fired_at"])
        chips = [pen.say("replay.new")] if one["fingerprint"] in alone else []
        chips += [pen.say(f"verdict.{one['verdict']}")] if one["verdict"] else []
        told = datetime.fromisoformat(one["told_at"]) if one["called"] else None
        words = pen.say("replay.told_at", when=pen.when(told)) if told else pen.say("replay.not_told")
        marks = "".join(f'<span class="g-chip line">{escape(chip)}</span>' for chip in chips)
        lines.append(f'<li><div class="g-row"><span class="g-label {harmless(one["severity"])}"><i class="g-dot"></i>{harmless(one["severity"])}</span>'
                     f'<b><bdi>{harmless(one["subject"])}</bdi></b><span>{escape(pen.when(at))}</span><span class="g-soft g-small">{escape(words)}</span>{marks}</div></li>')
    left = f'<p class="g-soft g-small">{escape(pen.say("replay.more", n=len(rows) - SHOWN))}</p>' if len(rows) > SHOWN else ""
    return f'<ul class="g-list g-plain">{"".join(lines)}</ul>{left}{help_text(pen, "how.replay")}'
