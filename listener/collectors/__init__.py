"""Collectors: one file a kind of source, registered here and imported on first use.

Each file defines ``Options`` (what its configuration may hold), ``parse(payload, *, now, …) -> list[Mention]`` (pure: what a
saved payload yields) and the collector class, built as ``XCollector(name, options, client, now=clock)``. A collector keeps
nothing between two calls but the cursor it returns, so the mentions of a batch and the place to resume commit together.
"""

from listener.registry import Registry

COLLECTORS = Registry("collector", {
    "aparat": "listener.collectors.aparat:AparatCollector",
    "appstore": "listener.collectors.appstore:AppStoreCollector",
    "bluesky": "listener.collectors.bluesky:BlueskyCollector",
    "cafebazaar": "listener.collectors.cafebazaar:CafeBazaarCollector",
    "csv": "listener.collectors.csv:CSVCollector",
    "digikala": "listener.collectors.digikala:DigikalaCollector",
    "discourse": "listener.collectors.discourse:DiscourseCollector",
    "eitaa": "listener.collectors.eitaa:EitaaCollector",
    "gdelt": "listener.collectors.gdelt:GDELTCollector",
    "googleplay": "listener.collectors.googleplay:GooglePlayCollector",
    "hackernews": "listener.collectors.hackernews:HackerNewsCollector",
    "inbox": "listener.collectors.inbox:InboxCollector",
    "instagram": "listener.collectors.instagram:InstagramCollector",
    "jsonl": "listener.collectors.jsonl:JSONLCollector",
    "lemmy": "listener.collectors.lemmy:LemmyCollector",
    "mastodon": "listener.collectors.mastodon:MastodonCollector",
    "reddit": "listener.collectors.reddit:RedditCollector",
    "rss": "listener.collectors.rss:RSSCollector",
    "stackexchange": "listener.collectors.stackexchange:StackExchangeCollector",
    "telegram": "listener.collectors.telegram:TelegramCollector",
    "x": "listener.collectors.x:XCollector",
    "youtube": "listener.collectors.youtube:YouTubeCollector",
})
