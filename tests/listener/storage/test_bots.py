"""What is remembered of a bot, and several acts as one transaction."""

from __future__ import annotations

import pytest

from listener.storage import Store
from listener.types import Silence
from tests.fakes import NOON, FakeClock


def a_silence() -> Silence:
    return Silence("x", "*", "Sara", "campaign", NOON, FakeClock(NOON).forward(hours=4))


def test_what_is_remembered_of_a_bot_is_the_last_word(store: Store) -> None:
    assert store.bot("a") == {}
    store.save_bot("a", {"offset": 1, "asked": {"1:2": ["mute", "متن", "\x00"]}})
    store.save_bot("a", {"offset": 2})
    store.save_bot("b", {"offset": 9})
    assert store.bot("a") == {"offset": 2} and store.bot("b") == {"offset": 9}


def test_what_is_done_together_is_done_as_one_and_seen_inside(store: Store) -> None:
    with store.together():
        store.add_silence(a_silence())
        store.save_bot("a", {"offset": 1})
        assert store.silences() == [a_silence()] and store.bot("a") == {"offset": 1}
    assert store.silences() == [a_silence()] and store.bot("a") == {"offset": 1}


def test_of_what_breaks_nothing_is_left(store: Store) -> None:
    with pytest.raises(RuntimeError), store.together():
        store.add_silence(a_silence())
        store.save_bot("a", {"offset": 1})
        raise RuntimeError
    assert store.silences() == [] and store.bot("a") == {} and store.events() == []
    store.save_bot("a", {"offset": 2})  # the next transaction is its own again
    assert store.bot("a") == {"offset": 2}
