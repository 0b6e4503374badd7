"""The door of a board with passwords: one small page before Streamlit, and a gate that lets nobody past it without a session.

Why before Streamlit and not a page of it: a cookie that scripts cannot read must come from the server, passwords managers know
forms, and whoever has not signed in reaches no script, no socket and no data of ours.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from html import escape
from urllib.parse import quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from config.settings import Settings
from dashboard import access
from listener.text import printable
from listener.words import Language, say

log = logging.getLogger("goosh.board")

PATH, OUT = "/sign-in", "/sign-out"
OPEN = (PATH, OUT, "/app/static/", "/_stcore/health")  # what answers without a session: the font, and whether the board lives
COOKIE = "goosh_session"
LARGEST = 10_000  # bytes of a form
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; font-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
_STYLE = """
@font-face{font-family:Vazirmatn;src:url(/app/static/Vazirmatn.woff2) format("woff2");font-weight:100 900}
:root{color-scheme:light dark}*{box-sizing:border-box;font-family:Vazirmatn,Tahoma,sans-serif}
body{margin:0;min-height:100vh;display:grid;place-items:center;background:light-dark(#F4F7F9,#10161D);color:light-dark(#1B2533,#E6EBF1);line-height:1.7}
main{width:min(24rem,calc(100vw - 2rem));padding:1.6rem 1.6rem 1.8rem;border:1px solid light-dark(#D5DDE5,#334150);border-radius:14px;background:light-dark(#FFF,#161E27)}
h1{font-size:1.5rem;margin:0 0 .2rem}p{margin:.2rem 0 .9rem;color:light-dark(#52606F,#A7B4C2)}label{display:block;margin:.8rem 0 .2rem;font-weight:600}
input{width:100%;font-size:1rem;padding:.55rem .7rem;border-radius:8px;border:1px solid light-dark(#7A8896,#6B7B8C);background:light-dark(#FFF,#10161D);color:inherit}
button{margin-top:1.2rem;width:100%;padding:.65rem;border:0;border-radius:8px;font-size:1rem;font-weight:700;background:#0F766E;color:#FFF;cursor:pointer}
:focus-visible{outline:3px solid light-dark(#0B6B5D,#4FD6C2);outline-offset:2px}.wrong{color:light-dark(#A3123A,#FF8FA8);font-weight:600}
a{color:light-dark(#0F5F8C,#7CC4F0)}footer{margin-top:1rem;font-size:.9rem}"""

Told = Callable[[str], None]


def cookie_name(settings: Settings) -> str:
    """Return the cookie's name; over https the browser itself then holds it to this host and to encryption."""
    return f"__Host-{COOKIE}" if settings.board.encrypted else COOKIE


class Gate:
    """Lets requests and sockets past that carry a session, and sends the others to the door."""

    def __init__(self, app: ASGIApp, settings: Callable[[], Settings | None]) -> None:
        self._app, self._settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        settings = self._settings()
        if scope["type"] not in ("http", "websocket") or settings is None or settings.board.auth != "password" or scope["path"].startswith(OPEN):
            await self._app(scope, receive, send)
            return
        asked = HTTPConnection(scope)
        if access.sessions.who(asked.cookies.get(cookie_name(settings))) is not None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 4401, "reason": "sign in"})
        else:
            await _away(scope)(scope, receive, send)


def _away(scope: Scope) -> Response:
    page = scope["method"] == "GET" and "text/html" in Headers(scope=scope).get("accept", "")
    wanted = scope["path"] + (f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else "")
    return RedirectResponse(f"{PATH}?next={quote(wanted)}", 303) if page else PlainTextResponse("sign in first", 401)


def routes(settings: Callable[[], Settings | None], told: Told) -> list[Route]:
    """Return the page to sign in and the way out. ``told`` hears of each who came in."""

    async def shown(request: Request) -> Response:
        known = settings()
        if known is None or known.board.auth != "password":
            return RedirectResponse("/", 303)
        return _page(known, request)

    async def tried(request: Request) -> Response:
        known = settings()
        if known is None or known.board.auth != "password":
            return RedirectResponse("/", 303)
        if not _from_here(request):
            return PlainTextResponse("this form was sent from another site", 403)
        if int(request.headers.get("content-length") or LARGEST + 1) > LARGEST:
            return PlainTextResponse("too large", 413)
        form = await request.form()
        name, password = (str(form.get(key) or "") for key in ("name", "password"))
        keys = [f"name {name.strip().casefold()[:80]}", f"address {request.client.host if request.client else ''}"]
        if (wait := access.tries.wait(keys)) > timedelta(0):
            return _page(known, request, "sign_in.wait", name, n=max(1, round(wait.total_seconds() / 60)), status=429)
        try:
            person = await run_in_threadpool(access.try_password, known, name, password)
        except ValueError as error:
            log.error("board: nobody can sign in as %r: %s", printable(name)[:80], error)
            return _page(known, request, "sign_in.broken", name, status=500)
        if person is None:
            access.tries.wrong(keys)
            log.warning("board: a wrong password for %r from %s", printable(name)[:80], request.client.host if request.client else "?")
            return _page(known, request, "sign_in.wrong", name, status=401)
        access.tries.right(keys)
        await run_in_threadpool(told, person)
        answer = RedirectResponse(_inside(request.query_params.get("next")), 303)
        answer.set_cookie(cookie_name(known), access.sessions.begin(person, known.board.session), max_age=int(known.board.session.total_seconds()),
                          path="/", secure=known.board.encrypted, httponly=True, samesite="lax")  # lax: a link in a message opens the board
        return answer

    async def left(request: Request) -> Response:
        known = settings()
        answer = RedirectResponse(PATH, 303)
        if known is not None:
            access.sessions.end(request.cookies.get(cookie_name(known)))
            answer.delete_cookie(cookie_name(known), path="/", secure=known.board.encrypted, httponly=True, samesite="lax")
        return answer

    return [Route(PATH, shown, methods=["GET"]), Route(PATH, tried, methods=["POST"]), Route(OUT, left, methods=["GET"])]


def _from_here(request: Request) -> bool:
    """Return whether the form was sent from our own page: another site must not sign somebody in under a name of its choice."""
    origin = request.headers.get("origin")
    return origin is None or origin == "null" or urlsplit(origin).netloc == request.headers.get("host")


def _inside(wanted: str | None) -> str:
    """Return a path of this board; anything that could lead elsewhere is the first page."""
    clean = wanted or "/"
    return clean if clean.startswith("/") and not clean.startswith(("//", "/\\", PATH, OUT)) and clean.isprintable() else "/"


def _page(settings: Settings, request: Request, wrong: str | None = None, name: str = "", *, status: int = 200, **values: object) -> Response:
    asked = request.query_params.get("lang") or ("en" if "lang=en" in (request.query_params.get("next") or "") else None)
    tongue: Language = ("en" if asked == "en" else "fa") if asked in ("fa", "en") else settings.language
    other: Language = "en" if tongue == "fa" else "fa"
    wanted = quote(_inside(request.query_params.get("next")))

    def words(key: str, **more: object) -> str:
        return escape(say(f"board.{key}", tongue, **more))

    error = f'<p class="wrong" role="alert">{words(wrong, **values)}</p>' if wrong else ""
    html = (f'<!doctype html><html lang="{tongue}" dir="{"rtl" if tongue == "fa" else "ltr"}"><head><meta charset="utf-8">'
            f'<meta name="viewport" content="width=device-width,initial-scale=1"><title>{words("name")}</title>'
            f'<link rel="icon" href="/app/static/icon.svg"><style>{_STYLE}</style></head><body><main><h1>{words("name")}</h1><p>{words("sign_in.words")}</p>'
            f'{error}<form method="post" action="{PATH}?next={wanted}&amp;lang={tongue}"><label for="name">{words("sign_in.name")}</label>'
            f'<input id="name" name="name" autocomplete="username" maxlength="80" required dir="auto" value="{escape(printable(name)[:80], quote=True)}">'
            f'<label for="password">{words("sign_in.password")}</label><input id="password" name="password" type="password" autocomplete="current-password" '
            f'maxlength="1000" required dir="ltr"><button>{words("sign_in.enter")}</button></form>'
            f'<footer><a href="{PATH}?next={wanted}&amp;lang={other}">{escape(say("board.switch", other))}</a></footer></main></body></html>')
    return HTMLResponse(html, status, {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store", "Referrer-Policy": "same-origin",
                                       "X-Content-Type-Options": "nosniff"})
