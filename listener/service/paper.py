"""Drawing: charts of a digest as PNG, and a digest as PDF. Offline; the letters are those of the board.

Why vl-convert: it draws Vega-Lite as the board does, Persian shaped and set from right to left, without a browser. It reads no WOFF2, so
the one font file of the board is unpacked into a folder of this process.
"""

from __future__ import annotations

import atexit
import base64
import logging
import shutil
import tempfile
import threading
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path

from alerts.digest.html import html
from alerts.digest.nouns import Digest, Line
from listener.errors import ConfigError
from listener.words import say

SCALE = 2  # pixels of a picture for one of the page: phones have two or three
_DRAWING = threading.Lock()  # the engine inside is one; two that draw at once wait for each other


def pictures(digest: Digest) -> dict[str, bytes]:
    """Return the charts as PNG by name, each for a light and for a dark page (``days``, ``days-dark``)."""
    found: dict[str, bytes] = {}
    for section in digest.sections:
        if section.chart is not None:
            found[section.chart.name] = _drawn(section.chart.spec)
            if section.chart.dark:
                found[f"{section.chart.name}-dark"] = _drawn(section.chart.dark)
    return found


def page(digest: Digest, *, late: str | None = None, ending: tuple[Line, ...] = ()) -> str:
    """Return the digest as one HTML file that needs nothing else: the bytes of the mail with its pictures inside."""
    inside = {name: f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}" for name, png in pictures(digest).items()}
    return html(digest, late=late, ending=ending, pictures=inside)


def pdf(digest: Digest) -> bytes:
    """Return the digest as PDF, A4. Raises: ConfigError where WeasyPrint or the libraries it needs are not installed."""
    try:
        from weasyprint import CSS, HTML
        from weasyprint.text.fonts import FontConfiguration
        from weasyprint.urls import URLFetcher
    except (ImportError, OSError) as error:
        raise ConfigError("pdf", [("", f"cannot be made ({type(error).__name__}); install it with: pip install \"gooshbezang[pdf]\", and Pango "
                                       "(apt-get install libpango-1.0-0 libpangoft2-1.0-0)")]) from None

    logging.getLogger("weasyprint").setLevel(logging.ERROR)  # it warns of what only readers of mail need
    fetcher, fonts = URLFetcher(allowed_protocols={"data", "file"}), FontConfiguration()
    sheet = CSS(string=_paper(digest, (_static() / "Vazirmatn.woff2").as_uri()), url_fetcher=fetcher, font_config=fonts)
    made: bytes = HTML(string=page(digest), url_fetcher=fetcher).write_pdf(stylesheets=[sheet], font_config=fonts)
    return made


def _paper(digest: Digest, font: str) -> str:
    persian = digest.language == "fa"
    numbers = "persian" if persian else "decimal"
    words = say("digest.pdf_page", "fa" if persian else "en", page="\0", pages="\1").replace('"', "'")
    content = f'"{words}"'.replace("\0", f'" counter(page, {numbers}) "').replace("\1", f'" counter(pages, {numbers}) "')
    return ("".join(f'@font-face{{font-family:Vazirmatn;src:url("{font}");font-weight:{weight}}}' for weight in (400, 700))
            + "html,body,table,td,th,p,div,h1,h2{font-family:Vazirmatn,sans-serif!important}.dark-only{display:none!important}body{font-size:13px}"
            f"@page{{@bottom-center{{content:{content};font-family:Vazirmatn;font-size:10px;color:#52606f;direction:{'rtl' if persian else 'ltr'}}}}}")


def _drawn(spec: Mapping[str, object]) -> bytes:
    import vl_convert

    with _DRAWING:
        _letters()
        png: bytes = vl_convert.vegalite_to_png(dict(spec), scale=SCALE)
    return png


@cache
def _letters() -> Path:
    """Make the board's font known to the engine; returns the folder it was unpacked into."""
    import vl_convert
    from fontTools.ttLib import TTFont

    folder = Path(tempfile.mkdtemp(prefix="goosh-font-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    font = TTFont(_static() / "Vazirmatn.woff2")
    font.flavor = None
    font.save(folder / "Vazirmatn.ttf")
    vl_convert.register_font_directory(str(folder))
    return folder


def _static() -> Path:
    return Path(str(resources.files("dashboard"))) / "static"
