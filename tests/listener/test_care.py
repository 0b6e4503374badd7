"""Care in the house that runs: what is said moves cases, what is due is told, who comes back is counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.settings import Settings
from listener.pipeline.care import Caring
from listener.service import Service
from listener.storage import Store, open_store
from listener.types import Alert, AlertState, Analysis, Author, Batch, Label, Match, Mention, MentionKey, Reach, Score, Severity
from listener.types.care import CaseState, Due, PromiseState, Remedy
from tests.dashboard.house import settings_for

BRAND = "پیک‌سبز"
START = datetime(2026, 11, 21, 6, tzinfo=UTC)
"""Saturday 30 Aban 1405, 09:30 in Tehran."""
CONFIG = """
language = "fa"
database = "%s"
[[brands]]
name = "پیک‌سبز"
[[people]]
name = "مریم"
receivers = ["maryam"]
[[receivers]]
kind = "console"
name = "maryam"
[[receivers]]
kind = "console"
name = "team"
[[rules]]
kind = "ignored_case"
[care]
opened_by = ["ignored_case"]
"""


@dataclass
class Desk:
    store: Store
    settings: Settings
    at: datetime = START
    said: int = 0
    ours: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.service = Service(self.store, self.settings, now=lambda: self.at)
        self.caring = Caring(self.service)

    def says(self, text: str, label: Label = Label.NEGATIVE, *, author: str = "sara", to: str | None = None, ours: bool = False,
             intent: str | None = None) -> MentionKey:
        """Let somebody publish something now, and have it scored."""
        self.said += 1
        post = Mention("mastodon", f"m{self.said}", text, self.at, author=Author("mastodon", author, name=author), in_reply_to=to, ours=ours)
        self.store.commit_batch("masto", Batch((post,)), matches=[Match(post.key, BRAND, ("پیک",))], reach={post.key: Reach(1, 2, 3, "assumed")},
                                start=self.at - timedelta(minutes=1), end=self.at, now=self.at)
        shares = {Label.NEGATIVE: (.9, .06, .04), Label.NEUTRAL: (.05, .9, .05), Label.POSITIVE: (.04, .06, .9)}[label]
        self.store.save_analyses([(post.key, Analysis(Score(*shares, "fa", "t@1", 0.5), intent=intent, intent_confidence=.9 if intent else None))],
                                 now=self.at)
        return post.key

    def passes(self, **span: float) -> int:
        self.at += timedelta(**span)
        return self.caring.look()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    settings = settings_for(tmp_path / "care.sqlite", CONFIG)
    store = open_store(settings.database)
    yield Desk(store, settings)
    store.close()


def test_a_story_from_the_complaint_to_the_customer_won_back(desk: Desk) -> None:
    complaint = desk.says("سه بار پیگیری کردم و پولم را پس نمی‌دهند", intent="complaint")
    case = desk.service.open_case([complaint], "مریم")
    desk.service.assign_case(case.number, "مریم")
    desk.at += timedelta(hours=1)
    desk.says("سلام، متأسفیم. تا فردا ظهر پول شما برگشت داده می‌شود.", Label.NEUTRAL, author="peyk", to=complaint.id, ours=True)
    desk.passes(minutes=1)
    [promise] = desk.service.promises()
    assert promise.state is PromiseState.FOUND and promise.case == case.number and promise.due_at == datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
    assert desk.store.case(case.number).state is CaseState.ANSWERED  # type: ignore[union-attr]
    desk.service.confirm_promise(promise.id, "مریم")
    desk.passes(hours=24)  # Sunday 10:31: under two working hours before noon
    [reminder] = [one for one in desk.store.deliveries() if ":remind" in one.key]
    assert reminder.receiver == "maryam" and "یادآوری" in reminder.message.title
    desk.passes(minutes=1)
    assert len([one for one in desk.store.deliveries() if ":remind" in one.key]) == 1
    desk.at += timedelta(hours=4)
    assert [one.due for one in desk.store.deadlines(BRAND, since=desk.at - timedelta(hours=1), until=desk.at)] == [Due.PROMISE]
    desk.service.keep_promise(promise.id, "مریم")
    desk.service.resolve_case(case.number, "مریم", "پول برگشت", remedy=Remedy.REFUND, cause="refund", cost=450_000)
    desk.passes(hours=2)
    desk.at += timedelta(days=10)
    desk.says("ممنون از پیک‌سبز، پولم برگشت و پشتیبانی عالی بود", Label.POSITIVE)
    desk.passes(minutes=1)
    assert desk.store.case(case.number).state is CaseState.RESOLVED  # type: ignore[union-attr]
    desk.passes(days=21)
    won = desk.store.case(case.number)
    assert won is not None and won.state is CaseState.WON_BACK
    view = desk.service.win_back(BRAND, days=30)
    assert (view.rate.positive, view.rate.n, view.rate.share) == (1, 1, None) and list(view.by_remedy) == ["refund"]


def test_a_thanks_restarts_no_clock_and_a_new_complaint_does(desk: Desk) -> None:
    case = desk.service.open_case([desk.says("بسته نرسید")], "مریم")
    desk.service.answer_case(case.number, "مریم", "گفتیم فردا می‌رسد")
    due = desk.store.case(case.number).due_at  # type: ignore[union-attr]
    desk.at += timedelta(hours=1)
    desk.says("ممنون از پیگیری‌تان", Label.POSITIVE)
    desk.passes(minutes=1)
    thanked = desk.store.case(case.number)
    assert thanked is not None and (thanked.state, thanked.due_at, len(thanked.mentions)) == (CaseState.ANSWERED, due, 2)
    desk.says("هنوز نرسیده، دروغ می‌گویید", intent="complaint")
    desk.passes(minutes=1)
    angry = desk.store.case(case.number)
    assert angry is not None and angry.state is CaseState.ASSIGNED and len(angry.mentions) == 3 and angry.started_at == desk.at
    assert desk.passes(minutes=1) == 0


def test_what_is_looked_at_again_changes_nothing(desk: Desk) -> None:
    case = desk.service.open_case([desk.says("نرسید")], "مریم")
    desk.at += timedelta(minutes=5)
    desk.says("باز هم نرسید")
    desk.says("تا فردا ظهر پیگیری می‌کنیم.", Label.NEUTRAL, author="peyk", to="m1", ours=True)
    desk.passes(minutes=1)
    before = desk.store.case(case.number), desk.store.case_events(case.number), desk.service.promises()
    assert Caring(desk.service).look() == 0  # as after a kill: another process looks at all of it again
    assert (desk.store.case(case.number), desk.store.case_events(case.number), desk.service.promises()) == before


def test_an_alert_of_a_named_rule_opens_one_case(desk: Desk) -> None:
    key = desk.says("بار سوم است که می‌گویم")
    alert = Alert("ignored_case", BRAND, desk.at, desk.at, 1.0, 0.0, Severity.P2, AlertState.FIRING, (key,), updated_at=desk.at)
    desk.store.save_pass(at=desk.at, alerts=[alert])
    desk.passes(minutes=1)
    desk.passes(minutes=1)
    [case] = desk.store.cases()
    assert (case.opened_by, case.alert, case.severity) == ("goosh (ignored_case)", alert.fingerprint, Severity.P2)
    desk.service.resolve_case(case.number, "مریم", "حل شد", remedy=Remedy.FIX)
    desk.passes(minutes=1)
    assert len(desk.store.cases()) == 1


def test_silence_is_never_satisfaction(desk: Desk) -> None:
    for name in ("a", "b"):
        case = desk.service.open_case([desk.says("بد بود", author=name)], "مریم")
        desk.service.resolve_case(case.number, "مریم", "توضیح دادیم", remedy=Remedy.EXPLAIN)
    desk.at += timedelta(days=3)
    desk.says("باز هم بد بود، افتضاح", author="a", intent="complaint")
    desk.at += timedelta(days=28)
    desk.caring.judge()
    states = {one.author: one.state for one in desk.store.cases()}
    assert states["mastodon:b"] is CaseState.SILENT and states["mastodon:a"] is CaseState.LOST
    view = desk.service.win_back(BRAND, days=30)
    assert (view.rate.positive, view.rate.silent, view.rate.negative) == (0, 1, 1)


def test_an_apology_that_mends_nothing_is_counted(desk: Desk) -> None:
    desk.says("بابت این موضوع عذرخواهی می‌کنیم.", Label.NEUTRAL, author="peyk", ours=True)
    desk.passes(minutes=1)
    assert desk.store.apologies([BRAND], since=START - timedelta(hours=1), until=desk.at) == 1


def test_what_somebody_wrote_down_to_have_promised_waits_to_be_confirmed(desk: Desk) -> None:
    case = desk.service.open_case([desk.says("پولم را پس نمی‌دهند")], "مریم")
    desk.service.answer_case(case.number, "مریم", "تا فردا ساعت ۱۰ پول شما را واریز می‌کنیم")
    [promise] = desk.service.promises()
    assert (promise.case, promise.state, promise.due_at) == (case.number, PromiseState.FOUND, datetime(2026, 11, 22, 6, 30, tzinfo=UTC))
    desk.passes(minutes=1)
    assert len(desk.service.promises()) == 1


def test_a_promise_for_a_brand_that_is_not_ours_is_refused(desk: Desk) -> None:
    with pytest.raises(ValueError, match="known: پیک‌سبز"):
        desk.service.add_promise("مریم", brand="ناشناس", text="x", due_at=desk.at)


def test_the_first_answer_after_a_reopening_is_measured_from_the_reopening(desk: Desk) -> None:
    for n in range(8):
        case = desk.service.open_case([desk.says("نرسید", author=f"a{n}")], "مریم")
        desk.at += timedelta(minutes=10)
        desk.service.answer_case(case.number, "مریم", "گفتیم")
        desk.service.resolve_case(case.number, "مریم", "رسید", remedy=Remedy.FIX)
    desk.at += timedelta(days=7)  # Saturday again
    for one in desk.store.cases():
        desk.service.reopen_case(one.number, "مریم", "نرسیده بود")
        desk.at += timedelta(minutes=20)
        desk.service.answer_case(one.number, "مریم", "دوباره گفتیم")
    [owner], _ = desk.service.handled(BRAND, since=START - timedelta(days=1), until=desk.at)
    assert (owner.cases, owner.answered, owner.unanswered) == (8, 16, 0)
    assert owner.first_answer == timedelta(minutes=15)  # eight of ten minutes, eight of twenty: a week between is no answer time


def test_an_answer_of_nobody_known_leaves_the_case_asking_for_an_owner(desk: Desk) -> None:
    complaint = desk.says("پولم را نمی‌دهند")
    case = desk.service.open_case([complaint], "مریم")
    [owner] = [one.due_at for one in desk.store.deadlines(BRAND, since=START, until=START + timedelta(days=9)) if one.due is Due.OWNER]
    desk.at += timedelta(minutes=30)
    desk.says("در حال پیگیری هستیم.", Label.NEUTRAL, author="peyk", to=complaint.id, ours=True)
    desk.passes(minutes=1)
    standing = {one.due: one.due_at for one in desk.store.deadlines(BRAND, since=START, until=START + timedelta(days=9)) if one.ended_at is None}
    assert standing[Due.OWNER] == owner and set(standing) == {Due.OWNER, Due.END}
    desk.service.assign_case(case.number, "مریم")
    assert {one.due for one in desk.store.deadlines(BRAND, since=START, until=START + timedelta(days=9)) if one.ended_at is None} == {Due.END}


def test_a_case_goes_to_somebody_who_is_known_and_ends_with_no_promise_standing(desk: Desk) -> None:
    case = desk.service.open_case([desk.says("نرسید")], "مریم")
    with pytest.raises(ValueError, match="known: مریم"):
        desk.service.assign_case(case.number, "مریم", owner="مریمم")
    assert desk.service.assign_case(case.number, "مریم", owner=" مريم ").owner == "مریم"
    promise = desk.service.add_promise("مریم", brand=BRAND, text="تا چهارشنبه", due_at=datetime(2026, 11, 25, 13, 30, tzinfo=UTC), case=case.number)
    with pytest.raises(ValueError, match="Wednesday 25 Nov 2026 17:00.*still on its way"):
        desk.service.resolve_case(case.number, "مریم", "تمام", remedy=Remedy.FIX)
    assert desk.service.resolve_case(case.number, "مریم", "تمام", remedy=Remedy.FIX, promise_stays=True).open is False
    desk.service.reopen_case(case.number, "مریم", "نه")
    with pytest.raises(ValueError, match="unknown"):
        desk.service.keep_promise(promise.id[:3], "مریم")
    assert desk.service.keep_promise(promise.id[:4].upper(), "مریم").state is PromiseState.KEPT
    assert desk.service.resolve_case(case.number, "مریم", "تمام", remedy=Remedy.FIX).open is False


def test_the_terminal_writes_spans_and_certainties_as_persians_do(desk: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from alerts.care.promises import read
    from listener.cli import check, promises

    check._care(desk.settings, "fa")
    monkeypatch.setattr(promises, "_voice", lambda: "fa")
    found = read("تا فردا ظهر پول شما برگشت داده می‌شود.", START, desk.settings.working_hours)
    promises._show([(1, found.promises[0])], 1, 0)
    said = capsys.readouterr().out
    assert "ساعت / " in said and "2h" not in said and "۰٫" in said and "۰." not in said
