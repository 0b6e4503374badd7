"""Few posts, verbatim, and different in what they prove."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.evidence import Role, cast, choose, subject
from listener.types import ScoredMention
from tests.alerts.world import a_scored

STORM = [
    a_scored("typical", "پول ما را پس بدهید، سه هفته شد", minutes=9, author="t", negative=0.99),
    a_scored("first", "سفارشم نرسید", minutes=1, author="f", negative=0.7),
    a_scored("again", "سفارشم هنوز نرسید", minutes=2, author="f", negative=0.98),
    a_scored("loud", "دیگر از این فروشگاه خرید نمی‌کنم", minutes=5, author="l", followers=80_000, negative=0.8),
    a_scored("shared", "این را همه ببینند", minutes=3, author="s", shares=900, negative=0.75),
    a_scored("copy", "این  را همه ببینند!", minutes=4, author="c", negative=0.97),
    a_scored("unsure", "عجب سرعتی!", minutes=6, author="u", negative=0.55, floor=0.9),
    a_scored("kind", "به دست من سالم رسید", minutes=7, author="k", negative=0.03, positive=0.94),
]


def ids(mentions: list[ScoredMention]) -> list[str]:
    return [one.mention.id for one in mentions]


def test_each_post_proves_something_else() -> None:
    assert [(role, one.mention.id) for role, one in cast(STORM)] == [
        (Role.EARLIEST, "first"), (Role.RESHARED, "shared"), (Role.TYPICAL, "typical"), (Role.LARGEST, "loud"),
        (Role.DISSENTING, "kind")]


def test_no_author_and_no_text_stands_twice() -> None:
    assert "again" not in ids(choose(STORM, 8)) and "copy" not in ids(choose(STORM, 8))


def test_a_story_and_a_text_that_is_nearly_the_same_stand_once() -> None:
    text = "امروز پیک این فروشگاه سفارش مرا جلوی در انداخت و رفت"
    near = [a_scored("a", text, minutes=1, author="a"), a_scored("b", f"{text} بد", minutes=2, author="b")]
    assert ids(choose(near)) == ["a"]
    told = [replace(one, story="s") for one in STORM[:2]]
    assert len(choose(told)) == 1 and len(choose([replace(one, story=None) for one in told])) == 2


def test_what_the_model_is_unsure_about_is_no_example_while_there_are_others() -> None:
    assert "unsure" not in ids(choose(STORM)) and ids(choose(STORM, 8))[-2] == "unsure"


def test_reshares_seen_among_the_posts_count_like_reshares_the_source_shows() -> None:
    copies = [a_scored(f"copy-{n}", f"RT {n}", minutes=20 + n, author=f"c{n}", reshare_of="typical", negative=0.6) for n in range(3)]
    chosen = cast([STORM[0], STORM[1], *copies])
    assert (Role.RESHARED, "typical") in [(role, one.mention.id) for role, one in chosen]


def test_without_dissent_the_place_goes_to_another_complaint() -> None:
    only = [one for one in STORM if one.mention.id != "kind"]
    assert len(choose(only)) == 5 and Role.DISSENTING not in {role for role, _ in cast(only)}


def test_unknown_authors_are_not_taken_for_one() -> None:
    nameless = [a_scored(str(n), f"شکایت {n}", minutes=n, author=None) for n in range(6)]
    assert len(choose(nameless)) == 5


def test_unscored_posts_are_better_than_none() -> None:
    assert len(choose([replace(one, score=None) for one in STORM])) == 5


def test_nothing_gives_nothing() -> None:
    assert choose([]) == [] and choose(STORM, 0) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(STORM), max_size=12), st.integers(0, 6))
def test_the_choice_depends_on_neither_order_nor_repetition(posts: list[ScoredMention], n: int) -> None:
    chosen = choose(posts, n)
    assert chosen == choose(posts[::-1], n) and len(chosen) <= n
    assert len({one.mention.author.id for one in chosen if one.mention.author}) == len(chosen)


def test_the_earliest_is_one_the_model_is_sure_of_and_about_the_main_subject_where_there_is_one() -> None:
    grumble = a_scored("grumble", "code takhfifesh kar nakard", minutes=0, author="g", negative=0.55, floor=0.9)
    about = a_scored("about", "پول سفارش لغو شده را پس ندادند", minutes=4, author="p", negative=0.9)
    posts = [grumble, *STORM, about]
    assert cast(posts)[0] == (Role.EARLIEST, STORM[1])
    phrases = subject({"about": {"topic": {"fa": ["سفارش لغو‌شده", "سفارش"]}}})
    assert cast([grumble, STORM[5], about], subject=phrases)[0] == (Role.EARLIEST, about)
    assert cast([grumble])[0] == (Role.EARLIEST, grumble) and subject({"about": {"aspect": "app"}}) == () == subject({})


def test_a_late_post_is_no_early_one_however_well_it_fits() -> None:
    early = [a_scored(f"e{n}", f"شکایت شماره {n} از چیزی دیگر", minutes=n, author=f"e{n}", negative=0.55, floor=0.9) for n in range(20)]
    late = a_scored("late", "سفارش لغو شد", minutes=99, author="l", negative=0.99)
    assert cast([*early, late], subject=("سفارش",))[0] == (Role.EARLIEST, early[0])
