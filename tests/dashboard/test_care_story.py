"""The whole of care in a real browser: a complaint becomes an alert, a case, an answer with a promise; the promise is missed, the case is
resolved, the customer praises weeks later, and the digest counts it. The pipeline is the real one, with a clock that a file holds.
"""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.digest.periods import week_of
from dashboard.serve import serve
from listener.app import App, open_app
from listener.pipeline.stories import tell_stories
from listener.types import AlertState, Analysis, Author, Batch, Label, Match, Mention, MentionKey, Reach, Score
from listener.types.care import CaseState, PromiseState, Remedy
from tests.dashboard.house import settings_for
from tests.dashboard.test_browser import CHROMIUM, FLAGS, READY, free_port, playwright, settled

pytestmark = [pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium"), pytest.mark.slow]

BRAND, ME = "پیک‌سبز", "مریم"
START = datetime(2026, 11, 21, 6, tzinfo=UTC)  # Saturday 30 Aban 1405, 09:30 in Tehran
CONFIG = f"""
language = "fa"
database = "%s"
[[brands]]
name = "{BRAND}"
[[people]]
name = "{ME}"
[[sources]]
kind = "mastodon"
name = "masto"
interval = "5m"
instance = "https://example.org"
[[rules]]
kind = "ignored_case"
[[rules]]
kind = "broken_promise"
[[receivers]]
kind = "console"
name = "team"
min_severity = "P3"
"""


@dataclass
class Town:
    """A brand's house whose clock moves on."""

    app: App
    clock: Path
    hands: list[datetime]
    said: int = 0

    @property
    def at(self) -> datetime:
        return self.hands[0]

    def goes_on(self, **span: float) -> None:
        """Let time pass: the source is read with nothing new, the rules look, care looks."""
        self.hands[0] += timedelta(**span)
        self.clock.write_text(self.at.isoformat(), encoding="ascii")
        self.app.store.commit_batch("masto", Batch(()), matches=[], reach={}, start=self.at - timedelta(**span), end=self.at, now=self.at)
        tell_stories(self.app.store)
        self.app.pipeline.detect()
        self.app.caring.look()

    def says(self, text: str, label: Label, *, author: str = "sara", to: str | None = None, ours: bool = False, intent: str | None = None) -> MentionKey:
        self.said += 1
        post = Mention("mastodon", f"m{self.said}", text, self.at, author=Author("mastodon", author, author), in_reply_to=to, ours=ours)
        self.app.store.commit_batch("masto", Batch((post,)), matches=[Match(post.key, BRAND, (BRAND,))], reach={post.key: Reach(10, 40, 90, "assumed")},
                                    start=self.at - timedelta(minutes=1), end=self.at, now=self.at)
        shares = {Label.NEGATIVE: (.93, .05, .02), Label.NEUTRAL: (.03, .94, .03), Label.POSITIVE: (.02, .05, .93)}[label]
        self.app.store.save_analyses([(post.key, Analysis(Score(*shares, "fa", "t@1", 0.8), intent=intent, intent_confidence=.9 if intent else None))], now=self.at)
        return post.key


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    clock, hands = tmp_path / "now", [START]
    made = Town(open_app(settings_for(tmp_path / "story.sqlite", CONFIG), now=lambda: hands[0]), clock, hands)
    clock.write_text(START.isoformat(), encoding="ascii")
    yield made
    made.app.close()


@pytest.fixture
def page(town: Town) -> Iterator[Any]:
    port = free_port()
    process = serve(town.app.settings, port=port, now=town.clock)
    try:
        for _ in range(300):
            assert process.poll() is None, "the board ended by itself"
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1)
                break
            except OSError:
                time.sleep(0.1)
        with playwright.sync_playwright() as running:
            browser = running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            opened = browser.new_context(viewport={"width": 1280, "height": 900}, base_url=f"http://127.0.0.1:{port}", reduced_motion="reduce").new_page()
            yield opened
            browser.close()
    finally:
        process.terminate()
        process.wait(timeout=15)


def go(page: Any, path: str, shows: str = ".g-page") -> None:
    """Open a page as ME. It is opened again until it shows what is looked for: the board remembers what it read for five seconds."""
    for _ in range(6):
        page.goto(f"{path}{'&' if '?' in path else '?'}lang=fa")
        settled(page)
        page.locator("[data-testid=stSidebar] [data-testid=stSelectbox]").last.locator("input").click()
        page.get_by_role("option", name=ME).click()
        settled(page)
        if page.locator(shows).count():
            return
        page.wait_for_timeout(1_500)
    raise AssertionError(f"{path} does not show {shows}")


def press(page: Any, key: str, says: str) -> None:
    page.locator(f".st-key-{key} button").last.click()
    page.get_by_text(says).first.wait_for(timeout=READY)
    settled(page)


def the_alert(town: Town, rule: str) -> Any:
    return next(one for one in town.app.store.alerts(open_only=True) if one.rule == rule)


def test_from_the_complaint_to_the_customer_won_back(town: Town, page: Any) -> None:
    store, service = town.app.store, town.app.service
    complaint = town.says("بار سوم است پیگیری می‌کنم و هنوز پولم را پس نداده‌اید", Label.NEGATIVE, intent="complaint")
    town.goes_on(minutes=10)
    alert = the_alert(town, "ignored_case")

    go(page, f"/alerts?alert={alert.fingerprint}")  # the alert, and its case
    page.locator(".st-key-case_form button").first.click()
    press(page, "case_open", "پروندهٔ ۱ باز است")
    handled = store.alert(alert.fingerprint)
    assert handled is not None and handled.state is AlertState.HANDLED and handled.acknowledged_by == ME
    found = store.case(1)
    assert found is not None and found.owner == ME and not found.shared

    town.goes_on(minutes=50)  # an answer with a promise
    town.says("سلام، متأسفیم. تا فردا ظهر پول شما برگشت داده می‌شود.", Label.NEUTRAL, author="peyk", to=complaint.id, ours=True)
    town.goes_on(minutes=10)
    [promise] = service.promises()
    go(page, "/cases?case=1", f".st-key-confirm_{promise.id}_0")
    press(page, f"confirm_{promise.id}_0", "ثبت شد")
    found = store.promise(promise.id)
    assert found is not None and found.state is PromiseState.CONFIRMED and found.confirmed_by == ME
    case = store.case(1)
    assert case is not None and case.state is CaseState.ANSWERED

    town.goes_on(days=1, hours=2)  # it is missed
    late = the_alert(town, "broken_promise")
    go(page, f"/alerts?alert={late.fingerprint}")
    page.get_by_text("سر وقت عملی نشده").first.wait_for(timeout=READY)

    go(page, "/cases?case=1", f".st-key-keep_{promise.id}")  # it is mended, and the case ends
    press(page, f"keep_{promise.id}", "ثبت شد")
    page.locator(".st-key-end_form button").first.click()
    page.locator(".st-key-end_remedy input").click()
    page.get_by_role("option", name="بازگرداندن پول").click()
    settled(page)
    words = page.locator(".st-key-end_why textarea").last
    words.fill("پول با یک روز تأخیر برگشت و عذرخواهی شد")
    words.press("Control+Enter")
    settled(page)
    press(page, "case_resolve", "ثبت شد")
    case = store.case(1)
    assert case is not None and (case.state, case.remedy) == (CaseState.RESOLVED, Remedy.REFUND)
    town.goes_on(minutes=20)
    assert not [one for one in store.alerts(open_only=True) if one.rule == "broken_promise"]

    town.goes_on(days=20)  # the customer praises, and is counted when thirty days are over
    town.says("ممنون از پیک‌سبز، پولم برگشت و پشتیبانی عالی بود", Label.POSITIVE)
    town.goes_on(minutes=10)
    town.goes_on(days=11)
    case = store.case(1)
    assert case is not None and case.state is CaseState.WON_BACK and service.win_back(BRAND, days=30).rate.positive == 1
    go(page, "/cases?case=1", ".g-chip:has-text('برگشته')")
    go(page, "/recognition")
    page.locator(".g-table td", has_text="۱ از ۱").first.wait_for(timeout=READY)

    week = week_of(town.at.astimezone(town.app.settings.zone).date())  # the digest says so
    go(page, f"/digest?period={week.name}")
    told = "۳۰ روز پس از پایان، ۱ مشتری از ۱ برگشت"
    assert any(told in section_line.text.replace("\u2068", "").replace("\u2069", "") for section in service.digest(BRAND, week, "fa").sections for section_line in section.lines)
    page.frame_locator("iframe").first.get_by_text(told).wait_for(timeout=READY)
