"""What a person can do and ask, whether from the board, the command line or a bot: the one door.

Besides the pipeline this is the only writer. Every action needs a name, is kept with the name and the instant, and
is refused where the thing has changed since the person looked at it.

Raises throughout: ValueError with a sentence for the person (unknown alert, empty reason, changed meanwhile);
StorageError when the database cannot do it.

Why the readings live here too: a number on the board and the same number on the command line are one function.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from config.settings import Settings
from listener.service.alerts import MOST_VERDICTS, AlertView, Happening, ReceiverView, is_open
from listener.service.authors import AuthorView
from listener.service.brief import Briefs, BriefView
from listener.service.campaigns import Campaigns
from listener.service.care_digest import CareDigests
from listener.service.care_reports import RatingsView, WinBackView
from listener.service.cases import CareCounts, CaseFilters, CaseView
from listener.service.coverage import HourCover
from listener.service.customers import Customers, CustomerView
from listener.service.digests import FORMATS, Format, Subscription, SubscriptionView
from listener.service.effect import EffectView, Moment
from listener.service.emerging import Emerging, TopicView
from listener.service.handing import EACH, MOST_EACH, STORY, Handing
from listener.service.hours import HourPoint
from listener.service.house import House
from listener.service.mentions import Filters, MentionsPage, MentionView
from listener.service.overview import Changes, Compared, Ground, NowView, evening_before
from listener.service.peers import Peers, PeersView
from listener.service.phrases import Phrases, PhrasesView
from listener.service.rules import Rules, RuleView
from listener.service.sources import Health, NoLag, SourceView, week_before
from listener.service.storm import StormLine, StormView
from listener.service.story import Answered, StoryLine, StoryView
from listener.service.topics import CausesView, Topics
from listener.storage import Alike, open_store

__all__ = [
    "EACH", "FORMATS", "MOST_EACH", "STORY", "Format", "Subscription", "SubscriptionView",
    "MOST_VERDICTS", "AlertView", "Alike", "Answered", "AuthorView", "CareCounts", "CaseFilters", "CaseView", "BriefView", "CausesView", "Changes", "Compared", "CustomerView", "EffectView", "Filters", "Ground", "Happening", "Health", "HourCover", "HourPoint",
    "MentionView", "MentionsPage", "Moment", "NoLag", "NowView", "PeersView", "PhrasesView", "RatingsView", "ReceiverView", "RuleView", "Service", "SourceView", "StormLine", "StormView", "StoryLine", "StoryView", "TopicView", "WinBackView",
    "evening_before", "is_open", "open_service", "week_before",
]


class Service(Briefs, Rules, Topics, Emerging, House, Peers, Handing, Campaigns, Customers, CareDigests, Phrases):
    """Every use case of a person over one store. Holds no state of its own; safe to share between threads."""


def open_service(settings: Settings, *, now: Callable[[], datetime]) -> Service:
    """Return a service on the settings' own database, for a process that is not the pipeline's. Raises: StorageError."""
    return Service(open_store(settings.database), settings, now=now)
