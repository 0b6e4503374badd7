"""A storm told in many words is one storm: joined by what is told more than usual, and by time; everyday complaints stay out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from alerts import storm
from alerts.storm import Storm, Subject, Told
from listener.types import Label, MentionKey, StoryMention, Trace

START = datetime(2026, 11, 22, 6, tzinfo=UTC)  # of the alert
FIRED = START + timedelta(hours=1)
UNTIL = START + timedelta(hours=5)
HOUR = timedelta(hours=1)


def told(number: int, hours: float, *, topic: str | None = None, aspects: tuple[str, ...] = (), story: str | None = None, copied: bool = False, author: str | None = None) -> Told:
    trace = Trace(MentionKey("telegram", f"{number:05}"), START + HOUR * hours, author or f"telegram:{number}", "s", Label.NEGATIVE, False, 0, None, UNTIL, None, story)
    return Told(StoryMention(trace, copied), topic, aspects)


def everyday() -> list[Told]:
    """Two days of complaints about delivery, one an hour and one in four about a refund."""
    return [told(n, n - 48, topic=None if n % 4 == 0 else "delivery", aspects=("refund",) if n % 4 == 0 else ("delivery",), story=f"e{n}") for n in range(53)]


def incident(count: int = 60, **values: object) -> list[Told]:
    """A storm from two hours before the alert, in a dozen different words."""
    return [told(1_000 + n, -2 + 7 * n / count, topic="poison", aspects=("safety",), story=f"s{n % 12}", copied=n >= 12 and n % 3 == 0) for n in range(count)]


def found(posts: list[Told]) -> Storm:
    result = storm.find(posts, starts_at=START, fired_at=FIRED, until=UNTIL)
    assert result is not None
    return result


def test_many_stories_about_one_subject_are_one_storm_and_the_first_post_is_its_own() -> None:
    one = found([*everyday(), *incident()])
    assert set(one.subjects) == {Subject("topic", "poison"), Subject("aspect", "safety")} and len(one.parts) == 12 and len(one.mentions) == 60
    assert one.mentions[0].trace.key.id == "01000" and all(int(each.trace.key.id) >= 1_000 for each in one.mentions)
    assert one.left >= 5 and sum(len(part.mentions) for part in one.parts) == 60


def test_everyday_complaints_of_the_same_hours_are_no_part_of_it() -> None:
    noisy = [told(2_000 + n, n / 2, topic="delivery", aspects=("safety",)) for n in range(3)]  # an aspect alone does not pull a post out of its topic
    assert not {each.trace.key for each in found([*everyday(), *incident(), *noisy]).mentions} & {each.mention.trace.key for each in noisy}


def test_where_no_topic_is_known_aspects_join() -> None:
    posts = [each._replace(topic=None) for each in incident()]
    one = found([*everyday(), *posts])
    assert one.subjects == (Subject("aspect", "safety"),) and len(one.mentions) == 60


def test_a_lone_first_post_is_the_first_where_nothing_like_it_is_usual() -> None:
    lone = told(900, -3.5, aspects=("safety",))
    assert found([*everyday(), lone, *incident()]).mentions[0].trace.key == lone.mention.trace.key


def test_a_storm_of_several_subjects_is_still_one() -> None:
    posts = [each._replace(topic=("poison", "hotline", None)[n % 3], aspects=("app",) if n % 3 == 2 else ()) for n, each in enumerate(incident(90))]
    one = found([*everyday(), *posts])
    assert len(one.mentions) == 90 and set(one.subjects) >= {Subject("topic", "poison"), Subject("topic", "hotline"), Subject("aspect", "app")}


def test_a_like_complaint_of_the_evening_before_is_not_the_first_post() -> None:
    refunds = [told(3_000 + n, -1 + 6 * n / 80, aspects=("refund",), story=f"r{n % 9}") for n in range(80)]
    one = found([*everyday(), *refunds])
    assert one.subjects == (Subject("aspect", "refund"),) and one.mentions[0].trace.published_at >= START - 2 * HOUR


def test_nothing_told_more_than_usual_is_no_storm() -> None:
    assert storm.find(everyday(), starts_at=START, fired_at=FIRED, until=UNTIL) is None
    assert storm.find([], starts_at=START, fired_at=FIRED, until=UNTIL) is None


def test_an_account_that_tells_it_ten_times_is_one_author() -> None:
    loud = [told(5_000 + n, n / 3, topic="poison", story="s0", author="telegram:loud") for n in range(10)]
    part = next(part for part in found([*everyday(), *incident(12), *loud]).parts if part.id == "s0")
    assert part.authors == 2 and len(part.mentions) == 11
