"""News, blogs, comments, forums and bridges that publish a feed: RSS 0.9x, 1.0 and 2.0, Atom, JSON Feed 1.0 and 1.1.

Endpoint: the feed's address, by conditional GET (``If-None-Match`` and ``If-Modified-Since`` verbatim), or a preset's:

* ``google_news``: ``https://news.google.com/rss/search?q=…&hl=fa&gl=IR&ceid=IR:fa``, at most 100 items, no paging. Headlines
  and outlets only, never the article; the link is Google's. Not read oftener than every five minutes.
* ``wordpress_comments``: ``<site>/comments/feed/``, or ``<site>/<route>/feed/`` for those of one post, with older pages.
* ``discourse``: ``<site>/posts.rss``, ``latest.rss``, ``c/<slug>/<id>.rss``, ``t/<slug>/<id>.rss``. Its own kind says more.
* ``rsshub``: ``<your instance>/<route>``, the access key as ``?key=``. The public instance throttles and blocks; run your own.

Auth: none; private feeds carry a secret in their address, so ``url_env`` may name the environment variable that holds it.
Limits: the host's own; ``Cache-Control: max-age`` and ``ttl`` are honoured as the least interval. Cost: none.
Terms: the publisher's. Google News allows its feeds "solely … within a personal feed reader for personal, non-commercial use",
in its own words, so it is read only with ``personal_use = true``.
Reach basis: ``media:statistics`` views where given (video), else none: a feed does not say who reads it.

What a feed cannot say: likes, shares, deletions. A new WordPress comment does not change the validators of ``/feed/``, so
``slash:comments`` there is stale until the next post; read the comments' own feed for them. Ratings are taken from
``im:rating`` (the App Store's Atom) and from the extension ``_rating`` of JSON Feed: ``4``, ``"4/5"`` or
``{"value": 8, "best": 10}``.

Paging goes back until the last item of a page is one that was known before the walk began (so that a pinned post on top
does not end it): by RFC 5005 links, the ``Link`` header, ``next_url`` of JSON Feed or, with ``paged``, WordPress's
``?paged=2``. A feed without older pages whose oldest item is newer than the newest known has run over: items were lost.

Cursor: ``feed`` (hash of the configured address), ``url`` (where permanent redirects led), ``etag``, ``last_modified``,
``body`` (hash), ``newest`` (publish time of the newest dated item), ``known`` {id: [hash of text, counts, hash of place, first
seen]}, and while a walk is unfinished ``open`` (ids that do not end it), ``resume`` and ``pages``.
"""

from listener.collectors.rss.collector import RSSCollector
from listener.collectors.rss.feed import KIND, Entry, Feed
from listener.collectors.rss.options import Options
from listener.collectors.rss.reading import parse, read

__all__ = ["KIND", "Entry", "Feed", "Options", "RSSCollector", "parse", "read"]
