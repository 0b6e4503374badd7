"""Answers of people: what they press or write under an alert in Telegram and Bale becomes an act of theirs, once.

A pass over the bots of the receivers, one reading a bot. Everything is done through ``service``; the act, the answer to the
person (through the outbox) and the mark that the update was taken are one transaction, so that a kill in between leaves
nothing half done and nothing is done twice.

* Who is heard: chats of configured receivers. In a public chat only people whom the configuration knows: a person's private
  chat with the bot has the number of the person (``[[people]]`` and its receivers name them everywhere). All others are
  passed over in silence and stand in the log.
* What is understood: buttons; ``۱`` to ``۶`` in the digits of any script, words («برمی‌دارم», "take"), also as a command
  (``/1``); after ۵ and ۶ the reason, which is asked for where it lacks. In a group only what answers the bot, or a lone
  number: people talk there, and of a stranger's a lone number judges nothing.
* About which alert: that of the message answered, or named by its mark (``1 3fa1``); else the only one it can be about; else
  the person is asked. While a drill goes on they are always asked: the answer may be to the exercise.
"""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from alerts.notifiers.bot_api import ANSWERS, MARK, UPDATES, BotNotifier, mark
from alerts.wording import clip, isolate
from listener.calendar import format_date
from listener.collectors import telegram_bot
from listener.collectors.payload import clean, mapping
from listener.collectors.telegram_bot import POSTS, Other, account, shared, slowest, turn
from listener.errors import NotifyError, StorageError
from listener.pipeline import Receiver
from listener.service import Service
from listener.storage import Store
from listener.text import matching_key, printable
from listener.types import Alert, AlertState, Delivery, Message, Precision, Reason, VerdictKind
from listener.words import Language, catalogue, digits, say

log = logging.getLogger("goosh.replies")

MUTED = timedelta(hours=4)
ASKED = timedelta(minutes=15)       # how long what somebody was asked is answered by the next thing they say
JUDGED = timedelta(hours=48)        # how long after its end an alert is looked for when somebody judges without naming it
AWAY = 60.0                         # seconds without a reading, after which answers may be older than the alerts
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 300.0  # seconds a bot is left alone that cannot be read
NAME, TITLE, LISTED = 60, 120, 5    # characters of a name and a title; alerts in a list
LONGEST = 4_096                     # characters of an answer that are looked at
SEARCHED = 1_000                    # newest alerts among which a mark is looked for
REASONED = ("mute", "resolve")  # answers that need a reason
JUDGEMENTS = {"real": VerdictKind.REAL, "not_ours": VerdictKind.NOT_OURS, "known": VerdictKind.KNOWN}

_NUMBER = re.compile(r"/?(\d)(?!\d)[\ufe0f\u20e3.)\]:،,؛;–-]*(?:@\w+)?(?:\s+|$)(.*)")
_COMMAND = re.compile(r"/([a-z_]{2,20})(?:@\w+)?(?:\s+(.*))?$", re.IGNORECASE)
_OWN_MARK = re.compile(rf"#([0-9a-f]{{{MARK}}})(?![0-9a-f])")
_MARK = re.compile(r"#?([0-9a-f]{4,16})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody means: one of ``ANSWERS``, the beginning of a fingerprint where one was named, and the reason given."""

    answer: str
    mark: str = ""
    why: str = ""
    number: bool = True  # False: said in words


@dataclass(frozen=True, slots=True)
class Heard:
    """One update in which a person said something."""

    chat: int
    place: str           # name of a public chat, without @; empty: not public
    private: bool
    user: int
    name: str
    text: str
    to_us: bool          # it answers a message of a bot
    about: str           # mark in the message it answers, or fingerprint of the button
    at: datetime | None  # when it was written
    query: str = ""      # of a button


def parse(text: str) -> Said | None:
    """Return what somebody means by ``text``, or None for what is no answer.

    >>> parse("۱"), parse("برمی‌دارم").answer, parse("6 پول برگشت").why, parse("۳ سفارش دارم")
    (Said(answer='take', mark='', why='', number=True), 'take', 'پول برگشت', None)
    """
    line = printable(text[:LONGEST]).strip()
    if found := _NUMBER.match(line):
        place = int(found[1])
        return _completed(ANSWERS[place - 1], found[2], True) if 1 <= place <= len(ANSWERS) else None
    command = _COMMAND.match(line)
    words = (" ".join((command[1].replace("_", " "), command[2] or "")) if command else line).split()
    for length in range(min(len(words), 4), 0, -1):
        if answer := _vocabulary().get(matching_key(" ".join(words[:length]).strip(".!؟?،,"))):
            return _completed(answer, " ".join(words[length:]), False)
    return None


def _completed(answer: str, rest: str, number: bool) -> Said | None:
    """Take a mark and a reason off what follows the answer; a sentence after one that needs no reason makes it none."""
    first, _, why = rest.strip().partition(" ")
    named = _MARK.fullmatch(first)
    if answer not in REASONED:
        return Said(answer, named[1].lower() if named else "", "", number) if not rest.strip() or (named and not why) else None
    if named:
        return Said(answer, named[1].lower(), why.strip(), number)
    return Said(answer, "", rest.strip(), number)


@cache
def _vocabulary() -> dict[str, str]:
    return {matching_key(word): answer for answer in ANSWERS for side in catalogue()[f"reply.heard.{answer}"]
            for word in side.split("/")}


def heard(update: Mapping[str, Any]) -> Heard | None:
    """Return what a person said with an update of a bot, or None for what nobody said: posts, edits, other bots."""
    pressed = mapping(update.get("callback_query"))
    message = mapping(pressed.get("message") or update.get("message"))
    chat, person = mapping(message.get("chat")), mapping((pressed or message).get("from"))
    if type(chat.get("id")) is not int or type(person.get("id")) is not int or person.get("is_bot"):
        return None
    answered = mapping(message.get("reply_to_message"))
    if pressed:
        answer, _, about = clean(pressed.get("data")).partition(":")
        if answer not in ANSWERS or not re.fullmatch(r"[0-9a-f]{16}", about):
            return None
        text = str(ANSWERS.index(answer) + 1)
    else:
        text = clean(message.get("text"))
        marks = _OWN_MARK.findall(clean(answered.get("text")))
        about = marks[-1] if marks else ""  # the last is ours: posts of others stand above it
    parts = (clean(person.get(name)) for name in ("first_name", "last_name"))
    name = " ".join(filter(None, parts)) or clean(person.get("username"))
    written = message.get("date")
    return Heard(chat["id"], clean(chat.get("username")), chat["id"] == person["id"] > 0, person["id"],
                 clip(name, NAME), text, bool(pressed) or mapping(answered.get("from")).get("is_bot") is True, about,
                 _instant(written) if not pressed else None, clean(pressed.get("id")))


def _instant(seconds: object) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC) if type(seconds) is int else None
    except (ValueError, OverflowError, OSError):
        return None


@dataclass(slots=True)
class _Bot:
    """A bot, the receivers that write by it, and the sources that read it, too."""

    account: str
    kind: str
    notifier: BotNotifier
    receivers: list[Receiver] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    known: Mapping[int, str] = field(default_factory=dict)  # people by their number
    failures: int = 0
    wait_until: float = 0.0  # monotonic
    read_at: float | None = None  # monotonic; None: not yet by this process


class Replies:
    """The pass that hears people. One for a process; ``close`` when it ends."""

    def __init__(self, service: Service, receivers: Sequence[Receiver]) -> None:
        self.service, self.store = service, service.store
        self._bots: dict[str, _Bot] = {}
        for receiver in receivers:
            self._join(receiver)
        for bot in self._bots.values():
            bot.known = self._people(bot.kind, receivers)
            bot.sources = [source.name for source in service.settings.sources if not source.paused
                           and _account_of(source.options) == bot.account]
            if bot.sources:
                shared(bot.account, Other(bot.notifier.told, _offset_of(self.store, bot.account)))

    def _join(self, receiver: Receiver) -> None:
        notifier = receiver.notifier
        if not isinstance(notifier, BotNotifier) or not notifier.options.buttons:
            return
        try:
            own = account(notifier.options.base_url, notifier.token())
        except NotifyError as error:
            log.warning("%s; answers are not heard", error)
            return
        self._bots.setdefault(own, _Bot(own, notifier.kind, notifier)).receivers.append(receiver)

    def _people(self, kind: str, receivers: Sequence[Receiver]) -> dict[int, str]:
        """Return the people whose private chat of this kind is known, by its number, which is theirs."""
        chats = {one.name: number for one in receivers if isinstance(one.notifier, BotNotifier) and one.notifier.kind == kind
                 and (number := _number(one.notifier.options.chat)) is not None and number > 0}
        found: dict[int, str] = {}
        for person in self.service.settings.people:
            for name in person.receivers:
                if name in chats:
                    found.setdefault(chats[name], person.name)
        return found

    def close(self) -> None:
        for bot in self._bots.values():
            shared(bot.account, None)

    def read(self) -> int:
        """Take what people said since the last time; return how much of it meant something. Raises: StorageError."""
        return sum(self._read(bot) for bot in self._bots.values())

    def _read(self, bot: _Bot) -> int:
        if time.monotonic() < bot.wait_until:
            return 0
        state = self.store.bot(bot.account)
        try:
            news = self._news(bot, state.get("offset"))
        except NotifyError as error:
            pause = max(min(FIRST_PAUSE * 2 ** min(bot.failures, 10), LONGEST_PAUSE),
                        min(error.retry_after.total_seconds(), LONGEST_PAUSE) if error.retry_after else 0)
            bot.failures, bot.wait_until = bot.failures + 1, time.monotonic() + pause
            log.log(logging.WARNING if bot.failures == 1 else logging.DEBUG, "%s; its answers wait", error)
            return 0
        late = bot.read_at is None or time.monotonic() - bot.read_at > AWAY
        bot.failures, bot.read_at = 0, time.monotonic()
        done = 0
        for update in news:
            after = self._take(bot, update, state, late)
            if after is None:
                break
            state, meant = after
            done += meant
        return done

    def _news(self, bot: _Bot, offset: int | None) -> list[Mapping[str, Any]]:
        """Return the updates that were not taken yet; those that a source has still to store stay where they are."""
        with turn(bot.account):
            first = slowest((offset, *(_offset(self.store.cursor(name)) for name in bot.sources)))
            kinds = POSTS if bot.sources else ()
            shown = bot.notifier.updates(first, kinds)
            full = len(shown) >= UPDATES and first != offset
            if full and offset is not None and offset > max(one["update_id"] for one in shown):
                log.warning("%s: %d updates wait that the source %s has not read; answers go before them, and they are lost "
                            "to it", bot.receivers[0].name, len(shown), ", ".join(bot.sources))
                first, shown = offset, bot.notifier.updates(offset, kinds)
        # numbers below what was asked for: Telegram counts anew after a week of silence
        return [one for one in shown
                if offset is None or one["update_id"] >= offset or first is not None and one["update_id"] < first]

    def _take(self, bot: _Bot, update: Mapping[str, Any], state: Mapping[str, Any],
              late: bool) -> tuple[Mapping[str, Any], bool] | None:
        """Act on one update and note that it is done, together; return what is remembered of the bot from now on and whether
        the update meant something. None: another process took it.
        """
        number = int(update["update_id"])
        after: Mapping[str, Any] = {**state, "offset": number + 1}
        done: str | None = None
        said = None
        try:
            said = heard(update)
            with self.store.together():
                if self.store.bot(bot.account) != state:
                    return None
                if said is not None:
                    after, done = _Conversation(self, bot, said, number, after, late).act()
                self.store.save_bot(bot.account, after)
        except StorageError:
            raise
        except Exception:  # a mistake of ours must not keep the next answer from being heard
            log.exception("%s: a mistake of this program at update %d; it is passed over", bot.receivers[0].name, number)
            after = {**state, "offset": number + 1}
            self.store.save_bot(bot.account, after)
        if done and said is not None and said.query:
            try:
                bot.notifier.noticed(said.query, done)
            except NotifyError as error:  # the answer in the chat says the same
                log.debug("%s", error)
        return after, done is not None


@dataclass(slots=True)
class _Conversation:
    """One thing a person said, and what becomes of it; inside one transaction."""

    replies: Replies
    bot: _Bot
    said: Heard
    number: int
    state: Mapping[str, Any]
    late: bool
    receiver: Receiver | None = None

    @property
    def service(self) -> Service:
        return self.replies.service

    @property
    def store(self) -> Store:
        return self.replies.store

    def act(self) -> tuple[Mapping[str, Any], str | None]:
        """Return what is remembered of the bot from now on, and what the person is told; None: nothing."""
        said = self.said
        self.receiver = next((one for one in self.bot.receivers if _is_chat(one.notifier, said)), None)
        if self.receiver is None or said.place and not said.private and said.user not in self.bot.known:
            log.info("%s: passed over, not on the list: chat %d, user %d", self.bot.kind, said.chat, said.user)
            return self.state, None
        asked = self._asked()
        meant = parse(said.text)
        told_us = said.private or said.to_us
        if asked is not None and told_us and said.text.strip() and not (said.query or meant and meant.number):
            meant, said = replace(asked, why=printable(said.text[:LONGEST])), replace(said, about="")
        elif meant is None:
            if said.private and not said.to_us:
                self._answer(self._list(self.say("reply.legend"), self._open()))
                return self.state, self.say("reply.legend")
            return self.state, None
        elif not told_us and (not meant.number or meant.why):
            return self.state, None  # people talk in a group
        elif not told_us and meant.answer in JUDGEMENTS and said.user not in self.bot.known:
            return self.state, None  # a verdict weighs on a rule for months
        self._forget()
        wanted = said.about or meant.mark
        if wanted:
            found = self._named(wanted)
            if not found and meant.mark and not said.about and meant.answer in REASONED:  # it was a word of the reason
                meant, wanted = replace(meant, mark="", why=" ".join(filter(None, (meant.mark, meant.why)))), ""
                found = self._fitting(meant.answer)
        else:
            found = self._fitting(meant.answer)
        if said.about and meant.mark and not said.query:
            meant = replace(meant, mark="", why=" ".join(filter(None, (meant.mark, meant.why))))
        if len(found) == 1 and (wanted or not self._drilled()):
            done = self._done(meant, found[0])
            return self.state, done
        if wanted and not found:
            return self.state, self._answer(self.say("reply.drill" if self._drilled() else "reply.unknown"))
        if not found:
            return self.state, self._answer(self.say("reply.drill" if self._drilled() else "reply.none_open"))
        place = ANSWERS.index(meant.answer) + 1
        example = digits(f"{place} {found[0].fingerprint[:4]}", self.language)
        return self.state, self._answer(self._list(self.say("reply.which", example=isolate(example)), found))

    # -- the alert

    def _drilled(self) -> bool:
        """Whether people are called for an exercise just now, or were when this was written."""
        until = self.store.drill_until()
        return until is not None and min(self.service.now(), self.said.at or self.service.now()) <= until

    def _named(self, beginning: str) -> list[Alert]:
        if len(beginning) == 16:
            exact = self.store.alert(beginning)
            return [exact] if exact else []
        return [alert for alert in self.service.alerts(limit=SEARCHED) if alert.fingerprint.startswith(beginning)]

    def _open(self) -> list[Alert]:
        """Return the open alerts that people were told of; of those it may be about, where the answer came late."""
        written = self.said.at if self.late else None
        return [alert for alert in self.service.alerts(open_only=True, limit=SEARCHED)
                if alert.state is not AlertState.CANDIDATE and alert.why.get("told", True)
                and (written is None or alert.fired_at <= written + timedelta(minutes=1))]

    def _fitting(self, answer: str) -> list[Alert]:
        """Return what an answer without a name can be about: untaken alerts are taken first, ended ones can still be judged."""
        found = self._open()
        if answer == "take":
            return [alert for alert in found if alert.state is AlertState.FIRING] or found
        if found or answer not in JUDGEMENTS:
            return found
        since = self.service.now() - JUDGED
        return [alert for alert in self.store.alerts(since=since - JUDGED, limit=SEARCHED)
                if alert.state is AlertState.RESOLVED and (alert.resolved_at or since) > since and alert.why.get("told", True)]

    # -- the act

    def _done(self, meant: Said, alert: Alert) -> str:
        """Do what was meant; return the sentence that says so."""
        try:
            return self._act(meant, alert)
        except ValueError as error:  # the service's refusal
            return self._answer(self.say("reply.refused", why=isolate(clip(str(error), TITLE))), alert)

    def _act(self, meant: Said, alert: Alert) -> str:
        if meant.answer in JUDGEMENTS:
            done = self.service.verdict(alert.fingerprint, JUDGEMENTS[meant.answer], self.who)
            said = self.say(f"reply.judged.{meant.answer}", who=isolate(self.who))
            if done.demoted:
                said += "\n" + self.say("rule.demoted", right=done.demoted.right, judged=done.demoted.judged, rule=isolate(done.rule))
            return self._answer(said, alert)
        if alert.state in (AlertState.RESOLVED, AlertState.REVIEWED):
            by = alert.why.get("resolved_by")
            return self._answer(self.say("reply.ended.by", who=isolate(str(by))) if by else self.say("reply.ended"), alert)
        if meant.answer == "take":
            if alert.acknowledged_by and alert.acknowledged_by != self.who:
                return self._answer(self.say("reply.taken.already", who=isolate(alert.acknowledged_by)), alert)
            self.service.acknowledge(alert.fingerprint, self.who)
            return self._answer(self.say("reply.taken", who=isolate(self.who)), alert, notice=Reason.TAKEN)
        if not meant.why:
            return self._ask(meant, alert)
        if meant.answer == "mute":
            until = self.service.now() + MUTED
            self.service.silence(alert.subject, alert.rule, self.who, meant.why, until)
            return self._answer(self.say(
                "reply.muted", subject=isolate(alert.subject), who=isolate(self.who), why=isolate(clip(meant.why, TITLE)),
                until=format_date(until, self.language, self.service.zone, Precision.MINUTE)), alert)
        self.service.resolve(alert.fingerprint, self.who, meant.why)
        return self._answer(self.say("reply.resolved", who=isolate(self.who), why=isolate(clip(meant.why, TITLE))), alert,
                            notice=Reason.RESOLVED)

    @property
    def who(self) -> str:
        """The person of the configuration; else the name that the messenger shows, with the number that it cannot borrow."""
        known = self.bot.known.get(self.said.user)
        return known or f"{self.said.name} ({self.bot.kind} {self.said.user})".strip()

    # -- what is asked

    def _asked(self) -> Said | None:
        found = mapping(self.state.get("asked")).get(self._whom)
        if not isinstance(found, list) or len(found) != 3 or found[0] not in ANSWERS:
            return None
        until = datetime.fromisoformat(found[2])
        now = self.service.now()
        return Said(found[0], found[1]) if now <= until <= now + ASKED else None

    def _ask(self, meant: Said, alert: Alert) -> str:
        until = self.service.now() + ASKED
        asked = {whom: one for whom, one in mapping(self.state.get("asked")).items()
                 if datetime.fromisoformat(one[2]) > self.service.now()}
        self.state = {**self.state, "asked": {**asked, self._whom: [meant.answer, alert.fingerprint, until.isoformat()]}}
        return self._answer(self.say(f"reply.why.{meant.answer}"), alert)

    def _forget(self) -> None:
        asked = {whom: one for whom, one in mapping(self.state.get("asked")).items() if whom != self._whom}
        self.state = {**self.state, "asked": asked}

    @property
    def _whom(self) -> str:
        return f"{self.said.chat}:{self.said.user}"

    # -- the answer

    @property
    def language(self) -> Language:
        return self.receiver.language if self.receiver else "fa"

    def say(self, key: str, **values: Any) -> str:
        return say(key, self.language, **values)

    def _answer(self, text: str, alert: Alert | None = None, *, notice: Reason | None = None) -> str:
        """Put the answer into the outbox, where no notice goes to the chat that says the same; return its first line."""
        assert self.receiver is not None
        first, *lines = text.split("\n")
        noticed = {one.receiver for one in (self.store.deliveries(alert.fingerprint) if alert else ())
                   if one.message.reason is notice and one.message.quiet and one.sent_at is None}
        if self.receiver.name not in noticed:
            key = f"answer-{self.bot.account[:8]}-{self.number}"
            told = self._titled(alert) if alert is not None else ""
            self.store.add_deliveries([Delivery(key, self.receiver.name, Message(
                key=key, title=first, lines=(*lines, *([told] if told else ())), language=self.language, reason=Reason.NONE,
                quiet=True), self.service.now())])
        return first

    def _list(self, head: str, alerts: Sequence[Alert]) -> str:
        """Return the head and a line for each alert, each with its mark."""
        return "\n".join((head, *(self._titled(alert) for alert in alerts[:LISTED])))

    def _titled(self, alert: Alert) -> str:
        """Return an alert in one line as it was told, with its mark."""
        told = next((one.message.title for one in self.store.deliveries(alert.fingerprint)
                     if one.message.reason.sends and one.message.language == self.language), None)
        title = told or f"{self.say(f'alert.{alert.severity}')} · {isolate(clip(alert.subject, NAME))}"
        return f"{mark(alert.fingerprint)} {title}"


def _is_chat(notifier: object, said: Heard) -> bool:
    """Whether somebody spoke in the chat of this receiver."""
    if not isinstance(notifier, BotNotifier):
        return False
    chat, number = notifier.options.chat, _number(notifier.options.chat)
    if number is not None:
        return number == said.chat
    return bool(said.place) and str(chat).removeprefix("@").casefold() == said.place.casefold()


def _number(chat: int | str) -> int | None:
    return int(chat) if isinstance(chat, int) or re.fullmatch(r"-?\d{1,20}", chat, re.ASCII) else None


def _account_of(options: Mapping[str, Any]) -> str | None:
    """Return the account of the bot that a source reads, or None."""
    token = os.environ.get(str(options.get("bot_token_env") or ""), "").strip()
    return account(str(options.get("bot_url") or telegram_bot.API), token) if token else None


def _offset(state: Mapping[str, Any] | None) -> int | None:
    found = (state or {}).get("offset")
    return found if isinstance(found, int) else None


def _offset_of(store: Store, own: str) -> Any:
    return lambda: _offset(store.bot(own))
