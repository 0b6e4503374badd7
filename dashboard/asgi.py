"""The board as a server: Streamlit with the door before it, and the secrets of an identity provider handed over in memory.

``serve`` runs this. ``streamlit run dashboard/app.py`` by hand runs the page alone: with ``auth`` in the configuration it then
lets nobody in, since only the door makes sessions.
"""

from __future__ import annotations

import gc
import logging
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

import streamlit as st
from altair.utils.schemapi import disable_debug_mode
from starlette.middleware import Middleware
from streamlit.runtime.secrets import SecretsValue

from config.settings import Settings
from dashboard import reads, sign_in
from listener.errors import ListenerError

log = logging.getLogger("goosh.board")
disable_debug_mode()  # a chart is checked whole when it is shown; checking each of its parts as well took a fifth of a page


def settings() -> Settings | None:
    """Return the settings; None while they cannot be read, which the page then tells."""
    try:
        return reads.settings_once()
    except ListenerError:
        return None


def signed_in(name: str) -> None:
    """Keep who came in and when. A database that is away keeps nobody out: the page says what is wrong with it."""
    try:
        reads.service().signed_in(name)
    except ListenerError as error:
        log.error("board: signing in was not kept: %s", error)


def provider(known: Settings | None, environment: Mapping[str, str]) -> dict[str, SecretsValue]:
    """Return what ``st.login`` needs, as it wants it; the secrets come from the environment and are written nowhere."""
    if known is None or known.board.auth != "oidc" or known.board.oidc is None:
        return {}
    asked = known.board.oidc
    return {"auth": {"redirect_uri": f"{known.board.link}/oauth2callback", "cookie_secret": secrets.token_urlsafe(32), "client_id": asked.client_id,
                     "client_secret": environment.get(asked.client_secret_env, ""), "server_metadata_url": asked.metadata_url}}


app = st.App(str(Path(__file__).with_name("app.py")), secrets=provider(settings(), os.environ),
             middleware=[Middleware(sign_in.Gate, settings=settings)], routes=sign_in.routes(settings, signed_in))

# Streamlit collects all garbage after every run, and a visitor waits for it: the page's last words go out when it is done. What was imported
# is no garbage; without looking through it that takes 0.03 s of the processor and not 0.14.
gc.collect()
gc.freeze()
