"""A list of aspects of one's own: what is taken, and what is refused in a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from config.aspects import FEWEST, LONGEST, MOST
from config.settings import AspectSettings, aspect_tables
from listener.errors import ConfigError

POSTS = [f"the branch in street {n} sent me to another counter" for n in ("one", "two", "three", "four", "five")]


def table(name: str = "queue", posts: list[str] | None = None, **more: str) -> str:
    rows = "".join(f"  '''{post}''',\n" for post in (POSTS if posts is None else posts))
    return f"[[aspects]]\nname = '{name}'\nexamples = [\n{rows}]\n" + "".join(f"{key} = '{value}'\n" for key, value in more.items())


def read(tmp_path: Path, text: str) -> tuple[AspectSettings, ...]:
    path = tmp_path / "goosh.toml"
    path.write_text(text, encoding="utf-8")
    return aspect_tables(path)


def test_five_posts_are_enough_and_names_for_people_are_no_part_of_what_is_scored(tmp_path: Path) -> None:
    (queue, staff) = read(tmp_path, table(fa="صف شعبه", en="branch queues") + "[[aspects]]\nname = 'staff'\n")
    assert queue.names() == {"fa": "صف شعبه", "en": "branch queues"} and staff.names() == {}
    assert queue.option() == {"name": "queue", "description": "", "examples": tuple(POSTS)}


@pytest.mark.parametrize(("text", "told"), [
    pytest.param(table() + table(), "aspects[1].name: aspect 'queue' stands twice, first at aspects[0]; give each a name of its own", id="two of one name"),
    pytest.param(table() + table("Queue"), "stands twice", id="two of nearly one name"),
    pytest.param(table(posts=POSTS[:4]), f"aspects[0].examples: 'queue' has 4 examples; give {FEWEST} posts that are about it", id="four examples"),
    pytest.param(table(posts=[]), "'queue' has no example; give 5 posts", id="no example"),
    pytest.param(table(posts=[], description="waiting in line"), "has no example", id="a description alone"),
    pytest.param(table(posts=[*POSTS, "  "]), "aspects[0].examples[5]: an example is empty; give a post, or leave it out", id="an empty example"),
    pytest.param(table(posts=[*POSTS, "long " * LONGEST]), "characters; keep the part that tells it, 1,000 at most", id="an endless example"),
    pytest.param(table(posts=[*POSTS, POSTS[2].upper()]), "aspects[0].examples[5]: the same post as examples[2]; keep one of them", id="a post twice"),
    pytest.param(table(" "), "a name is empty", id="an empty name"),
    pytest.param(table("x" * 81), "a name is longer than 80 characters", id="an endless name"),
    pytest.param(table(fa=" "), "a name is empty", id="an empty name for people"),
    pytest.param(table(examples_en="x"), "examples_en", id="an unknown key"),
    pytest.param("aspects = 'staff'", "expected tables under [[aspects]]", id="no tables"),
    pytest.param("".join(table(f"queue {n}", [f"{post} {n}" for post in POSTS]) for n in range(MOST + 1)), f"51 aspects; {MOST} are the most", id="too many"),
])
def test_a_bad_list_is_refused_with_a_sentence(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, text)
    assert told in str(refused.value)


@pytest.mark.parametrize("name", ["airline.toml", "bank.toml"])
def test_the_lists_that_ship_are_in_order(name: str) -> None:
    found = aspect_tables(Path(__file__).resolve().parents[2] / "config" / name)
    assert len(found) >= 5 and all(one.names().keys() == {"fa", "en"} for one in found)
    said: list[Any] = [post for one in found for post in one.examples]
    assert len(set(said)) == len(said)
