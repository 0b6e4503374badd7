"""Digests: preview, make, send, keep; who gets which, and how somebody gets one no more.

One message a subscription and period: its key says which. A digest is made when it is due, kept, and told of in the outbox together with
the mark of its schedule; what goes out is made from what is kept at the moment it goes. So a crash, two processes or a clock that
is set lose none and send none twice.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from email.utils import parseaddr
from typing import Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

from alerts.digest import build, frozen, markdown
from alerts.digest import text as plain
from alerts.digest.figures import Figures
from alerts.digest.handover import EVERYTHING, changes, handover
from alerts.digest.html import html
from alerts.digest.nouns import Digest, Line
from alerts.digest.periods import CATCH_UP, Every, Period, due, due_at, last, parse, shift_at
from alerts.wording import isolate
from config.settings import DAYS
from listener.calendar import Language
from listener.errors import ConfigError, Refusal
from listener.service import paper
from listener.service.digest_facts import MISSED, DigestFacts
from listener.service.door import DAY, named, reasoned
from listener.storage import KeptDigest
from listener.text import printable
from listener.types import Attachment, Decision, Delivery, Letter, Message, Reason

Format = Literal["html", "text", "pdf", "md", "json"]
FORMATS: tuple[Format, ...] = ("html", "text", "pdf", "md", "json")
DECISIONS = 3  # a page holds
DECISION_LENGTH = 300
LATE = timedelta(hours=1)  # from which on a digest says that it is
LONGEST_TOKEN = 2_000


@dataclass(frozen=True, slots=True)
class Subscription:
    """Who gets which digest: of one brand, at one receiver, and where that is a mailbox of several, one address of it."""

    receiver: str
    address: str  # "" for a receiver that is no mailbox
    brand: str  # EVERYTHING for a hand-over
    every: Every
    language: Language
    clock: time
    day: int  # 0 is Saturday
    pdf: bool = False
    unsubscribe_to: str | None = None

    @property
    def key(self) -> str:
        """Sixteen hex digits that say who gets what, and not the address itself."""
        told = "\n".join((self.receiver, self.address.casefold(), self.brand, self.every))
        return hashlib.sha256(told.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class SubscriptionView:
    subscription: Subscription
    unsubscribed_at: datetime | None
    next_at: datetime | None


class Digests(DigestFacts):
    """What a person does and asks about digests, and the pass that writes those that are due."""

    # -- looking

    def digest_period(self, name: str | None = None, *, every: Every = Every.WEEK, brand: str | None = None) -> Period:
        """Return the period of a name, or the last one that is over. Raises: ValueError for a name that is none."""
        zone = self.settings.zone_of(brand) if brand else self.zone
        if name is not None:
            return parse(name)
        if every is Every.SHIFT:
            return self._last_shift(self.now())
        return last(every, self.now(), zone)

    def digest(self, brand: str, period: Period, language: Language) -> Digest:
        """Return the digest that was made of a period; where none is kept, as it would be made now. Nothing is stored.

        Raises: ValueError for a brand that is none of ours, a period that has not begun.
        """
        kept = self.kept_digest(brand, period.name, language)
        return kept if kept is not None else self._made(brand, period, language)

    def kept_digest(self, brand: str, period: str, language: Language) -> Digest | None:
        """Return the digest that was made of a period, as it was then."""
        content = self.store.digest(brand, period, language)
        return None if content is None else frozen.thawed(content)

    def kept_digests(self, brand: str | None = None, *, limit: int = 100) -> tuple[KeptDigest, ...]:
        """Return which digests are kept, the newest first."""
        return tuple(self.store.digests(brand, limit=limit))

    def digest_file(self, digest: Digest, form: Format) -> bytes:
        """Return one form of a digest. Raises: ConfigError for a PDF where what it needs is not installed."""
        if form == "pdf":
            return paper.pdf(digest)
        made = {"html": lambda: paper.page(digest), "text": lambda: plain.text(digest), "md": lambda: markdown.markdown(digest),
                "json": lambda: frozen.frozen(digest, indent=2) + "\n"}[form]()
        return made.encode()

    def _made(self, brand: str, period: Period, language: Language) -> Digest:
        zone = self.zone if brand == EVERYTHING else self.settings.zone_of(brand)
        if period.span(zone)[0] > self.now():
            raise Refusal(f"period {period.name!r}", "period")
        if brand == EVERYTHING:
            return handover(self.shift_facts(period, language), language, zone)
        return build(self.digest_facts(brand, period, language), language, zone)

    # -- what people add

    def add_decision(self, brand: str, period: str, words: str, owner: str, who: str, *, due: date | None = None) -> Decision:
        """Return what is to be decided, asked by ``who`` in the digest of a period. Raises: ValueError where it holds three already."""
        name, text, whose = named(who), " ".join(printable(words).split())[:DECISION_LENGTH], named(owner)
        self._own(brand)
        about = parse(period)
        if not text:
            raise Refusal("decision", "decision.empty")
        number = self.store.add_decision(brand, about.name, text, whose, due, who=name, at=self.now(), most=DECISIONS)
        if number is None:
            raise Refusal(f"decision of {about.name}", "decision.full", n=DECISIONS)
        return next(one for one in self.decisions(brand, about) if one.id == number)

    def drop_decision(self, number: int, who: str) -> None:
        """Take a decision out again. Raises: ValueError where it is not there."""
        if not self.store.drop_decision(number, who=named(who), at=self.now()):
            raise Refusal(f"decision {number}", "decision.gone")

    def report_missed(self, brand: str, what: str, who: str) -> None:
        """Keep that a person found a storm that no alert told of: the digest counts it among our misses."""
        self._own(brand)
        self.store.log(named(who), f"{MISSED}{reasoned(what)}", brand, self.now())

    # -- who gets them

    def subscriptions(self) -> tuple[Subscription, ...]:
        """Return who gets which digest, as configured; those who unsubscribed are among them."""
        receivers, found = {one.name: one for one in self.settings.receivers}, []
        for row in self.settings.digest:
            receiver = receivers[row.receiver]
            addresses = [parseaddr(str(one))[1] for one in receiver.options.get("to", ())] if receiver.kind == "email" else [""]
            brands = (EVERYTHING,) if row.every == "shift" else row.brands or self.brands()
            found += [Subscription(row.receiver, address, brand, Every(row.every), row.language or receiver.language, row.time, DAYS.index(row.day), row.pdf,
                                   row.unsubscribe_to)
                      for brand in brands for address in addresses]
        return tuple({one.key: one for one in found}.values())

    def subscribers(self) -> tuple[SubscriptionView, ...]:
        """Return who gets which digest, with who unsubscribed and when the next one is due."""
        refused, at = self.store.digest_refusals(), self.now()
        return tuple(SubscriptionView(one, refused.get(one.key), self._next(one, at)) for one in self.subscriptions())

    def _next(self, one: Subscription, at: datetime) -> datetime | None:
        zone = self._zone_of(one)
        if one.every is Every.SHIFT:
            return next(changes(self._rota(), at, at + 8 * DAY, zone), None)
        period = last(one.every, at, zone)
        while (when := due_at(period, zone, clock=one.clock, day=one.day)) <= at:
            period = period.following()
        return when

    def _zone_of(self, one: Subscription) -> ZoneInfo:
        return self.zone if one.brand == EVERYTHING else self.settings.zone_of(one.brand)

    def unsubscribe_token(self, one: Subscription) -> str:
        """Return the word in a mail's link by which its reader is known again; it names nobody, and nobody else can make it."""
        said = base64.urlsafe_b64encode(one.key.encode()).decode().rstrip("=")
        return f"{said}.{self._signature(said)}"

    def subscription_of(self, token: str) -> Subscription:
        """Return what a token would unsubscribe. Raises: ValueError for one that is not ours, or of a subscription that is gone."""
        said, _, signature = token.strip()[:LONGEST_TOKEN].partition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(said).encode()):
            raise Refusal("unsubscribe", "unsubscribe.link")
        key = base64.urlsafe_b64decode(said + "=" * (-len(said) % 4)).decode()
        found = next((one for one in self.subscriptions() if one.key == key), None)
        if found is None:
            raise Refusal("unsubscribe", "unsubscribe.gone")
        return found

    def unsubscribe(self, token: str) -> Subscription:
        """Send what a token names no more; again is no mistake. Raises: ValueError for one that is not ours."""
        found = self.subscription_of(token)
        self.store.refuse_digest(found.key, self.now())
        return found

    def resubscribe(self, key: str, who: str) -> None:
        """Let a subscription be served again that was unsubscribed. Raises: ValueError where it was not."""
        name = named(who)
        if not self.store.readmit_digest(key):
            raise Refusal(f"subscription {key!r}", "subscription.on")
        self.store.log(name, "resubscribe digest", key, self.now())

    def _signature(self, said: str) -> str:
        key = self.store.signing_key("unsubscribe", secrets.token_hex(32))
        return hmac.new(bytes.fromhex(key), said.encode(), hashlib.sha256).hexdigest()[:32]

    # -- sending

    def write_digests(self) -> int:
        """Make every digest that has fallen due and put it into the outbox, once; return how many messages are new.

        One that is configured now begins now: weeks before it are not sent. What fell due while nothing ran is sent late,
        the last few of a week's, the last one of a day's.
        """
        at, written = self.now(), 0
        refused = self.store.digest_refusals()
        for one in self.subscriptions():
            since = self.store.digest_mark(one.key, at)
            for period, when in self._due(one, since, at):
                if one.key not in refused:
                    written += self._enqueue(one, period, when)
                self.store.move_digest_mark(one.key, when)
        return written

    def send_digest(self, brand: str, period: Period) -> int:
        """Put the digest of a period into the outbox for all who get it; return how many messages are new: whoever has it gets it not again."""
        refused = self.store.digest_refusals()
        return sum(self._enqueue(one, period, None) for one in self.subscriptions()
                   if one.brand == brand and one.every is period.every and one.key not in refused)

    def _due(self, one: Subscription, since: datetime, at: datetime) -> Iterator[tuple[Period, datetime]]:
        zone = self._zone_of(one)
        if one.every is not Every.SHIFT:
            yield from due(one.every, since, at, zone, clock=one.clock, day=one.day)
            return
        for when in list(changes(self._rota(), max(since, at - 2 * DAY), at, zone))[-CATCH_UP[Every.SHIFT]:]:
            yield shift_at(when, zone), when

    def _last_shift(self, at: datetime) -> Period:
        found = list(changes(self._rota(), at - 8 * DAY, at, self.zone))
        if not found:
            raise Refusal("hand-over", "handover")
        return shift_at(found[-1], self.zone)

    def _enqueue(self, one: Subscription, period: Period, when: datetime | None) -> int:
        """Keep the digest where it is not kept, and tell of it in the outbox and in the schedule, all of it or nothing."""
        made = self.kept_digest(one.brand, period.name, one.language) or self._made(one.brand, period, one.language)
        message = Message(
            key=f"digest:{period.name}:{one.key}", title=_unmarked(made.title), lines=plain.brief(made), language=one.language, reason=Reason.FIRST,
            url=f"{self.settings.board.link}/digest?period={period.name}" if self.settings.board.link else None, quiet=True,
            left=(one.address,) if one.address else (), digest=json.dumps([one.brand, period.name, one.language], ensure_ascii=False), due_at=when)
        with self.store.together():
            self.store.save_digest(KeptDigest(one.brand, period.name, one.language, str(period.every), made.made_at), frozen.frozen(made),
                                   frozen.quoted(made))
            added = self.store.add_deliveries([Delivery(message.key, one.receiver, message, due_at=self.now())])
            if when is not None:
                self.store.move_digest_mark(one.key, when)
        return added

    def dressed(self, delivery: Delivery) -> Message:
        """Return a message as it goes out: one that brings a digest gets its page, text and pictures, from what is kept of it."""
        message = delivery.message
        if message.digest is None:
            return message
        brand, period, language = json.loads(message.digest)
        made = self.kept_digest(brand, period, language)
        if made is None:
            return message
        key = message.key.rpartition(":")[2]
        one = next((two for two in self.subscriptions() if two.key == key), None)
        figures = Figures(language, self.zone)
        late = None
        if message.due_at is not None and self.now() - message.due_at >= LATE:
            late = figures.say("late", due=figures.when(message.due_at), late=figures.span(self.now() - message.due_at))
        lines = plain.brief(made, late)
        if not message.left:
            return replace(message, lines=lines)
        ending, ends = self._ending(one, figures) if one is not None else ((), ())
        drawn = paper.pictures(made)
        files = [Attachment(f"{name}.png", "image/png", png, name) for name, png in drawn.items()]
        if one is not None and one.pdf:
            try:
                files.append(Attachment(f"{period}.pdf", "application/pdf", paper.pdf(made)))
            except ConfigError:  # a mail without its paper is better than none
                ending = (*ending, Line(figures.say("no_pdf")))
        letter = Letter(html(made, late=late, ending=ending), plain.text(made, late=late, ending=ending), tuple(files), ends)
        return replace(message, lines=lines, letter=letter)

    def _ending(self, one: Subscription, figures: Figures) -> tuple[tuple[Line, ...], tuple[str, ...]]:
        """Return why somebody gets this and how it ends, and the addresses that end it: a page of ours that can be reached from outside,
        a mailbox that a person reads (``goosh digest unsubscribe`` takes what the mail to it says).
        """
        lines, ends = [Line(figures.say("subscribed", heading=figures.say(f"heading.{one.every}", brand=isolate(one.brand))))], []
        if self.settings.web.url and self.settings.web.enabled:
            ends.append(f"{self.settings.web.url.rstrip('/')}/unsubscribe?token={self.unsubscribe_token(one)}")
            lines.append(Line(figures.say("unsubscribe"), ends[0]))
        if one.unsubscribe_to:
            ends.append(f"mailto:{quote(one.unsubscribe_to, safe='@+')}?subject=unsubscribe%20{self.unsubscribe_token(one)}")
            lines.append(Line(figures.say("unsubscribe.mail", to=isolate(one.unsubscribe_to), word=isolate(self.unsubscribe_token(one)))))
        return tuple(lines), tuple(ends)


def _unmarked(text: str) -> str:
    return text.replace("\u2068", "").replace("\u2069", "")
