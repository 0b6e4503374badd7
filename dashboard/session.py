"""What this visitor chose: language, brand, name. A view is a link: all but the name stand in the URL.

The name does not, because a link pasted into a chat must not let the reader act under the sender's name.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from functools import wraps
from typing import ParamSpec, TypeVar
from urllib.parse import quote, unquote

import streamlit as st

from alerts.wording import isolate
from config.board import Role
from config.settings import Settings
from dashboard import access, address, cards, reads, sign_in
from dashboard.pen import Pen
from listener.errors import ConfigError, ListenerError, NotifyError, Refusal, ScoreError, StorageError
from listener.text import printable
from listener.words import Language, say

log = logging.getLogger("goosh.board")

KEPT = ("lang", "brand")
ALL = "*"  # of a choice that may be "all"; an empty parameter would be dropped from the URL
SHOWN = "shown to the visitor"
NAME = "goosh_name"  # the cookie that keeps what somebody said their name is, where nobody signs in; it proves nothing and opens nothing
NAME_KEPT = 365 * 24 * 3600  # seconds
NAME_LENGTH = 80
BROKEN: tuple[tuple[type[ListenerError], str], ...] = (  # what is wrong, before the machine's own words
    (ConfigError, "config"), (StorageError, "storage"), (ScoreError, "score"), (NotifyError, "notify"))
_MARKUP = re.compile(r"[\\`*_\[\]$<~#]|:(?=\w)")  # what Markdown would read as more than a letter; ":" begins colours and icons
P = ParamSpec("P")
T = TypeVar("T")


def begin() -> None:
    """Make URL and session agree: the URL wins, the session fills in what a change of page dropped."""
    address.begin()
    for name in KEPT:
        kept = f"kept_{name}"
        if name in st.query_params:
            st.session_state[kept] = st.query_params[name]
        elif st.session_state.get(kept) is not None:
            st.query_params[name] = st.session_state[kept]


def choose(name: str, value: str | None) -> None:
    """Put a choice into the URL, or take it out, and remember it over a change of page where it is one of those kept."""
    if name in KEPT:
        st.session_state[f"kept_{name}"] = value
    if value is None:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = value


def language(settings: Settings | None) -> Language:
    chosen = st.query_params.get("lang") or st.session_state.get("kept_lang")
    if chosen in ("fa", "en"):
        return "fa" if chosen == "fa" else "en"
    usual: Language = "fa" if settings is None or settings.language == "fa" else "en"
    if chosen:
        address.misread("lang", chosen, say("board.switch", usual))
    return usual


def brand() -> str | None:
    """Return the brand that is looked at; None: all of our own together. An unknown name in a link is our first brand."""
    own, known = reads.service().brands(), reads.service().brands(own=False)
    chosen = st.query_params.get("brand")
    if chosen == ALL and len(own) > 1:
        return None
    if chosen and chosen != ALL and chosen not in known and own:
        address.misread("brand", chosen, own[0])
    return chosen if chosen in known else own[0] if own else None


def pen() -> Pen:
    settings = reads.service().settings
    return Pen(language(settings), reads.service().zone, reads.clock())


def _cookie(name: str) -> str | None:
    found = st.context.cookies.get(name)
    return found if isinstance(found, str) else None  # a page that is run by no browser has none


def recall(people: Sequence[str]) -> None:
    """Take up the name that was said in this browser before. One that is no longer among ``people``, where there are some, is not."""
    if "who" not in st.session_state:
        said = " ".join(printable(unquote(_cookie(NAME) or "")).split())[:NAME_LENGTH]
        if said and (not people or said in people):
            st.session_state["who"] = said


def remember() -> None:
    """Let the browser keep the name that was said, or forget one that was taken back. The name is percent-encoded: letters of ours alone."""
    if st.session_state.get("who_said"):
        said = str(st.session_state.get("who") or "").strip()
        st.html(f'<script>document.cookie="{NAME}={quote(said, safe="")};path=/;samesite=strict;max-age={NAME_KEPT if said else 0}"</script>',
                unsafe_allow_javascript=True)


def visitor() -> access.Visitor | None:
    """Return who is there; None: somebody has to sign in first. Where nobody is asked, the name is what they said."""
    settings = reads.service().settings
    if settings.board.auth == "oidc":
        return access.known(settings, dict(st.user), access.clock()) if st.user.is_logged_in else None
    if settings.board.auth == "password":
        name = access.sessions.who(_cookie(sign_in.cookie_name(settings)))
        person = access.person_named(settings, name) if name else None
        return access.Visitor(person.name, person.board, True) if person else None
    name = st.session_state.get("who")
    return access.Visitor(name.strip() if isinstance(name, str) and name.strip() else None, "admin")


def may(need: Role = "on_call") -> bool:
    """Return whether the visitor's role may do it, whoever they are."""
    here = visitor()
    return here is not None and here.may(need)


def who(need: Role = "on_call") -> str | None:
    """Return under which name the visitor acts; None: they have said none, or their role may not do it."""
    here = visitor()
    return here.name if here is not None and here.may(need) else None


def refusal(need: Role = "on_call") -> str:
    """Return why ``who`` is None, as a sentence that says what to do."""
    here = visitor()
    if here is not None and not here.may(need):
        return pen().say("may_not", role=pen().say(f"role.{here.role}"))
    return pen().say("say_who")


def block(html: str) -> None:
    """Write markup of ``cards`` into the page in the reader's direction."""
    st.html(cards.wrap(pen(), html))


def reason(error: Exception, tongue: Language | None = None) -> str:
    """Return why something was not done, in the reader's language; a machine's own words follow where it has more to say."""
    tongue = tongue or pen().language
    if isinstance(error, Refusal):
        return error.said(tongue)
    broken = next((name for kind, name in BROKEN if isinstance(error, kind)), None)
    return str(error) if broken is None else f"{say(f'board.broken.{broken}', tongue)} \u2068{error}\u2069"


def plain(text: str) -> str:
    """Return text that Streamlit's Markdown shows as it stands: a name is no link and no colour."""
    return _MARKUP.sub(r"\\\g<0>", text)


def named(text: str) -> str:
    """Return a name from outside for a label or a tooltip: as it stands, in a direction of its own, with nothing that acts on the line."""
    return plain(isolate(text))


def act(what: Callable[[], T], done: str | Callable[[T], str], *, need: Role = "on_call") -> None:
    """Do something through the service and say how it went; what was read before is read anew. Raises nothing expected.

    The one place where a role is asked: a button that is shown grey can be pressed all the same by who knows how.
    ``done``: what to say where it went well, or what makes that of the result.
    """
    if who(need) is None:
        log.warning("action refused: %s needs the role %s", getattr(visitor(), "name", None), need)
        st.session_state["told"] = ("error", refusal(need))
        return
    try:
        result = what()
    except (ValueError, ListenerError) as error:
        log.warning("action refused: %s", error)
        st.session_state["told"] = ("error", pen().say("refused", why=plain(reason(error))))
    else:
        st.session_state["told"] = ("done", done if isinstance(done, str) else done(result))
    reads.forget()


def tell() -> None:
    """Show once what became of the last action."""
    told = st.session_state.pop("told", None)
    if told is not None:
        kind, words = told
        (st.error if kind == "error" else st.success)(words, icon=":material/error:" if kind == "error" else ":material/check_circle:")


def guarded(view: Callable[P, None]) -> Callable[P, None]:
    """Show an expected failure as a sentence that says what to do. Fragments run alone, so each needs this of its own."""

    @wraps(view)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            view(*args, **kwargs)
        except ListenerError as error:
            log.error("%s", error)
            failure(error)
        except ValueError as error:  # a person's or a link's mistake: a Refusal says what to do
            log.warning("%s", error)
            failure(error)
        except Exception as error:  # a bug: it surfaces, in the log with its traceback; the sheet hides Streamlit's own box
            if SHOWN not in getattr(error, "__notes__", ()):
                st.error(pen().say("bug"), icon=":material/bug_report:")
                error.add_note(SHOWN)  # a page inside the frame passes here twice
            raise

    return run


def failure(error: Exception) -> None:
    """Write the error state. Works without settings, since they may be what is broken."""
    tongue = language(reads.settings_or_none())
    if isinstance(error, Refusal):
        st.error(plain(error.said(tongue)), icon=":material/error:")
        return
    broken = next((name for kind, name in BROKEN if isinstance(error, kind)), None)
    st.error(" ".join([say("board.failed", tongue), *([say(f"board.broken.{broken}", tongue)] if broken else [])]), icon=":material/error:")
    st.code(str(error)[:2_000], language=None, wrap_lines=True)
    st.caption(say("board.failed_do", tongue))
