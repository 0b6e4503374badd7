"""What an alert's complaints are about is said where it is sure, and only there."""

from __future__ import annotations

import pytest

from alerts import about
from listener.types import Aspect, KeptTopic, MentionKey
from tests.alerts.world import SATURDAY

Reading = tuple[str | None, tuple[Aspect, ...]]


def reading(name: str = "refund", confidence: float = 0.9, story: str | None = None) -> Reading:
    return story, (Aspect(name, confidence),)


NOTHING: Reading = (None, ())


@pytest.mark.parametrize(("readings", "told"), [
    pytest.param([reading()] * 7 + [NOTHING] * 2, "refund", id="most share it"),
    pytest.param([reading()] * 4 + [NOTHING] * 6, None, id="fewer than half do"),
    pytest.param([reading(confidence=0.55)] * 10, None, id="all of them hardly surely"),
    pytest.param([reading(confidence=0.75)] * 10, "refund", id="all of them rather surely"),
    pytest.param([reading()] * 5 + [NOTHING] * 5, None, id="half of them, each with a doubt"),
    pytest.param([reading(confidence=0.97)], "refund", id="one post that is sure"),
    pytest.param([reading(confidence=0.85)], None, id="one post that is not"),
    pytest.param([reading("other", 0.99)] * 9, None, id="other says nothing"),
    pytest.param([], None, id="no complaint"),
    pytest.param([reading(confidence=0.8, story="s")] * 12, None, id="twelve copies are one doubt"),
    pytest.param([(None, (Aspect("staff", 0.99), Aspect("delivery", 0.95)))] * 4, "staff", id="of two the surer"),
])
def test_an_aspect_is_named_where_at_least_half_surely_share_it(readings: list[Reading], told: str | None) -> None:
    found = about.aspect(readings)
    assert (found and found[0]) == told and (found is None or 0.5 <= found[1] <= 1)


def test_a_topic_is_named_where_six_in_ten_are_in_it_and_it_has_a_name() -> None:
    keys = [MentionKey("x", str(n)) for n in range(5)]
    known = [KeptTopic("a", "b", SATURDAY, {"fa": ("پول", "لغو", "سفارش"), "en": ("refund",)}), KeptTopic("z", "b", SATURDAY, {"fa": ()})]
    most = about.topic(keys, {key: "a" for key in keys[:3]}, known)
    assert most == (known[0], 0.6) and about.told(None, most) == {"topic": {"en": ["refund"], "fa": ["پول", "لغو"]}, "share": 0.6}
    assert about.topic(keys, {key: "a" for key in keys[:2]}, known) is None
    assert about.topic(keys, {key: "z" for key in keys}, known) is None and about.topic(keys[:2], {key: "a" for key in keys}, known) is None
    assert about.topic([], {}, known) is None and about.told(None, None) is None and about.told(("refund", 0.9), most) == {
        "aspect": "refund", "share": 0.9, "topic": {"en": ["refund"], "fa": ["پول", "لغو"]}}
    assert about.told(("queue", 1.0), None, {"queue": {"fa": "صف"}}) == {"aspect": "queue", "share": 1.0, "called": {"fa": "صف"}}
