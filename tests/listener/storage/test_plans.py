"""The hot queries find their rows by an index and in order, so that a million mentions cost what a thousand do."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event, text

from listener.storage import Evaluation, PageKey, Store
from listener.types import Batch, Label, MentionKey, Verdict, VerdictKind

from .made import DAY, HOUR, MINUTE, NOW, alert, commit, delivery, mention, score

KEYS = [MentionKey("rss", str(number)) for number in range(3)]
LAST = PageKey(NOW, 2, "اسنپ")
FRESH = MentionKey("rss", "7")
BIG = ("mention|match|x|m|hour_fact|step_fact|source_fact|author_fact|author|delivery|d|sighting|event|alert|a|verdict|v|coverage|pass|"
       "fresh|f")
HOT: dict[str, Callable[[Store], object]] = {
    "a page of a brand": lambda store: store.mentions(brand="اسنپ", before=LAST),
    "a page of all": lambda store: store.mentions(before=LAST),
    "a page of a brand and label": lambda store: store.mentions(brand="اسنپ", label=Label.NEGATIVE, before=LAST),
    "a page of a time": lambda store: store.mentions(brand="اسنپ", since=NOW - DAY, until=NOW),
    "mentions by key": lambda store: store.by_keys(KEYS, "اسنپ"),
    "points": lambda store: store.points("اسنپ", since=NOW - DAY, until=NOW),
    "traces": lambda store: store.traces("اسنپ", since=NOW - DAY, until=NOW),
    "hours of a brand": lambda store: store.hourly("اسنپ", since=NOW - DAY, until=NOW),
    "hours of all": lambda store: store.hourly(since=NOW - DAY, until=NOW),
    "authors": lambda store: store.authors("اسنپ", since=NOW - DAY, until=NOW),
    "claiming what to score": lambda store: store.claim_unscored(2, now=NOW, lease=HOUR),
    "what waits": lambda store: store.unscored(),
    "analyses": lambda store: (store.analyses(KEYS), store.embeddings(KEYS)),
    "new matches": lambda store: store.replace_matches(KEYS, [], brand="اسنپ"),
    "an author's mentions": lambda store: store.forget_author("rss", "sara"),
    "what was taken back": lambda store: commit(store, deleted=KEYS),
    "saving scores": lambda store: score(store, *KEYS),
    "claiming deliveries": lambda store: store.claim_deliveries(2, now=NOW, lease=HOUR),
    "deliveries of an alert": lambda store: store.deliveries("f1"),
    "alerts of a subject": lambda store: store.alerts(subject="اسنپ"),
    "events": lambda store: store.events(limit=20),
    "a batch of known mentions": lambda store: commit(store, *(mention(key.id, "نو") for key in KEYS)),
    "revisions": lambda store: store.revisions(KEYS[0]),
    "engagement": lambda store: store.engagement(KEYS[0]),
    "what has grown": lambda store: store.due_for_refresh("blog", now=NOW + DAY, limit=5),
    "taking growth in": lambda store: store.commit_refresh("blog", KEYS, Batch(), matches=[], reach={}, now=NOW),
    "copies of a text": lambda store: store.copies(KEYS[0], brand="اسنپ"),
    "how late a day was": lambda store: store.lags(since=NOW - DAY, until=NOW),
    "whether a day's times are exact": lambda store: store.exact(since=NOW - DAY, until=NOW),
    "how a source fares": lambda store: store.source_state("blog"),
    "spending": lambda store: (store.spend("x", "day", 1, 9), store.spent("x", "day")),
    "hours of coverage": lambda store: store.coverage_hours(since=NOW - DAY, until=NOW, sources=["blog"]),
    "what is fresh": lambda store: store.fresh(),
    "storing a look": lambda store: store.save_pass([Evaluation("spike", "اسنپ", {}, NOW)], fresh_done=[(FRESH, "اسنپ")], alerts=[alert()],
                                                    seen=[], at=NOW, stop=["f1"]),
    "points of a source": lambda store: store.source_points("blog", NOW - DAY, NOW),
    "audiences": lambda store: store.audiences("اسنپ", since=NOW - DAY, until=NOW),
    "who complained before": lambda store: store.complained("اسنپ", ["rss:sara"], before=NOW),
    "verdicts on a rule": lambda store: store.verdicts_of("spike", 20),
    "settings of rules": lambda store: store.rule_settings(),
    "how late scores were": lambda store: store.score_lags(since=NOW - DAY, until=NOW),
    "how late pages were": lambda store: store.page_lags(NOW - DAY, NOW + DAY),
    "a person who takes an alert": lambda store: store.update_alert(alert(), who="سارا", what="x", at=NOW, stop=True),
    "a correction": lambda store: store.add_correction(KEYS[0], Label.POSITIVE, "سارا", NOW),
}
SORTS = {"alerts of a subject", "engagement", "claiming what to score", "claiming deliveries", "hours of all",
         "mentions by key", "deliveries of an alert", "copies of a text", "how late a day was",
         "whether a day's times are exact", "what is fresh", "how late scores were", "audiences", "verdicts on a rule",
         "how late pages were"}
"""Sorted by a second word after the index, or of a few rows."""


@pytest.mark.parametrize("name", HOT)
def test_hot_queries_use_an_index(store: Store, name: str) -> None:
    commit(store, *(mention(str(number), ago=number * MINUTE) for number in range(30)))
    store.add_deliveries([delivery(str(number)) for number in range(5)])
    score(store, FRESH)
    fired = alert(fired_at=NOW + HOUR, evidence=tuple(KEYS))
    store.save_pass(alerts=[fired], deliveries=[delivery("told", about=fired)], at=NOW)
    store.delivery_sent("told", "ops", at=NOW)
    store.add_verdict(Verdict(fired.fingerprint, VerdictKind.REAL, "سارا", NOW))
    asked = [(statement, parameters) for statement, parameters in asked_by(store, HOT[name]) if re.match(r"\s*(WITH|SELECT|UPDATE|DELETE)",
                                                                                    statement)
             and not re.search(r"advisory|max\(pk\)|LIMIT 1$|FROM search|sqlite_master|FROM (alert|delivery)$", statement)]
    assert asked
    for statement, parameters in asked:
        plan = explain(store, statement, parameters)
        assert not re.search(rf"SCAN ({BIG})\b(?! USING (COVERING )?INDEX)", plan) and not re.search(
            rf"Seq Scan on ({BIG})\b", plan), f"{statement}\n{plan}"
        if not store._postgres and name not in SORTS and "FROM sighting" not in statement:
            assert "TEMP B-TREE FOR ORDER BY" not in plan, f"{statement}\n{plan}"


def test_what_is_rated_is_found_without_what_is_not(store: Store) -> None:
    commit(store, *(mention(str(number), ago=number * MINUTE) for number in range(30)))
    [(statement, parameters)] = [one for one in asked_by(store, lambda store: store.ratings("اسنپ", since=NOW - DAY, until=NOW)) if "rating" in one[0]]
    assert "mention_rated" in explain(store, statement, parameters)


def test_topics_are_counted_without_the_complaints_of_other_days(store: Store) -> None:
    commit(store, *(mention(str(number), ago=number * MINUTE) for number in range(30)))
    for statement, _ in asked_by(store, lambda store: store.topic_counts("اسنپ", since=NOW - DAY, until=NOW)):
        assert "SELECT" not in statement or "t.published_at >=" in statement and "x.published_at >=" in statement


def asked_by(store: Store, act: Callable[[Store], object]) -> list[tuple[str, Any]]:
    """Return the statements of an act with their parameters; of many rows the first one's."""
    asked: list[tuple[str, Any]] = []

    def note(_c: object, _cursor: object, statement: str, parameters: Any, _x: object, many: bool) -> None:
        asked.append((statement, parameters[0] if many else parameters))

    event.listen(store._engine, "before_cursor_execute", note)
    act(store)
    event.remove(store._engine, "before_cursor_execute", note)
    return asked


def explain(store: Store, statement: str, parameters: Any) -> str:
    with store._engine.connect() as connection:
        if store._postgres:
            connection.execute(text("SET LOCAL enable_seqscan = off"))  # thirty rows are read faster without an index
            return "\n".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}", parameters))
        return "\n".join(row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters))
