"""The board in a real browser: quiet console, no other host, nothing over the edge, strangers' texts inert, actions that reach the store.

Needs Playwright and a Chromium (``apt-get install chromium``); skipped with the reason where either is missing.
"""

from __future__ import annotations

import ast
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from config.passwords import hash_password
from dashboard.serve import serve
from listener.types import Alert, AlertState, Author, Mention, MentionKey, Severity
from tests.dashboard.house import BRAND, NOW, House, commit, open_house

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install playwright")

CHROMIUM = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
pytestmark = [pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium"), pytest.mark.slow]

FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--no-first-run", "--disable-default-apps"]
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
APP = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"


def pages() -> dict[str, str]:
    """Return every page of the board with its path, as the frame lists them; importing the frame would draw it."""
    assigned = next(node for node in ast.parse(APP.read_text(encoding="utf-8")).body
                    if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "PAGES")
    return {path: "/" if file == "now" else f"/{path}" for file, path, *_ in ast.literal_eval(assigned.value)}


PAGES = pages()
PICTURES = os.environ.get("GOOSH_PICTURES")  # a folder: keep what was seen, to be looked at
READY = 60_000  # milliseconds; two cores may be busy with other things
ME = "سارا محمدی"


class Seen:
    """Everything a page did that it should not have."""

    def __init__(self, page: Any) -> None:
        self.wrong: list[str] = []
        page.on("console", lambda m: self.wrong.append(f"console: {m.text}") if m.type == "error" and not self._probing(m.location.get("url", "")) else None)
        page.on("pageerror", lambda e: self.wrong.append(f"error: {e}"))
        page.on("dialog", lambda d: (self.wrong.append(f"dialog: {d.message}"), d.dismiss()))
        page.on("requestfailed", lambda r: self.wrong.append(f"failed: {r.url} {r.failure}") if "ERR_ABORTED" not in str(r.failure) else None)
        page.on("response", lambda r: self.wrong.append(f"status {r.status}: {r.url}") if r.status >= 400 and not self._probing(r.url) else None)
        page.on("request", lambda r: self.wrong.append(f"elsewhere: {r.url}") if not r.url.startswith(("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:")) else None)

    @staticmethod
    def _probing(url: str) -> bool:
        """On a deep link Streamlit's front end tries ``/alerts/_stcore/…`` before ``/_stcore/…`` to learn its own base path."""
        return "/_stcore/" in url and not url.split("/", 3)[3].startswith("_stcore")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture(scope="module")
def house(rich_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    path = tmp_path_factory.mktemp("browser") / "goosh.sqlite"
    shutil.copy(rich_database, path)
    made = open_house(path)
    yield made
    made.store.close()


@pytest.fixture(scope="module")
def address(house: House) -> Iterator[str]:
    port = free_port()
    process = serve(house.settings, port=port, now=NOW)
    base = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            assert process.poll() is None, "the board ended by itself"
            try:
                urllib.request.urlopen(f"{base}/_stcore/health", timeout=1)
                break
            except OSError:
                time.sleep(0.1)
        yield base
    finally:
        process.terminate()
        assert process.wait(timeout=15) in (0, -15)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


Visit = Callable[..., tuple[Any, Seen]]


@pytest.fixture
def visit(browser: Any, address: str) -> Iterator[Visit]:
    contexts: list[Any] = []

    def go(path: str, *, scheme: str = "light", size: str = "desktop") -> tuple[Any, Seen]:
        width, height = SIZES[size]
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"))
        page = contexts[-1].new_page()
        seen = Seen(page)
        page.goto(address + path, timeout=READY)
        settled(page)
        return page, seen

    yield go
    for context in contexts:
        context.close()


def settled(page: Any) -> None:
    page.wait_for_selector(".g-page", timeout=READY)
    page.wait_for_function("document.querySelector('.stApp').dataset.testScriptState == 'notRunning' && !document.querySelector('[data-stale=true], [data-testid=stSkeleton]')", timeout=READY)
    assert page.locator("[data-testid=stException], [data-testid=stAlertContentError]").count() == 0, page.locator("[data-testid=stAlert]").inner_text()
    page.wait_for_function("[...document.querySelectorAll('[data-testid=stVegaLiteChart]')].every(c => c.querySelector('canvas, svg'))", timeout=READY)


def keep(page: Any, name: str) -> None:
    if PICTURES:
        width = page.viewport_size["width"]
        page.set_viewport_size({"width": width, "height": min(5_000, page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight"))})
        page.wait_for_timeout(400)
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"))


def newest(house: House) -> Alert:
    return house.service.alerts(brand=BRAND)[0]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["fa", "en"])
def test_every_page_is_quiet_at_home_and_inside_its_edges(visit: Visit, language: str, scheme: str, size: str) -> None:
    for name, path in PAGES.items():
        page, seen = visit(f"{path}?lang={language}", scheme=scheme, size=size)
        keep(page, f"{name}-{language}-{scheme}-{size}")
        assert seen.wrong == [], name
        body = page.evaluate("getComputedStyle(document.querySelector('.g-page')).direction")
        assert body == ("rtl" if language == "fa" else "ltr")
        wide = page.evaluate("(() => { const m = document.querySelector('[data-testid=stMain]'); return m.scrollWidth - m.clientWidth })()")
        assert wide <= 1, f"{name} is {wide} pixels wider than the window"
        over = page.evaluate("[...document.querySelectorAll('.g-card, .g-tile')].filter(c => c.scrollWidth > c.clientWidth + 1).length")
        assert over == 0, f"{name}: {over} cards overflow"
        page.wait_for_function("[...document.fonts].some(f => f.family.includes('Vazirmatn') && f.status == 'loaded')", timeout=READY)
        background = page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
        assert (sum(int(part) for part in background[4:-1].split(",")[:3]) < 200) == (scheme == "dark"), background
        page.context.close()  # sixteen live pages at once are more than two cores bear


def test_text_stands_out_from_its_card_in_both_themes(visit: Visit) -> None:
    script = """() => {
      const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
      const rgb = c => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = c; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data] };
      const light = c => { const [r, g, b] = c.map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b };
      const back = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c[3] == 255) return c } return [255, 255, 255] };
      const weak = [];
      for (const e of document.querySelectorAll('.g-card *, .g-tile *, .g-page *')) {
        if (![...e.childNodes].some(n => n.nodeType == 3 && n.textContent.trim())) continue;
        const [a, b] = [light(rgb(getComputedStyle(e).color).slice(0, 3)), light(back(e).slice(0, 3))];
        const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
        if (ratio < 4.5) weak.push(e.className + ' ' + e.textContent.trim().slice(0, 30) + ' ' + ratio.toFixed(2));
      }
      return weak }"""
    for scheme in ("light", "dark"):
        for path in PAGES.values():
            page, _ = visit(f"{path}?lang=fa", scheme=scheme)
            assert page.evaluate(script) == [], (scheme, path)
            page.context.close()


def test_the_side_column_folds_away_whole_in_persian(visit: Visit) -> None:
    page, _ = visit("/?lang=fa", size="phone")
    box = page.locator("[data-testid=stSidebar]").bounding_box() if page.locator("[data-testid=stSidebar]").is_visible() else None
    assert box is None or box["width"] < 2
    page.locator("[data-testid=stExpandSidebarButton]").click()
    page.locator("[data-testid=stSidebarNav]").wait_for(state="visible", timeout=READY)
    box = page.locator("[data-testid=stSidebar]").bounding_box()
    assert box and box["x"] + box["width"] >= 389  # on the right


def test_language_switch_is_a_link_and_turns_the_page(visit: Visit) -> None:
    page, seen = visit("/?lang=fa")
    page.get_by_role("button", name="English").click()
    page.wait_for_function("document.querySelector('.g-page')?.closest('[lang]').lang == 'en'", timeout=READY)
    assert "lang=en" in page.url and page.evaluate("getComputedStyle(document.querySelector('[data-testid=stMain]')).direction") == "ltr"
    page.get_by_role("link", name="Sources", exact=True).click()
    page.wait_for_function("document.querySelector('h1')?.innerText == 'Sources'", timeout=READY)
    settled(page)
    assert "lang=en" in page.url and seen.wrong == []


def choose_me(page: Any) -> None:
    box = page.locator("[data-testid=stSidebar] [data-testid=stSelectbox]").last.locator("input")
    option = page.get_by_role("option", name=ME)
    for last in (False, False, True):  # a run that ends just then closes the list
        box.click()
        try:
            option.click(timeout=READY if last else 4_000)
            break
        except playwright.TimeoutError:
            page.keyboard.press("Escape")
    settled(page)


def test_from_a_link_in_a_message_to_taken_silenced_and_judged(visit: Visit, house: House) -> None:
    alert = newest(house)
    page, seen = visit(f"/alerts?alert={alert.fingerprint}&lang=fa")
    choose_me(page)
    page.get_by_role("button", name="به عهده می‌گیرم").click()
    page.get_by_text("این هشدار تا پایانش با شماست").wait_for(timeout=READY)
    taken = house.store.alert(alert.fingerprint)
    assert taken and (taken.state, taken.acknowledged_by) == (AlertState.ACKNOWLEDGED, ME)
    settled(page)
    page.get_by_role("button", name="بی‌صدا کردن").click()
    page.get_by_label("چرا؟ دیگران هم می‌خوانند.").fill("پاسخ در راه است")
    page.get_by_label("چرا؟ دیگران هم می‌خوانند.").press("Control+Enter")
    settled(page)
    page.locator(".st-key-silence button").click()
    page.get_by_text("خاموش است").first.wait_for(timeout=READY)
    assert [(s.who, s.why) for s in house.store.silences(NOW)] == [(ME, "پاسخ در راه است")]
    settled(page)
    page.get_by_role("button", name="داوری").click()
    page.get_by_role("button", name="واقعی بود").click()
    page.get_by_text("داوری شما ثبت شد").wait_for(timeout=READY)
    assert [v.kind.value for v in house.store.verdicts(alert.fingerprint)] == ["real"]
    assert seen.wrong == []


def test_a_label_is_corrected_by_hand(visit: Visit, house: House) -> None:
    page, seen = visit("/mentions?lang=en&label=negative")
    choose_me(page)
    page.get_by_role("button", name="Correct the label").first.click()
    page.get_by_role("button", name="Positive", exact=True).click()
    page.get_by_text("The label is now: Positive").wait_for(timeout=READY)
    assert len(house.store.corrections()) == 1 and seen.wrong == []


def test_days_are_chosen_by_keyboard_in_persian_and_the_link_says_so(visit: Visit) -> None:
    page, seen = visit("/mentions?lang=fa&span=days&from=2026-11-20&to=2026-11-22")
    page.get_by_role("button", name="از روز").focus()
    page.keyboard.press("Enter")
    page.locator("[class*=st-key-days_] button:visible").first.wait_for(timeout=READY)
    assert page.locator("[class*=st-key-days_] button:visible").count() == 30 and page.locator(".g-weekdays abbr").first.get_attribute("title") == "شنبه"
    box = page.get_by_label("یا بنویسید")
    box.focus()
    page.keyboard.type("۱۴۰۵/۸/۲۵")
    page.keyboard.press("Enter")
    page.wait_for_url("**from=2026-11-16**", timeout=READY)
    settled(page)
    assert seen.wrong == []


def test_what_is_listed_is_downloaded_as_a_file_that_runs_nothing(visit: Visit, house: House) -> None:
    commit(house, "forum", [Mention("rss", "formula", f"=cmd|' /C calc'!A0 {BRAND}", NOW - timedelta(minutes=1))], start=NOW - timedelta(hours=1), end=NOW)
    page, seen = visit("/mentions?lang=en&span=24h")
    choose_me(page)
    page.get_by_role("button", name="Export").click()
    with page.expect_download(timeout=READY) as waiting:
        page.get_by_role("button", name="CSV").click()
    saved = Path(waiting.value.path()).read_bytes().decode("utf-8-sig")
    assert "\"'=cmd" in saved and '"=cmd' not in saved and saved.count("\n") > 20 and seen.wrong == []
    assert [event.who for event in house.store.events(subject="board", limit=1)] == [ME]


def test_hostile_posts_are_harmless_and_stay_inside_their_cards(visit: Visit, house: House) -> None:
    texts = ["<script>alert(1)</script><img src=x onerror=alert(2)>", "\u202eمعکوس gnp.exe\u202d", "ا" * 100_000, "W" * 100_000, "</div></article><h1>FAKE</h1>",
             "[x](javascript:alert(3)) <a href='javascript:alert(4)'>y</a>", "<style>*{display:none}</style>", "<form action=http://evil.example><input></form>"]
    mentions = [Mention("rss", f"h{i}", body, NOW - timedelta(minutes=1, seconds=i), url="javascript:alert(5)",
                        author=Author("rss", f"a{i}", body[:300], url="javascript:alert(6)")) for i, body in enumerate(texts)]
    commit(house, "forum", mentions, start=NOW - timedelta(hours=1), end=NOW)
    proof = tuple(MentionKey("rss", f"h{i}") for i in range(len(texts)))
    bad = Alert("spike", "<img src=x onerror=alert(7)>", NOW, NOW, 1, 1, Severity.P3, AlertState.FIRING, proof, updated_at=NOW)
    house.store.save_pass(at=NOW, alerts=[bad])
    for size in SIZES:
        for path in ("/mentions?span=24h", f"/alerts?alert={bad.fingerprint}"):
            page, seen = visit(f"{path}{'&' if '?' in path else '?'}lang=fa", size=size)
            keep(page, f"hostile-{'alert' if 'alert=' in path else 'mentions'}-{size}")
            assert seen.wrong == []
            assert page.evaluate("document.querySelectorAll('.g-card script, .g-card img, .g-card form, .g-card style, .g-card h1').length") == 0
            assert page.evaluate("[...document.querySelectorAll('a')].filter(a => /^(javascript|data|vbscript):/i.test(a.getAttribute('href') || '')).length") == 0
            assert page.evaluate("[...document.querySelectorAll('.g-card')].filter(c => c.scrollWidth > c.clientWidth + 1 || c.offsetHeight > 900).length") == 0
            links = page.evaluate("[...document.querySelectorAll('.g-card a')].map(a => [a.target, a.rel])")
            assert all(target == "_blank" and "noopener" in rel for target, rel in links)


@pytest.mark.parametrize(("name", "answer"), [("127.0.0.1", b"101"), ("localhost", b"101"), ("rebound.example", b"403")])
def test_a_page_that_points_its_own_name_at_this_machine_is_refused(address: str, name: str, answer: bytes) -> None:
    port = int(address.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as one:
        one.sendall(f"GET /_stcore/stream HTTP/1.1\r\nHost: {name}:{port}\r\nOrigin: http://{name}:{port}\r\nUpgrade: websocket\r\n"
                    "Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
                    "Sec-WebSocket-Protocol: streamlit\r\n\r\n".encode())
        assert one.recv(200).split()[1] == answer


def test_a_password_opens_the_board_where_the_link_pointed_and_nothing_opens_it_without(browser: Any, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOSH_TEST_SARA", hash_password("یک جملهٔ خوب و بلند"))
    people = tuple(one.model_copy(update={"password_env": "GOOSH_TEST_SARA", "board": "viewer"}) for one in house.settings.people)
    board = house.settings.board.model_copy(update={"auth": "password"})
    port = free_port()
    process = serve(house.settings.model_copy(update={"people": people, "board": board}), port=port, now=NOW)
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    try:
        page = context.new_page()
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1)
                break
            except OSError:
                time.sleep(0.1)
        page.goto(f"http://127.0.0.1:{port}/alerts?lang=en&alert={newest(house).fingerprint}")
        assert "/sign-in" in page.url and page.evaluate("document.scripts.length") == 0
        keep_door(page, "sign-in-en")
        page.get_by_label("Name").fill(ME)
        page.get_by_label("Password").fill("یک جملهٔ بد و بلند")
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("alert").wait_for(timeout=READY)
        page.get_by_label("Password").fill("یک جملهٔ خوب و بلند")
        page.get_by_role("button", name="Sign in").click()
        settled(page)
        assert "/alerts?lang=en&alert=" in page.url and page.evaluate("document.cookie").find("goosh_session") == -1
        assert page.get_by_text("· viewer").count() == 1 and page.get_by_role("button", name="Verdict").is_disabled()
        page.reload()
        settled(page)
        page.get_by_role("link", name="Sign out").click()
        page.wait_for_url("**/sign-in", timeout=READY)
        page.goto(f"http://127.0.0.1:{port}/mentions")
        assert "/sign-in" in page.url
    finally:
        context.close()
        process.terminate()
        assert process.wait(timeout=15) in (0, -15)


def keep_door(page: Any, name: str) -> None:
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"))


def test_the_board_ends_cleanly_when_it_is_told_to(house: House) -> None:
    process = serve(house.settings, port=free_port(), now=NOW)
    assert isinstance(process, subprocess.Popen) and process.poll() is None
    time.sleep(3)
    process.terminate()
    assert process.wait(timeout=15) in (0, -15)
