"""The page behind a mail's link that ends a subscription: GET asks, POST does it."""

from __future__ import annotations

from html import escape

from alerts.wording import isolate
from listener.calendar import Language
from listener.service import Service
from listener.words import say


def farewell(service: Service, token: str, posted: bool) -> tuple[int, str]:
    """Return status and page for the token of a link; with ``posted`` the subscription ends. Raises: StorageError."""
    try:
        one = service.unsubscribe(token) if posted else service.subscription_of(token)
    except ValueError:
        return 404, _page("fa", f"<p>{escape(say('digest.page.bad', 'fa'))}</p><p dir=\"ltr\" lang=\"en\">{escape(say('digest.page.bad', 'en'))}</p>")
    values = {"heading": say(f"digest.heading.{one.every}", one.language, brand=isolate(one.brand))}
    if posted:
        return 200, _page(one.language, f"<p>{escape(say('digest.page.done', one.language, **values))}</p>")
    return 200, _page(one.language, f"<p>{escape(say('digest.page.ask', one.language, **values))}</p>"
                                    f'<form method="post"><button>{escape(say("digest.page.button", one.language))}</button></form>')


def _page(language: Language, inner: str) -> str:
    title, direction = escape(say("digest.page.title", language)), "rtl" if language == "fa" else "ltr"
    return (f'<!doctype html><html lang="{language}" dir="{direction}"><head><meta charset="utf-8"><meta name="robots" content="noindex">'
            '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="referrer" content="no-referrer">'
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; form-action 'self'\">"
            f"<title>{title}</title><style>:root{{color-scheme:light dark}}body{{font:17px/1.9 Vazirmatn,Tahoma,sans-serif;max-width:34em;margin:12vh auto;"
            "padding:0 20px}button{font:inherit;padding:.4em 1.4em;border:0;border-radius:8px;background:#0f766e;color:#fff;cursor:pointer}</style></head>"
            f"<body><h1 style=\"font-size:1.4em\">{title}</h1>{inner}</body></html>")
