"""A house that only hears answers, for the kill test: it reads one bot until it is killed.

    python -m tests.listener.answering_house DATABASE BOT_API [--finish]

With ``--finish`` it ends when nothing is left to hear.
"""

from __future__ import annotations

import itertools
import sys
from datetime import timedelta

from alerts.notifiers import NOTIFIERS
from config.settings import packaged_text
from listener.app import read_settings
from listener.pipeline import Receiver
from listener.replies import Replies
from listener.service import Service
from listener.storage import open_store
from tests.fakes import NOON


def main(database: str, url: str, finish: bool) -> None:
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "goosh.toml")
        path.write_text('[[brands]]\nname = "چابک‌سبد"\n', encoding="utf-8")
        settings = read_settings(path)
    assert packaged_text("default.toml")
    store = open_store(database)
    ticks = itertools.count()
    notifier = NOTIFIERS.load("telegram")("sara", NOTIFIERS.options("telegram")(token_env="BOT", chat=42, base_url=url))
    # each look at the clock is a millisecond later, so that no two silences are one
    replies = Replies(Service(store, settings, now=lambda: NOON + timedelta(milliseconds=next(ticks))), [Receiver("sara", notifier, "fa")])
    while replies.read() or not finish:
        pass
    store.close()
    print("done")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], finish="--finish" in sys.argv)
