"""Topics: complaints of two languages that stand together, keep their name, and come apart or together visibly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import topics
from alerts.complaint_words import found, things
from alerts.topics import MOST, Grouping, Space, assign, course, grouped, groups, name, regroup, runs, title
from listener.text import search_form
from listener.types import Complaint, KeptTopic, MentionKey

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
BRAND = "اسنپ"
TEXTS = {
    "refund": ("پولم برنگشته {n} روزه، استرداد وجه نشد", "no refund after {n} days, give my money back"),
    "crash": ("برنامه کرش میکنه بار {n}", "the app crashes on launch, try {n}"),
    "rude": ("راننده بی‌ادبی کرد، مورد {n}", "rude driver insulted us, case {n}"),
}
AXES = {subject: axis for axis, subject in enumerate((*TEXTS, "wifi", "hotel"))}


def complaint(subject: str, number: int, language: str = "fa", *, text: str | None = None, topic: str | None = None, ago: timedelta = DAY,
              **more: object) -> Complaint:
    """A complaint whose embedding points where its subject does, well away by its language, with some noise of its own."""
    dice = np.random.default_rng([AXES[subject], number, language == "fa"])
    vector = dice.normal(0, 0.15, topics.WIDTH)
    vector[AXES[subject]] += 4
    vector[100 if language == "fa" else 101] += 6
    embedding = np.round(vector / np.linalg.norm(vector) * 127).astype(np.int8).tobytes()
    written = text or TEXTS.get(subject, (f"{subject} {{n}}", f"{subject} {{n}}"))[language != "fa"].format(n=number)
    given = {"author": f"x:{subject}{number}{language}", "model": "m", **more}
    return Complaint(MentionKey("x", f"{subject}-{language}-{number:03}"), written, language, embedding, NOW - ago, NOW - ago, topic=topic,
                     **given)  # type: ignore[arg-type]


def told(*subjects: str, number: int = 5) -> list[Complaint]:
    return [complaint(subject, n, language) for subject in subjects for n in range(number) for language in ("fa", "en")]


def group(complaints: Sequence[Complaint], known: Sequence[KeptTopic] = (), at: datetime = NOW, **more: object) -> Grouping:
    return regroup(BRAND, complaints, known, Space.fit(complaints, "m"), at=at, **more)  # type: ignore[arg-type]


def living(grouping: Grouping) -> list[KeptTopic]:
    return [one for one in grouping.topics if one.ended_at is None]


def assigned(complaints: Sequence[Complaint], grouping: Grouping) -> list[Complaint]:
    from dataclasses import replace

    return [replace(one, topic=grouping.members.get(one.key, one.topic)) for one in complaints]


def subjects_of(grouping: Grouping) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for key, topic in grouping.members.items():
        if topic:
            found.setdefault(topic, set()).add(key.id.split("-")[0])
    return found


def test_a_topic_holds_what_both_languages_say_of_one_subject_and_nothing_else() -> None:
    grouping = group(told(*TEXTS))
    assert sorted(subjects_of(grouping).values(), key=str) == [{"crash"}, {"refund"}, {"rude"}]
    assert all({key.id.split("-")[1] for key, topic in grouping.members.items() if topic == id} == {"fa", "en"}
               for id in subjects_of(grouping))


def test_typical_posts_are_three_and_speak_both_languages() -> None:
    for one in living(group(told(*TEXTS))):
        assert len(one.typical) == 3 and {key.id.split("-")[1] for key in one.typical} == {"fa", "en"}


def test_three_voices_make_a_topic_and_copies_of_one_text_are_one_voice() -> None:
    complaints = told("refund", "crash")
    few = [complaint("wifi", n) for n in range(2)]
    same_author = [complaint("hotel", n, author="x:one") for n in range(5)]
    copies = [complaint("rude", n, story="s") for n in range(9)]
    members = group([*complaints, *few, *same_author, *copies]).members
    assert all(members[one.key] is None for one in (*few, *same_author, *copies)) and all(members[one.key] for one in complaints)


def test_a_topic_keeps_its_id_its_name_and_its_beginning_while_it_is_spoken_of() -> None:
    first = group(told(*TEXTS))
    then = [*assigned(told(*TEXTS), first), *told("wifi"), *(complaint("refund", n, ago=timedelta(0)) for n in range(20, 40))]
    second = group(then, first.topics, NOW + DAY)
    old, new = ({one.id: one for one in living(grouping)} for grouping in (first, second))
    assert set(old) < set(new) and len(new) == 4
    for id, one in old.items():
        assert (new[id].phrases, new[id].first_at) == (one.phrases, one.first_at) and subjects_of(first)[id] == subjects_of(second)[id]


def test_a_part_that_comes_apart_says_what_it_was_split_from() -> None:
    joined = [complaint(subject, n, topic="old") for subject, many in (("refund", 9), ("rude", 6)) for n in range(many)]
    grouping = group([*joined, *told("crash", "wifi")], [KeptTopic("old", BRAND, NOW - 5 * DAY, {})])
    by = {frozenset(subjects): id for id, subjects in subjects_of(grouping).items()}
    kept = {one.id: one for one in grouping.topics}
    assert by[frozenset({"refund"})] == "old"
    assert kept[by[frozenset({"rude"})]].split_from == "old" and kept["old"].split_from is None


def test_a_topic_that_became_part_of_another_is_found_there() -> None:
    parts = [complaint("refund", n, language, topic=f"part {language}") for n in range(6) for language in ("fa", "en")]
    known = [KeptTopic(f"part {language}", BRAND, NOW - age * DAY, {"en": (language,)}) for language, age in (("fa", 9), ("en", 3))]
    grouping = group([*parts, *told("crash", "wifi")], known)
    kept = {one.id: one for one in grouping.topics}
    assert kept["part fa"].ended_at is None and (kept["part en"].merged_into, kept["part en"].ended_at) == ("part fa", NOW)


def test_what_nobody_speaks_of_any_more_ends() -> None:
    grouping = group(told("crash", "refund"), [KeptTopic("gone", BRAND, NOW - 30 * DAY, {"en": ("gone",)})])
    (gone,) = (one for one in grouping.topics if one.id == "gone")
    assert gone.ended_at == NOW and gone.merged_into is None and gone.centre == b""


@given(st.permutations(told(*TEXTS, number=3)))
@settings(max_examples=20, deadline=None)
def test_the_order_of_complaints_plays_no_part(shuffled: list[Complaint]) -> None:
    complaints = told(*TEXTS, number=3)
    assert group(shuffled) == group(complaints)
    space = Space.fit(complaints, "m")
    known = regroup(BRAND, complaints, [], space, at=NOW).topics
    later = [complaint(subject, n, language) for subject in TEXTS for n in (70, 71) for language in ("fa", "en")]
    together = assign(later, known, space)
    assert together == {key: topic for one in later for key, topic in assign([one], known, space).items()} and all(together.values())


def test_what_is_close_to_no_topic_or_was_read_by_another_model_gets_none() -> None:
    complaints = told("refund", "crash")
    space = Space.fit(complaints, "m")
    known = regroup(BRAND, complaints, [], space, at=NOW).topics
    assert set(assign([complaint("hotel", 1), complaint("refund", 90, model="n")], known, space).values()) == {None}
    assert assign([complaint("refund", 90)], [], space) == {complaint("refund", 90).key: None}


def test_a_stored_space_is_the_same_space() -> None:
    complaints = told(*TEXTS)
    space = Space.fit(complaints, "packaged@3")
    again = Space.read(space.written())
    assert again is not None and again.model == "packaged@3" and (again.place(complaints) == space.place(complaints)).all()


def test_a_space_made_with_other_words_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    written = Space.fit(told("refund"), "m").written()
    monkeypatch.setattr("alerts.topics.space.WORDS", "complaint_words@1 meaning@other")
    assert Space.read(written) is None


def test_a_brand_has_so_many_topics_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST < groups.SAMPLE / groups.FEWEST
    monkeypatch.setattr(groups, "MOST", 2)
    assert len(living(group(told(*TEXTS)))) == 2


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 10_000)), max_size=40), st.floats(0.0, 0.9))
@settings(max_examples=50, deadline=None)
def test_groups_are_those_of_plain_average_linkage(points: list[tuple[int, int]], close: float) -> None:
    rows = []
    for axis, seed in points:
        vector = np.random.default_rng(seed).normal(0, 0.4, 8)
        vector[axis] += 1
        rows.append(vector / np.linalg.norm(vector))
    places = np.array(rows, np.float32).reshape(len(rows), 8)
    groups = [[row] for row in range(len(rows))]
    while len(groups) > 1:
        best, one, other = max((float((places[a] @ places[b].T).mean()), -i, -j) for i, a in enumerate(groups)
                               for j, b in enumerate(groups) if i < j)
        if best < close:
            break
        groups[-one] += groups.pop(-other)
    numbers = grouped(places, close)
    assert sorted(Counter(numbers).values()) == sorted(map(len, groups)) or len({tuple(row) for row in rows}) < len(rows)


def test_names_are_telling_and_hold_neither_the_brand_nor_empty_words() -> None:
    topics_ = {subject: told(subject) for subject in TEXTS}
    named = name(topics_, [BRAND, "driver"])
    assert "refund" in " ".join(named["refund"]["en"]) and "کرش" in " ".join(named["crash"]["fa"])
    written = {word for phrases in named.values() for phrase in (*phrases["fa"], *phrases["en"]) for word in search_form(phrase).split()}
    assert not written & {"the", "my", "و", "driver", search_form(BRAND)}


def test_a_reader_sees_the_words_of_the_posts_where_nobody_wrote_in_his_language_and_no_translation() -> None:
    queue = [complaint("wifi", n, text=f"صف پرداخت طولانی بود {n}") for n in range(5)]
    named = name({"queue": queue, "crash": [complaint("crash", n, "en") for n in range(5)]})
    kept = KeptTopic("a", BRAND, NOW, named["queue"], aspect="delivery")
    assert named["queue"]["en"] == () and title(kept, "en").startswith("delivery: \u2068صف پرداخت")


def test_a_name_begins_with_the_aspect_that_holds_for_most_and_has_phrases_before_words() -> None:
    own = [complaint("wifi", n, text=f"تیکت ما را پیک شکسته باز کرد {n}" if n < 3 else f"تیکت {n}", aspect="delivery") for n in range(6)]
    grouping = group([*own, *told("crash", "rude")])
    (one,) = (one for one in living(grouping) if "wifi" in subjects_of(grouping)[one.id])
    assert one.phrases["fa"] == ("پیک شکسته", "تیکت") and title(one, "fa") == "تحویل سفارش: پیک شکسته، تیکت"
    half = group([*(replace(one, aspect=None if n < 3 else "delivery") for n, one in enumerate(own)), *told("crash", "rude")])
    assert {one.aspect for one in living(half)} == {None}


def test_an_aspect_of_the_configuration_is_called_what_it_calls_it_and_other_says_nothing() -> None:
    topic = KeptTopic("a", BRAND, NOW, {"fa": ("چمدان گم",)}, aspect="luggage")
    assert title(topic, "fa", {"luggage": {"fa": "بار"}}) == "بار: چمدان گم"
    assert title(replace(topic, aspect="other"), "fa") == "چمدان گم" and title(replace(topic, phrases={}), "en") == "luggage"


@pytest.mark.parametrize("text", ["کاش امشب صد تا مال ما بود", "صفر تا صد، جمعه‌ها", "خخخخ هاها وای آخ هههه", "من شنیدم و فرستادم", "haha wow tonight maybe hundred"])
def test_wishes_times_numbers_pronouns_verbs_and_cries_name_no_topic(text: str) -> None:
    own = [complaint("wifi", n, "en" if text.isascii() else "fa", text=f"{text} {n}") for n in range(5)]
    assert not any(name({"a": own, "b": told("crash")})["a"].values())


def test_a_word_that_few_of_its_posts_say_names_no_topic() -> None:
    texts = ["سفارش کامیون", "بارکد کامیون", *("چمن سنجاب", "فندق لیوان", "کبوتر گلدان", "تخته پنجره", "فرش قوری", "کوزه سماور")]
    assert name({"a": [complaint("wifi", n, text=text) for n, text in enumerate(texts)]})["a"]["fa"] == ()


def test_a_phrase_ends_without_the_ezafe_and_in_persian_letters() -> None:
    own = [complaint("wifi", n, text=f"صفحه‌ی پشتيباني، نوشت {n}") for n in range(3)] + [complaint("wifi", n, text=f"بنر صفحه‌ی {n}") for n in (3, 4, 5)]
    phrases = name({"a": own, "b": told("crash")})["a"]["fa"]
    assert "صفحه‌ی پشتیبانی" in phrases or "بنر صفحه" in phrases
    assert not any(phrase.endswith("‌ی") or "ي" in phrase for phrase in phrases)


def test_typical_posts_and_names_are_of_sure_complaints_only() -> None:
    unsure = [complaint("wifi", n, text=f"به پردیس هم می‌فرستید؟ {n}", sure=False) for n in range(6)]
    sure = [complaint("wifi", n, text=f"وای‌فای قطع است {n}") for n in (7, 8)]
    grouping = group([*unsure, *sure, *told("crash", "rude")])
    (one,) = (one for one in living(grouping) if "wifi" in subjects_of(grouping)[one.id])
    assert set(one.typical) == {each.key for each in sure} and "پردیس" not in title(one, "fa")


def test_phrases_stand_as_people_write_them_and_end_at_marks() -> None:
    assert runs("پشتیبانی‌شون جوابگو نیست! Late refund, AGAIN") == {
        search_form("پشتیبانی‌شون"): "پشتیبانی‌شون", search_form("پشتیبانی‌شون جوابگو"): "پشتیبانی‌شون جوابگو", "جوابگو": "جوابگو",
        "late": "late", "late refund": "late refund", "refund": "refund"}


@pytest.mark.parametrize(("days", "age", "state", "change"), [
    pytest.param([0, 0, 0, 0, 0, 0, 0, 9], 1, "new", None, id="of two days is new, whatever its line"),
    pytest.param([4, 4, 4, 4, 4, 4, 4, 12], 30, "growing", 3.0, id="far above a usual day is growing"),
    pytest.param([4, 3, 5, 4, 4, 4, 4, 5], 30, "steady", 1.25, id="about a usual day is steady"),
    pytest.param([9, 9, 9, 9, 9, 1, 0, 0], 30, "fading", 0.0, id="three quiet days are fading"),
    pytest.param([0, 0, 0, 0, 0, 0, 0, 2], 30, "steady", None, id="two after nothing are no growth"),
    pytest.param([0, 0, 0, 0, 0, 0, 0, 5], 30, "growing", None, id="five after nothing are"),
    pytest.param([0] * 8, 30, "fading", None, id="nothing at all is fading"),
])
def test_how_a_topic_goes(days: list[int], age: int, state: str, change: float | None) -> None:
    found = course(days, NOW - age * DAY, NOW)
    assert (found.state, None if found.change is None else round(found.change, 2)) == (state, change)


def test_the_parts_of_a_brand_name_are_no_phrase() -> None:
    own = [complaint("refund", n, "fa") for n in range(4)]
    own = [replace(one, text=f"#پیک_سبز {one.text}") for one in own]
    assert "سبز" in str(name({"a": own}, ()).values()) and "سبز" not in str(name({"a": own}, ("پیک‌سبز",)).values())


def test_a_topic_is_told_in_the_other_language_where_it_has_no_name_in_this_one() -> None:
    assert title(KeptTopic("b", BRAND, NOW, {"en": ("late",)}), "fa") == "\u2068late\u2069"


def test_words_of_both_languages_speak_of_the_same_things() -> None:
    def named(text: str) -> set[str]:
        return {things()[number].en for number in found(search_form(text).split())}

    assert "refund" in named("پول من را پس نمی‌دن، استرداد وجه کجاست") & named("I want my money back")
    assert "app or site" in named("اپلیکیشن باز نمیشه") & named("the app won't open")
    assert named("") == set()
