"""Which texts are one story and which are not, and what a story counts."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerts import stories
from alerts.stories import REMEMBERED_FOR, assign, counted_until, marks, same_story, story_id
from listener.types import Author, Mention, MentionKey, Story, Telling
from tests.alerts.story_pairs import (
    LAST_DIFFERENT,
    LAST_SPUN,
    LATER_DIFFERENT,
    LATER_SPUN,
    POSTS,
    SPUN,
    TEMPLATES,
    TOPICS,
    different,
    same,
)

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def mention(id: str, text: str, *, minute: int = 0, author: str | None = None, kind: str = "x", **more: object) -> Mention:
    return Mention(kind, id, text, NOW + timedelta(minutes=minute), author=Author(kind, author or id), **more)  # type: ignore[arg-type]


def found(one: str, other: str) -> bool:
    """Whether the second of two posts joins the story of the first: by marks as well as by comparison."""
    done = assign([mention("a", one), mention("b", other, minute=5)], {})
    return len(set(done.stories.values())) == 1


@pytest.mark.parametrize("done", sorted({done for done, _, _ in same()} - {"spun"}))
def test_a_copy_shares_the_story_whatever_was_done_to_it(done: str) -> None:
    assert [pair for was, *pair in same() if was == done and not found(*pair)] == []


def test_spun_texts_share_the_story_six_of_seven_times() -> None:
    pairs = SPUN + LATER_SPUN + LAST_SPUN
    assert sum(found(*pair) for pair in pairs) / len(pairs) >= 0.85


@pytest.mark.parametrize("kind", ["topic", "template", "post"])
def test_different_posts_share_none(kind: str) -> None:
    assert [pair for was, *pair in different() if was == kind and found(*pair)] == []


def test_the_words_everybody_uses_make_no_story() -> None:
    assert [pair for pair in LATER_DIFFERENT + LAST_DIFFERENT if found(*pair)] == []


def test_it_does_not_matter_which_came_first() -> None:
    assert [(one, other) for _, one, other in same() + different() if same_story(one, other) != same_story(other, one)] == []


def test_a_spun_text_may_also_have_another_headline() -> None:
    one, other = (" ".join(texts) for texts in zip(*SPUN[:3], strict=True))
    assert found(one, f"جنجال تازه‌ی کرایه‌ها\n{other}\nادامه‌ی مطلب را اینجا بخوانید")


def test_a_signature_under_all_posts_of_a_channel_makes_them_no_story() -> None:
    signature = "به کانال ما بپیوندید و خبرهای فوری بازار و فناوری را پیش از همه بخوانید @bazar_fori"
    posts = [f"{text}\n{signature}" for text in (TOPICS[0][0], TOPICS[1][1], TOPICS[3][2], TOPICS[4][0])]
    assert not any(found(one, other) for one, other in itertools.combinations(posts, 2))


def test_reports_of_one_form_with_other_numbers_are_other_stories() -> None:
    assert not found("قیمت دلار امروز ۲ آذر در بازار آزاد به ۱۱۲۳۰۰ تومان رسید و سکه امامی ۱۱۸ میلیون معامله شد",
                     "قیمت دلار امروز ۵ آذر در بازار آزاد به ۱۱۴۹۰۰ تومان رسید و سکه امامی ۱۲۱ میلیون معامله شد")
    assert not found("سفارش من به شماره ۸۸۲۳۴۱ هنوز نرسیده و پشتیبانی می‌گوید صبر کنید تا پیگیری شود",
                     "سفارش من به شماره ۸۹۱۱۰۷ هنوز نرسیده و پشتیبانی می‌گوید صبر کنید تا پیگیری شود")


def test_a_roundup_joins_one_story_and_does_not_make_its_parts_one() -> None:
    done = assign([mention("a", POSTS[0]), mention("b", POSTS[1], minute=1), mention("c", POSTS[2], minute=2),
                   mention("all", "\n".join(POSTS[:3]), minute=3), mention("b2", POSTS[1] + " #خبر", minute=4)], {})
    assert len({done.stories[MentionKey("x", id)] for id in "abc"}) == 3
    assert done.stories[MentionKey("x", "b2")] == done.stories[MentionKey("x", "b")]


def test_a_story_bears_the_name_of_the_first_mention() -> None:
    done = assign([mention("late", POSTS[0], minute=9), mention("first", POSTS[0])], {})
    assert set(done.stories.values()) == {story_id(MentionKey("x", "first"))}


def test_our_own_answers_are_in_no_story() -> None:
    done = assign([mention("ours", POSTS[0], ours=True), mention("a", POSTS[0], minute=1)], {})
    assert done.stories == {MentionKey("x", "a"): story_id(MentionKey("x", "a"))}
    assert marks(mention("ours", POSTS[0], ours=True)) == ()


def test_the_order_of_a_batch_does_not_matter() -> None:
    texts = [text for pair in SPUN[:6] for text in pair] + list(POSTS[:4]) * 2 + list(TOPICS[0])
    posts = [mention(f"{number:02}", text, minute=number // 2) for number, text in enumerate(texts)]
    expected = assign(posts, {})
    for seed in range(5):
        assert assign(random.Random(seed).sample(posts, len(posts)), {}) == expected


def test_one_at_a_time_gives_the_stories_of_all_at_once() -> None:
    texts = [text for pair in SPUN for text in pair] + [other for _, _, other in same()[:60]] + list(TOPICS[1])
    posts = [mention(f"{number:03}", text, minute=number) for number, text in enumerate(texts)]
    at_once, told, copied = assign(posts, {}), dict[MentionKey, str](), dict[MentionKey, bool]()
    for number, post in enumerate(posts):
        done = assign([post], {post.key: [(one, told[one.key]) for one in posts[:number]]})
        told |= done.stories
        told = {key: done.merged.get(story, story) for key, story in told.items()}
        copied |= done.copied
    assert told == at_once.stories and copied == at_once.copied


def test_a_text_between_two_stories_makes_them_the_older_one() -> None:
    between = SPUN[3][0]
    cut = len(between) * 4 // 5
    one, other = between[:cut] + " و دیگر هیچ", "گزارش روز: " + between[len(between) - cut:]
    old, young = mention("old", one), mention("young", other, minute=1)
    known = [(old, "older"), (young, "younger")]
    late = mention("late", between, minute=2)
    done = assign([late], {late.key: known})
    assert done.stories == {late.key: "older"} and done.merged == {"younger": "older"}


def test_a_reshare_belongs_to_what_it_reshares_however_short() -> None:
    original, reshare = mention("1", "خوب بود"), mention("2", "RT @sara: خوب بود", minute=1, reshare_of="1")
    done = assign([reshare, original], {})
    assert len(set(done.stories.values())) == 1 and done.copied == {original.key: False, reshare.key: True}


def test_a_reshare_that_comes_before_its_original_already_bears_its_name() -> None:
    reshare = mention("2", "RT @sara: خوب بود", minute=1, reshare_of="1")
    assert assign([reshare], {}).stories[reshare.key] == assign([mention("1", "خوب بود")], {}).stories[MentionKey("x", "1")]


def test_copied_is_who_says_nothing_of_his_own() -> None:
    text = POSTS[1]
    own = "من هم هفته‌ی پیش در همین مسیر سوار شدم و راننده تا کرایه را نقدی نگرفت در صندوق را باز نکرد، بعد هم حساب مرا بستند. "
    done = assign([mention("first", text), mention("copy", f"{text} @x", minute=1), mention("spun", SPUN[0][1], minute=2),
                   mention("quote", f"{own}«{text}»", minute=3), mention("brief", f"عجب! «{text}»", minute=4)], {})
    assert {key.id: value for key, value in done.copied.items()} == {
        "first": False, "copy": True, "spun": False, "quote": False, "brief": True}
    assert len({done.stories[MentionKey("x", id)] for id in ("first", "copy", "quote", "brief")}) == 1


def test_an_older_original_that_turns_up_late_makes_the_other_the_copy() -> None:
    copy, original = mention("copy", POSTS[0], minute=60), mention("original", POSTS[0])
    done = assign([original], {original.key: [(copy, "known")]})
    assert done.stories == {original.key: "known"}
    assert done.copied == {original.key: False, copy.key: True}


def test_a_text_that_comes_back_is_remembered_for_longer() -> None:
    first, again = mention("1", POSTS[0]), mention("2", POSTS[0] + " #باز", minute=60)
    assert assign([again], {again.key: [(first, "s")]}).recurring == {first.key: again.published_at + REMEMBERED_FOR}
    late = replace(again, published_at=counted_until(first) + timedelta(days=1), text=f"خبر فوری: {POSTS[0]}")
    assert len(set(assign([first, late], {}).stories.values())) == 2


def test_copies_leave_no_marks_of_their_own() -> None:
    done = assign([mention(f"{number}", POSTS[0], minute=number) for number in range(50)], {})
    assert list(done.marks) == [MentionKey("x", "0")] and done.marks[MentionKey("x", "0")]


def test_hostile_texts_are_compared_in_bounded_time() -> None:
    hostile = ["", "\ud800" * 100, "آ" * 50_000, "ab" * 30_000, "۱" * 9_999, "\u200c" * 999, "🙏" * 500, f"{POSTS[0]}\0" * 200]
    posts = [mention(f"{number}", text, minute=number) for number, text in enumerate(hostile * 3)]
    assert len(assign(posts, {}).stories) == len(posts)


def test_short_templates_of_many_people_are_as_many_stories() -> None:
    posts = [mention(f"{number}", text, minute=number) for number, text in enumerate(TEMPLATES * 5)]
    assert len(set(assign(posts, {}).stories.values())) == len(posts)


def telling(id: str, minute: int, *, author: str | None = None, outlet: str | None = None, copied: bool = False) -> Telling:
    at = NOW + timedelta(minutes=minute)
    return Telling("s", "اسنپ", MentionKey("x", id), at, at, author, outlet, copied, negative=True)


def test_a_story_counts_authors_copies_accounts_and_outlets_apart() -> None:
    story = Story.told([telling("3", 3, author="x:bot", copied=True), telling("1", 1, author="x:sara", outlet="a.ir"),
                        telling("2", 2, author="x:ali", outlet="b.ir"), telling("4", 4, author="x:sara", copied=True, outlet="a.ir")])
    assert (story.first, story.mentions, story.copies, story.authors, story.accounts, story.outlets, story.negative) == (
        MentionKey("x", "1"), 4, 2, 2, 3, 2, 4)
    assert (story.first_at, story.last_at) == (NOW + timedelta(minutes=1), NOW + timedelta(minutes=4))


def test_forty_reprints_of_an_agency_are_one_author() -> None:
    story = Story.told([telling(f"{number}", number, outlet=f"{number}.ir", copied=number > 0) for number in range(41)])
    assert (story.authors, story.copies, story.outlets) == (1, 40, 41)


def test_a_story_that_nobody_tells_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="nobody"):
        Story.told([])


def test_a_flood_on_one_topic_is_compared_with_a_bounded_number_of_texts_and_copies_are_still_found(monkeypatch: pytest.MonkeyPatch) -> None:
    words = "سفارش بسته پول تماس پشتیبانی وعده روز هفته گوشی کفش کتاب فروشنده انبار پیک آدرس کد تخفیف گارانتی رنگ".split()
    chance = random.Random(1)
    posts = [mention(f"{n:04}", "دیجی‌کالا خراب " + " ".join(chance.choices(words, k=14)) + f" {n}") for n in range(600)]
    noted: list[int] = []
    order = stories._order
    monkeypatch.setattr(stories, "_order", lambda one: noted.append(1) or order(one))
    done = assign([*posts, *(replace(post, id=f"z{post.id}") for post in posts[-5:])], {})
    assert all(done.stories[MentionKey("x", f"z{post.id}")] == done.stories[post.key] for post in posts[-5:])
    left = sum(map(len, done.marks.values()))
    assert len(noted) <= (stories.COMMON + 2) * left


def test_marks_whose_time_is_over_make_room_for_new_ones() -> None:
    text = TOPICS[0][0]
    many = [mention(f"{n:04}", f"{text} {' '.join(random.Random(n).sample(TOPICS[1][1].split(), 12))} {n}", minute=n) for n in range(60)]
    later = 60 * 24 * 40
    first, second = mention("y", SPUN[0][0] + " " + text, minute=later), mention("z", SPUN[0][1] + " " + text, minute=later + 1)
    done = assign([*many, first, second], {})
    assert done.stories[first.key] == done.stories[second.key]
