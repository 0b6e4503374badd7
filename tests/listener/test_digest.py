"""The digests of five weeks: as golden texts, against figures counted apart in SQL, and the same in every form.

The golden texts were read by people who write both languages; ``GOOSH_WRITE_GOLDEN=1`` writes them anew.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from alerts.digest import frozen
from alerts.digest.html import html
from alerts.digest.markdown import markdown
from alerts.digest.nouns import Digest
from alerts.digest.periods import parse
from alerts.digest.text import text
from listener.calendar import Language
from listener.types import KeptTopic, MentionKey
from tests.listener.digest_weeks import BRAND, DUE, NAME, PEER, START, WEEK, WEEKS, House

GOLDEN = Path(__file__).parents[1] / "data" / "digest"
LANGUAGES: tuple[Language, ...] = ("fa", "en")


@pytest.fixture(scope="module", params=WEEKS)
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = WEEKS[request.param](tmp_path_factory.mktemp(request.param) / "goosh.sqlite")
    made.name = request.param  # type: ignore[attr-defined]
    yield made
    made.close()


def digest(house: House, language: Language) -> Digest:
    return house.service.digest(BRAND, parse(NAME), language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_digest_of_a_week_is_the_one_people_have_read(house: House, language: Language) -> None:
    path = GOLDEN / f"{house.name}.{language}.txt"  # type: ignore[attr-defined]
    said = text(digest(house, language))
    if os.environ.get("GOOSH_WRITE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(said, encoding="utf-8")
    assert said == path.read_text(encoding="utf-8")


def test_the_figures_equal_a_recount_that_was_written_apart(house: House) -> None:
    """The mentions themselves, counted by SQL that shares nothing with the counts the digest reads."""
    figures = digest(house, "en").figures
    database = sqlite3.connect(str(house.settings.database).removeprefix("sqlite:///"))
    for name, start in (("now", START), ("before", START - WEEK)):
        since, until = (int(at.timestamp() * 1e6) for at in (start, start + WEEK))
        rows = database.execute(
            "SELECT m.label, m.unsure, m.author_pk, m.reach_low, m.reach_mid, m.reach_high FROM mention m WHERE m.deleted_at IS NULL AND NOT m.ours "
            "AND m.published_at >= ? AND m.published_at < ? AND EXISTS (SELECT 1 FROM match x WHERE x.mention_pk = m.pk AND x.brand = ?)",
            (since, until, BRAND)).fetchall()
        if not rows:
            assert figures[name] is None
            continue
        counted = {"mentions": len(rows), "unsure": sum(bool(row[1]) for row in rows), "authors": len({row[2] for row in rows if row[2] is not None}),
                   **{label: sum(row[0] == label for row in rows) for label in ("negative", "neutral", "positive", "unscored")}}
        assert {key: figures[name][key] for key in counted} == counted
        accounts: dict[int, list[tuple[int, int, int]]] = {}
        for label, _, author, *reach in rows:
            if label == "negative":
                accounts.setdefault(author, []).append(tuple(reach))
        low, _, high = (sum(max(post[place] for post in posts) for posts in accounts.values()) for place in range(3))
        assert (figures[name]["reach"]["low"], figures[name]["reach"]["high"]) == (low, high)
    days = [database.execute("SELECT count(*) FROM match WHERE brand = ? AND label = 'negative' AND published_at >= ? AND published_at < ?",
                             (BRAND, int((START.timestamp() + 86_400 * day) * 1e6), int((START.timestamp() + 86_400 * (day + 1)) * 1e6))).fetchone()[0]
            for day in range(7)]
    chart = next((one.chart for one in digest(house, "en").sections if one.chart), None)
    assert chart is None or [int(n) for n in re.findall(r": (\d+)", chart.alt) if n != "0"] == [n for n in days if n]
    if figures["voices"]:
        voices = [database.execute("SELECT count(*) FROM match x JOIN mention m ON m.pk = x.mention_pk WHERE x.brand = ? AND m.published_at >= ? "
                                   "AND m.published_at < ? AND NOT m.ours AND m.kind <> 'csv'",
                                   (name, int(START.timestamp() * 1e6), int((START + WEEK).timestamp() * 1e6))).fetchone()[0] for name in (BRAND, PEER)]
        assert [one["now"] for one in figures["voices"]] == voices
    counted: dict[str, int] = {}
    for told, in database.execute(
            "SELECT a.aspects FROM analysis a JOIN mention m ON m.pk = a.mention_pk JOIN match x ON x.mention_pk = m.pk WHERE x.brand = ? AND m.label = "
            "'negative' AND m.published_at >= ? AND m.published_at < ?", (BRAND, int(START.timestamp() * 1e6), int((START + WEEK).timestamp() * 1e6))):
        for one in json.loads(told or "[]"):
            counted[one["name"]] = counted.get(one["name"], 0) + 1
    assert {one["id"]: one["now"] for one in figures["aspects"]} == counted
    database.close()


def test_a_week_that_is_over_says_the_same_however_topics_are_found_in_it(tmp_path: Path) -> None:
    """Emerging topics come and go with each search for them: sentences, decisions and the table of subjects rest on aspects."""
    house = WEEKS["care"](tmp_path / "goosh.sqlite")
    before = digest(house, "en")
    complaints = [one.key for one in house.store.complaints(BRAND, since=START, until=START + WEEK, limit=100)]
    for place, topic in enumerate(("t-new", "t-parcel")):
        house.store.save_grouping(BRAND, [KeptTopic(topic, BRAND, START, {"en": ("parcel", "ticket", "call")})],
                                  dict.fromkeys(complaints[place * 20:place * 20 + 20], topic), at=DUE, space=b"\0")
    after = digest(house, "en")
    house.close()

    def without_topics(one: Digest) -> list[Any]:
        return [replace(section, number=0) for section in one.sections if section.name != "emerging"]

    assert without_topics(after) == without_topics(before) and (after.header, after.figures["aspects"]) == (before.header, before.figures["aspects"])
    told = next(one for one in after.sections if one.name == "emerging")
    assert told.grid is not None and "parcel, ticket, call" in told.grid.rows[0].cells[0].text + told.grid.rows[1].cells[0].text


def test_a_week_from_a_file_does_not_warn_of_silence_over_what_is_there(tmp_path: Path) -> None:
    house = WEEKS["filed"](tmp_path / "goosh.sqlite")
    said = text(digest(house, "en")).replace("\u2068", "").replace("\u2069", "")
    house.close()
    assert "70 posts were imported from نظرها.csv; of the configured sources (3) nothing was heard" in said
    assert "0% seen" not in said and "read silence as calm" not in said and "0% of this week was seen" not in said
    assert "Share of voice is not known: the posts of this week come from a file" in said


def test_the_figures_of_care_equal_a_recount_that_was_written_apart(tmp_path: Path) -> None:
    """Cases, promises, who came back and who was praised, by SQL over the tables alone."""
    house = WEEKS["care"](tmp_path / "goosh.sqlite")
    figures = digest(house, "fa").figures
    database = sqlite3.connect(str(house.settings.database).removeprefix("sqlite:///"))
    since, until, day = int(START.timestamp() * 1e6), int((START + WEEK).timestamp() * 1e6), 86_400_000_000
    at = {"since": since, "until": until}

    def one(statement: str, **more: object) -> int:
        return int(database.execute(statement, at | more).fetchone()[0])

    ended, waits = "state IN ('resolved', 'won_back', 'lost', 'silent')", "state IN ('new', 'assigned', 'answered', 'waiting') AND opened_at < :until"
    counted = {
        "opened": one("SELECT count(*) FROM care_case WHERE opened_at >= :since AND opened_at < :until"),
        "closed": one(f"SELECT count(*) FROM care_case WHERE {ended} AND resolved_at >= :since AND resolved_at < :until"),
        "open": one(f"SELECT count(*) FROM care_case WHERE {waits}"),
        "unowned": one(f"SELECT count(*) FROM care_case WHERE {waits} AND owner IS NULL AND unit IS NULL"),
        "overdue": one(f"SELECT count(*) FROM care_case WHERE {waits} AND due_at <= :until"),
        "answered": one("SELECT count(DISTINCT case_number) FROM care_event WHERE what = 'answer' AND at >= :since AND at < :until"),
        "kept": one("SELECT count(*) FROM promise WHERE state = 'kept' AND due_at >= :since AND due_at < :until"),
        "broken": one("SELECT count(*) FROM promise WHERE state = 'broken' AND due_at >= :since AND due_at < :until"),
        "late": one("SELECT count(*) FROM promise WHERE state = 'confirmed' AND due_at < :until"),
        "apologies": one("SELECT count(*) FROM care_answer WHERE apology AND made_at >= :since AND made_at < :until")}
    assert {name: figures["care"][name] for name in counted} == counted and all(counted.values())
    last = ("SELECT m.label FROM mention m JOIN author a ON a.pk = m.author_pk WHERE a.kind || ':' || a.id = c.author AND NOT m.unsure AND m.label IN "
            "('negative', 'positive') AND m.published_at > c.resolved_at AND m.published_at <= c.resolved_at + :span ORDER BY m.published_at DESC LIMIT 1")
    for days in (30, 90):
        found = dict(database.execute(
            f"SELECT coalesce(({last}), 'silent'), count(*) FROM care_case c WHERE {ended} AND c.resolved_at >= :since - :span "
            "AND c.resolved_at < :until - :span GROUP BY 1", at | {"span": days * day}).fetchall())
        assert figures["care"]["back"][str(days)] == {"positive": 0, "neutral": 0, "negative": 0, "silent": 0} | found and found
    for name, spelling in (("رضا احمدی", "احمدی"), ("شعبهٔ ونک", "شعبهٔ ونک")):
        assert figures["care"]["praised"][name] == one(
            "SELECT count(DISTINCT author_pk) FROM mention WHERE label = 'positive' AND NOT unsure AND published_at >= :since AND published_at < :until "
            "AND instr(text, :spelling)", spelling=spelling) > 0
    treated = database.execute(
        "SELECT count(DISTINCT c.number), count(DISTINCT CASE json_extract(c.content, '$.remedy') WHEN 'refund' THEN c.number END) FROM topic_mention t "
        "JOIN mention m ON m.pk = t.mention_pk JOIN care_mention x ON x.kind = m.kind AND x.id = m.id JOIN care_case c ON c.number = x.case_number "
        "WHERE t.topic = 't-refund' AND json_extract(c.content, '$.remedy') IS NOT NULL").fetchone()
    [topic] = figures["topics"]
    assert (topic["treated"]["remedies"], topic["treated"]["remedied"], topic["treated"]["remedy"]) == (*treated, "refund")
    year = digest(house, "fa").figures["year_before"]
    assert year["mentions"] == one("SELECT count(*) FROM match WHERE brand = :brand AND published_at < :until - 300 * :day", brand=BRAND, day=day) > 0
    database.close()
    house.close()


class Seen(HTMLParser):
    """What a reader of a page sees, and what its pictures say."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.images: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in ("style", "title")
        values = dict(attrs)
        if tag == "img":
            self.images.append(values.get("alt") or "")
        if tag in ("td", "p", "div", "th", "h1", "h2", "tr"):
            self.said.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("style", "title")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.said.append(data)


def figures_in(shown: str) -> set[str]:
    """Return every figure of a text, with its separators; of links nothing."""
    plain = re.sub(r"https?://[^\s)]+|[\u2066-\u2069\u200e]", " ", shown).replace("\\", "")
    return set(re.findall(r"[0-9۰-۹]+(?:[.,٬٫:][0-9۰-۹]+)*", plain))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_is_the_same_in_every_form(house: House, language: Language) -> None:
    made = digest(house, language)
    page = Seen()
    page.feed(html(made))
    expected = figures_in(text(made))
    assert figures_in("".join(page.said) + " ".join(page.images)) == expected
    assert figures_in(markdown(made)) == expected
    told: list[str] = []

    def words(value: Any) -> None:
        for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            words(one)
        if isinstance(value, dict):
            told.extend(value[key] for key in ("text", "alt", "by", "about", "title") if isinstance(value.get(key), str))
        if isinstance(value, dict) and isinstance(value.get("columns"), list):
            told.extend(value["columns"])

    content = json.loads(frozen.frozen(made))
    content.pop("title")
    words(content)
    assert figures_in(" ".join(told)) == expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_paper_says_the_same(house: House, language: Language) -> None:
    weasyprint = pytest.importorskip("weasyprint", reason="pip install gooshbezang[pdf]")
    made = digest(house, language)
    document = weasyprint.HTML(string=html(made)).render()
    said = " ".join(box.text for page in document.pages for box in page._page_box.descendants() if getattr(box, "text", None))
    charts = " ".join(one.chart.alt for one in made.sections if one.chart)
    assert figures_in(said) | figures_in(charts) == figures_in(text(made))
    assert house.service.digest_file(made, "pdf").startswith(b"%PDF")


def test_a_digest_that_is_kept_is_the_same_for_ever(house: House) -> None:
    made = digest(house, "fa")
    assert frozen.thawed(frozen.frozen(made)) == made
    assert html(frozen.thawed(frozen.frozen(made))) == html(made)


def test_nothing_from_outside_acts_in_the_page(house: House) -> None:
    from dataclasses import replace

    made = digest(house, "fa")
    evil = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
    section = replace(made.sections[0], title=evil, lines=tuple(replace(line, text=evil, url="javascript:alert(1)") for line in made.sections[0].lines))
    shown = html(replace(made, sections=(section,), heading=evil, title=evil))
    assert "<script" not in shown and "<img src=x" not in shown and "javascript:" not in shown
    said = markdown(replace(made, sections=(section,), heading=evil))
    assert "](javascript:" not in said and not re.search(r"(?<!\\)<", said)


def test_who_is_forgotten_leaves_the_kept_digest(tmp_path: Path) -> None:
    house = WEEKS["stormy"](tmp_path / "g.sqlite")
    house.service.send_digest(BRAND, parse(NAME))
    kept = house.service.kept_digest(BRAND, NAME, "fa")
    assert kept is not None
    quotes = [quote for section in kept.sections for quote in section.quotes]
    gone = quotes[0].key
    author = house.store.by_keys([gone])[0].mention.author
    assert author is not None
    house.service.forget(author.kind, author.id, "علی")
    after = house.service.kept_digest(BRAND, NAME, "fa")
    assert after is not None and gone not in [MentionKey(*quote.key) for section in after.sections for quote in section.quotes]
    assert quotes[0].text not in html(after)
    house.close()
