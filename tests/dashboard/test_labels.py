"""What people called themselves, and what they wrote, stands in labels as it is: no colour, no formula, no icon, no turned line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from alerts.topics import Phrase
from dashboard import insight, reads, session
from listener.storage import Store
from listener.types import Author, Batch, Match, MentionKey, Reach
from tests.dashboard.house import BRAND, NOW, House
from tests.dashboard.test_case_buttons import links
from tests.dashboard.test_views import ME, labels, visit

HOSTILE = (":red[paid]", "$\\frac{1}{2}$", ":material/verified: official", "**bold** _soft_ `code`", "[here](https://evil.example)", "![x](https://evil.example/x.png)",
           "<b>fat</b>", "moc.live\u202eexample", "~~gone~~ :smile:", "one\ntwo")


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_from_outside_is_shown_and_not_obeyed(name: str) -> None:
    shown = session.named(name)
    assert not set(shown) & set("\u202a\u202b\u202d\u202e\n") and shown[0] == "\u2068" and shown[-1] == "\u2069"
    for place, sign in enumerate(shown):
        assert sign not in "`*_[]$<~#" or shown[place - 1] == "\\", shown
    assert all(f"\\{way}" in shown for way in (":red", ":material", ":smile") if way in name)


def said_by(store: Store, name: str, place: int) -> MentionKey:
    post = replace(store.mentions(brand=BRAND, limit=1).items[0].mention, id=f"hostile{place}", author=Author("mastodon", name, name), url=None, in_reply_to=None)
    store.commit_batch("hostile", Batch((post,)), matches=[Match(post.key, BRAND, (BRAND,))], reach={post.key: Reach(1, 2, 3, "assumed")}, start=NOW, end=NOW, now=NOW)
    return post.key


def test_the_pages_escape_who_wrote_and_what_is_said(rich: House, monkeypatch: pytest.MonkeyPatch) -> None:
    rich.store.register_sources([("hostile", "mastodon")])
    keys = [said_by(rich.store, name, place) for place, name in enumerate(HOSTILE[:4])]
    number = reads.service().open_case(keys, ME, brand=BRAND).number
    people = links(visit("cases", who=ME, lang="en", case=str(number)))
    assert {f"The page of {session.named(f'mastodon:{name}')}" for name in HOSTILE[:4]} <= set(people)
    found = labels(visit("customer", lang="en", find=HOSTILE[0]))
    assert f"The page of {session.named(f'mastodon:{HOSTILE[0]}')}" in found

    view = replace(insight.phrases(BRAND), phrases={"fa": (), "en": tuple(Phrase(name, 5, 1) for name in HOSTILE)})
    monkeypatch.setattr(insight, "phrases", lambda _brand: view)
    assert {session.named(name) for name in HOSTILE} <= set(links(visit("topics", lang="en")))
