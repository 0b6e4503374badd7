"""The digest as HTML for mail: tables and inline styles, since Outlook draws with Word and Gmail drops what it does not know. Pure.

Everything is readable with the styles alone that stand at the elements; the sheet in the head adds the phone, the dark and the paper. Nothing
is fetched: pictures come with the mail and are named by CID. Everything from outside is escaped, and links lead to http and https only.
"""

from __future__ import annotations

from html import escape
from unicodedata import bidirectional
from urllib.parse import urlsplit

from alerts.digest.figures import Figures
from alerts.digest.nouns import Chart, Digest, Grid, Line, Quote, Section
from listener.text import printable
from listener.words import Language

FONT = "Vazirmatn,'Segoe UI',Tahoma,Arial,sans-serif"
INK, SOFT, RULE, PAPER, PAGE, BRAND = "#1b2533", "#52606f", "#d5dde5", "#ffffff", "#eff3f6", "#0f766e"
TONES = {"bad": "#b23a0a", "good": "#0b6b5d"}
LONGEST_LINK = 2_000
UNBROKEN = 18  # characters of a figure that stays on one line where there is room

_SHEET = """
:root{color-scheme:light dark;supported-color-schemes:light dark}
body{margin:0;padding:0;-webkit-text-size-adjust:100%}
a{color:#0b6b5d}
.dark-only{display:none!important}
@media (max-width:620px){.page{padding:0!important}.card{width:100%!important;border-radius:0!important}.in{padding-left:16px!important;padding-right:16px!important}
 .num thead{display:none}.num tr{display:block;padding:9px 0;border-bottom:1px solid #d5dde5}
 .num td{display:block;border:0!important;padding:1px 0!important;width:auto!important;text-align:inherit!important;white-space:normal!important}
 .num td.e{display:none!important}.num .k{display:inline!important}}
@media (prefers-color-scheme:dark){body,.page{background:#0e141a!important}.card,.card td{background-color:#161e27!important;color:#e6ebf1!important}
 .card .soft,.card td.soft,.card th{color:#a7b4c2!important}.card a{color:#4fd6c2!important}.card td,.card th,.num tr{border-color:#334150!important}
 .card .bad{color:#fb9a5b!important}.card .good{color:#4fd6c2!important}.card td.top{background-color:#0b5750!important;color:#ffffff!important}
 .card .quote{background-color:#1e2833!important}.light-only{display:none!important}.dark-only{display:block!important}}
@page{size:A4;margin:11mm 12mm 14mm}
@media print{body,.page{background:#ffffff!important}.page{padding:0!important}.card{width:100%!important;border-radius:0!important;line-height:1.55!important}
 .in{padding:7px 0 6px!important}.top{padding:11px 16px!important}.in p{margin-bottom:4px!important}.num{width:100%;line-height:1.45!important}.num td{padding:3px 5px!important}
 .quote{padding:5px 12px!important;margin:0!important}.in img{width:70%!important}.num tr,.quote,p{break-inside:avoid}h2,.lead{break-after:avoid}}
"""


def html(digest: Digest, *, late: str | None = None, ending: tuple[Line, ...] = (), pictures: dict[str, str] | None = None) -> str:
    """Return the page. ``pictures``: addresses by name of chart (``days``, ``days-dark``), else they are named ``cid:…``."""
    language: Language = "fa" if digest.language == "fa" else "en"
    direction, start = ("rtl", "right") if language == "fa" else ("ltr", "left")
    said = Figures(language)
    body = [_band(digest, late), *(_section(one, said, start, pictures) for one in digest.sections), _foot((*digest.footer, *ending))]
    return (f'<!doctype html><html lang="{language}" dir="{direction}"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width,initial-scale=1">'
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data: cid:; font-src 'self' data:\">"
            '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'
            f"<title>{escape(_plain(digest.title))}</title><style>{_SHEET}</style></head>"
            f'<body dir="{direction}" style="margin:0;background:{PAGE}">'
            f'<div style="display:none;max-height:0;overflow:hidden">{escape(_preview(digest))}</div>'
            f'<table role="presentation" class="page" dir="{direction}" width="100%" cellpadding="0" cellspacing="0" '
            f'style="background:{PAGE};padding:20px 8px"><tr><td align="center">'
            f'<table role="presentation" class="card" dir="{direction}" width="640" cellpadding="0" cellspacing="0" align="center" style="width:640px;max-width:100%;'
            f"background:{PAPER};border-radius:14px;overflow:hidden;font-family:{FONT};font-size:15px;line-height:1.75;color:{INK};text-align:{start}\">"
            f'{"".join(body)}</table></td></tr></table></body></html>')


def _plain(text: str) -> str:
    return text.replace("\u2068", "").replace("\u2069", "")


def _preview(digest: Digest) -> str:
    """Return what a mailbox shows beside the subject: the first sentence."""
    first = next((line.text for one in digest.sections for line in one.lines), "")
    return _plain(first)


def _cell(inner: str, style: str = "", name: str = "in", more: str = "") -> str:
    return f'<tr><td class="{name}" style="padding:0 28px;{style}"{more}>{inner}</td></tr>'


def _band(digest: Digest, late: str | None) -> str:
    lines = "".join(f'<div style="{"font-weight:600;" if line.strong else "font-size:13px;opacity:.92;"}">{_text(line.text)}</div>' for line in digest.header)
    told = (f'<div style="margin-top:8px;padding:6px 10px;background:#fff3d6;color:#5c3d00;border-radius:8px;font-size:13px">{_text(late)}</div>'
            if late else "")
    return _cell(f'<h1 style="margin:0 0 4px;font-size:23px;line-height:1.4;font-weight:800">{_text(digest.heading)}</h1>{lines}{told}',
                 f"padding-top:22px;padding-bottom:20px;background:{BRAND};color:#ffffff;", "in top", f' bgcolor="{BRAND}"')


def _section(section: Section, said: Figures, start: str, pictures: dict[str, str] | None) -> str:
    large = section.name == "said"
    parts = [f'<h2 style="margin:0 0 6px;font-size:16px;line-height:1.5;font-weight:700;color:inherit">{_text(section.title)}</h2>']
    if section.lines:
        size = "font-size:16px;" if large else ""
        parts += [f'<p class="{"lead" if line.strong else ""}" style="margin:0 0 8px;{size}">{_linked(line, said)}</p>' for line in section.lines]
    if section.chart is not None:
        parts.append(_chart(section.chart, said, pictures))
    if section.grid is not None:
        parts.append(_grid(section.grid, start))
    parts += [_quote(quote, start) for quote in section.quotes]
    parts += [f'<p class="soft" style="margin:6px 0 0;font-size:12.5px;color:{SOFT}">{_linked(line, said)}</p>' for line in section.notes]
    return _cell("".join(parts), f"padding-top:18px;padding-bottom:16px;border-bottom:1px solid {RULE};")


def _chart(chart: Chart, said: Figures, pictures: dict[str, str] | None) -> str:
    def picture(name: str, kind: str, hidden: str) -> str:
        address = (pictures or {}).get(name, f"cid:{name}")
        return (f'<img class="{kind}" src="{escape(address)}" alt="{escape(_plain(chart.alt))}" width="584" '
                f'style="display:{hidden};width:100%;max-width:584px;height:auto;border:0">')

    # Outlook knows neither the class nor the scheme: it draws the light one, and the conditional comment keeps the other away
    dark = f'<!--[if !mso]><!-->{picture(f"{chart.name}-dark", "dark-only", "none")}<!--<![endif]-->'
    key = f'<p class="soft" style="margin:2px 0 10px;font-size:12px;color:{SOFT}">{_text(said.say("chart.key"))}</p>'
    return f'<div style="margin:4px 0 2px">{picture(chart.name, "light-only", "block")}{dark}</div>{key}'


def _grid(grid: Grid, start: str) -> str:
    heads = "".join(f'<th align="{start}" style="padding:4px 6px;font-size:12.5px;font-weight:600;color:{SOFT};border-bottom:1px solid {RULE};'
                    f'text-align:{start}">{_text(name)}</th>' for name in grid.columns)
    rows = []
    for row in grid.rows:
        cells = []
        for number, (name, cell) in enumerate(zip(grid.columns, row.cells, strict=True)):
            first = number == 0
            shown = _link(row.url, cell.text, plain=True) if first else _text(cell.text)
            tone = f"color:{TONES[cell.tone]};font-weight:600;" if cell.tone in TONES else ""
            key = "" if first else f'<span class="k soft" style="display:none;color:{SOFT};font-size:12.5px">{_text(name)}: </span>'
            cells.append(f'<td class="{"" if cell.text else "e "}{cell.tone}" align="{start}" valign="top" style="padding:6px;border-bottom:1px solid {RULE};'
                         f'text-align:{start};{"font-weight:600;" if first or number == 1 else ""}{"white-space:nowrap;" if not first and len(cell.text) <= UNBROKEN else ""}{tone}">{key}{shown}</td>')
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return (f'<table class="num" width="100%" cellpadding="0" cellspacing="0" style="border-collapse:collapse;font-size:14px;line-height:1.6">'
            f"<thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>")


def _quote(quote: Quote, start: str) -> str:
    about = f'<div class="soft" style="font-size:12.5px;font-weight:600;color:{SOFT}">{_text(quote.about)}</div>' if quote.about else ""
    by = _link(quote.url, quote.by, plain=True)
    return (f'<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="width:100%;margin-top:10px"><tr><td class="quote" '
            f'style="padding:9px 14px;background:#f4f7f9;border-{start}:3px solid {BRAND};border-radius:6px">{about}'
            f'<div dir="{direction_of(quote.text)}" style="text-align:{"right" if direction_of(quote.text) == "rtl" else "left"}">{_text(quote.text)}</div><div class="soft" style="font-size:12.5px;color:{SOFT}">{by}</div></td></tr></table>')


def direction_of(text: str) -> str:
    """Return the direction of the first letter that has one: neither Outlook nor WeasyPrint knows ``dir="auto"``."""
    for letter in text:
        way = bidirectional(letter)
        if way in ("L", "R", "AL"):
            return "ltr" if way == "L" else "rtl"
    return "ltr"


def _foot(lines: tuple[Line, ...]) -> str:
    said = "".join(f'<div style="margin:0 0 4px">{_link(line.url, line.text) if line.url else _text(line.text)}</div>' for line in lines)
    return _cell(said, f"padding-top:16px;padding-bottom:20px;font-size:12.5px;color:{SOFT};", "in soft")


def _linked(line: Line, said: Figures) -> str:
    more = f" {_link(line.url, said.say('see'), small=True)}" if line.url and _is_page(line.url) else ""
    text = _text(line.text)
    return f"<b>{text}</b>{more}" if line.strong else f"{text}{more}"


def _link(url: str | None, words: str, *, small: bool = False, plain: bool = False) -> str:
    if not url or not _is_page(url):
        return _text(words)
    return f'<a href="{escape(url)}" style="color:#0b6b5d;{"font-size:13px" if small else "text-decoration:none" if plain else ""}">{_text(words)}</a>'


def _is_page(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("https", "http") and bool(parts.hostname) and len(url) <= LONGEST_LINK and printable(url) == url
    except ValueError:
        return False


def _text(text: str) -> str:
    """Return text escaped; what stands between isolates is one of its own, which mail readers know as ``<bdi>``."""
    return escape(text).replace("\u2068", "<bdi>").replace("\u2069", "</bdi>")
