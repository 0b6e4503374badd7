"""From posts to the first line of a message: what most of the complaints are about goes with the alert wherever it is told."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from alerts import wording
from listener.pipeline.render import Rendering
from listener.types import Alert, AlertState, Analysis, Aspect, Label, MentionKey, Reason, Score, Severity
from tests.alerts.world import HOUR, SATURDAY, a_scored

KEYS = tuple(MentionKey("mastodon", str(n)) for n in range(1, 7))
WHY = {"version": "spike@1", "series": "negative", "window": 7200, "seen": 31, "negative": 31}


def an_alert(**more: Any) -> Alert:
    return Alert("spike", "چابک‌سبد", SATURDAY, SATURDAY + HOUR, 31.0, 3.0, Severity.P2, AlertState.FIRING, KEYS, {**WHY, **more})


def house(about: dict[str, float], *, aspects: dict[str, dict[str, str]] | None = None) -> Rendering:
    posts = [a_scored(key.id, f"post {key.id}", minutes=n, author=f"a{n}") for n, key in enumerate(KEYS)]
    by_key = {one.mention.key: one for one in posts}
    read = {key: Analysis(cast(Score, one.score), tuple(Aspect(name, chance) for name, chance in about.items())) for key, one in by_key.items()}
    assert all(one.score and one.score.label is Label.NEGATIVE for one in posts)
    store = SimpleNamespace(by_keys=lambda keys, brand=None: posts, analyses=lambda keys: {key: read[key] for key in keys},
                            topics_of=lambda brand, keys: {}, stored_topics=lambda brand, ended_since=None: [])
    return cast(Rendering, SimpleNamespace(store=store, aspects=aspects or {}))


def line(alert: Alert, language: Any) -> str:
    return wording.title(alert, Reason.FIRST, language=language).replace("\u2068", "").replace("\u2069", "")


def test_an_alert_is_named_by_what_its_posts_share() -> None:
    named = Rendering._named(house({"refund": 0.95}), an_alert(), Reason.FIRST)
    assert named.fingerprint == an_alert().fingerprint and named.why["about"] == {"aspect": "refund", "share": 0.95}
    assert line(named, "fa") == "شدید · چابک‌سبد · ۳۱ شکایت در ۲ ساعت دربارهٔ پرداخت و بازپرداخت (معمول ۳)"
    assert line(named, "en") == "Severe · چابک‌سبد · 31 complaints in 2 hours about payments and refunds (usually 3)"


def test_an_aspect_of_the_configuration_is_called_what_it_calls_it() -> None:
    named = Rendering._named(house({"queue": 0.95}, aspects={"queue": {"fa": "صف شعبه"}}), an_alert(), Reason.ESCALATED)
    assert "دربارهٔ صف شعبه" in line(named, "fa") and "about queue" in line(named, "en")


@pytest.mark.parametrize(("about", "why"), [({"refund": 0.45}, {}), ({}, {}), ({"other": 0.99}, {}), ({"refund": 0.99}, {"series": "mentions"})],
                         ids=["hardly sure", "nothing found", "other", "posts of any tone"])
def test_where_it_is_not_sure_nothing_is_said(about: dict[str, float], why: dict[str, Any]) -> None:
    named = Rendering._named(house(about), an_alert(**why), Reason.FIRST)
    assert "about" not in named.why and "دربارهٔ" not in line(named, "fa")


def test_what_is_no_longer_so_is_no_longer_said_and_an_end_keeps_what_was_told() -> None:
    before = an_alert(about={"aspect": "staff", "share": 0.9})
    assert "about" not in Rendering._named(house({}), before, Reason.REPEAT).why
    assert Rendering._named(house({}), before, Reason.RESOLVED) is before
