"""A customer: the accounts somebody said are theirs, what they said and how it went, their cases, promises and answers to surveys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alerts import reach as reach_of
from alerts.care import winback
from listener.calendar import JalaliWeek, jalali_week
from listener.errors import Refusal
from listener.service.authors import Authors, AuthorView
from listener.service.care_reports import CareReports
from listener.service.door import named
from listener.text import contacts, printable
from listener.types import Label, MentionKey, Reach, ScoredMention
from listener.types.care import Case, CaseState, Promise

LATEST = 200  # mentions of each account that a card is made from
MOST_ACCOUNTS = 20
MOST_CASES = 50


@dataclass(frozen=True, slots=True)
class CustomerWeek:
    """What a customer said in one Jalali week; ``rating`` is the mean of what they rated, 0..1."""

    week: JalaliWeek
    labels: Mapping[Label, int]
    mentions: int
    rating: float | None = None


@dataclass(frozen=True, slots=True)
class CustomerView:
    """One card of one customer. ``whole``: there are no older mentions than those counted."""

    accounts: tuple[AuthorView, ...]  # those that said something that is stored
    silent: tuple[str, ...]  # linked accounts ("kind:id") of which nothing is stored
    mentions: tuple[ScoredMention, ...]  # newest first
    whole: bool
    weeks: tuple[CustomerWeek, ...]  # oldest first
    reach: Reach | None  # by account: the widest post of each
    cases: tuple[Case, ...]  # theirs, and those of several people of whom they are one
    promises: tuple[Promise, ...]
    rated: tuple[ScoredMention, ...]  # answers to surveys and reviews with stars
    won_back: int = 0  # ended cases after which they came back: this person, whoever else was part of the matter


def account_of(name: str) -> tuple[str, str]:
    """Return kind and id of an account. Raises: ValueError for what names none."""
    kind, _, id = name.partition(":")
    if not kind.strip() or not id.strip():
        raise Refusal(f"customer {printable(name)[:80]!r}", "account")
    return kind, id


class Customers(CareReports, Authors):
    """Customers, asked about and linked."""

    def customer(self, name: str) -> CustomerView | None:
        """Return the card of the customer an account ("kind:id") belongs to; None where nothing of them is stored."""
        kind, _, id = name.partition(":")
        accounts = [f"{one}:{other}" for one, other in self.store.linked_accounts((kind, id))][:MOST_ACCOUNTS]
        pages = {one: self.store.mentions(author=one, limit=LATEST) for one in accounts}
        corrected = self._corrections(post.mention.key for page in pages.values() for post in page.items)
        views = {one: card for one in accounts if (card := self._author(one, pages[one], corrected)) is not None}
        cases = list({case.number: case for one in accounts for case in self.store.cases(involving=one, limit=MOST_CASES)}.values())
        if not views and not cases:
            return None
        found: dict[MentionKey, ScoredMention] = {}
        for page in pages.values():
            for post in page.items:
                if (author := post.mention.author) is not None and f"{author.kind}:{author.id}" in accounts:
                    found.setdefault(post.mention.key, post)
        posts = sorted(found.values(), key=lambda one: (one.mention.published_at, one.mention.key), reverse=True)
        reaches = [(f"{a.kind}:{a.id}", post.reach) for post in posts if (a := post.mention.author) is not None and post.reach is not None]
        return CustomerView(
            tuple(views.values()), tuple(one for one in accounts if one not in views), tuple(posts), all(page.next is None for page in pages.values()),
            self._weeks(posts, corrected), reach_of.total(reaches) if reaches else None, tuple(sorted(cases, key=lambda one: -one.number)),
            tuple(promise for case in cases for promise in self.store.promises(case=case.number)),
            tuple(post for post in posts if post.mention.rating is not None),
            sum(self._won_back(case, accounts) for case in cases if not case.open))

    def _won_back(self, case: Case, accounts: Sequence[str]) -> bool:
        if not case.shared:
            return case.state is CaseState.WON_BACK
        over = [span for span in self.settings.care.days if case.resolved_at is not None and case.resolved_at + span <= self.now()]
        said = [word for one in accounts for word in self.said_since(case, one)]
        return bool(over) and winback.outcome(case.resolved_at or self.now(), said, over[-1], self.now()) is winback.Outcome.POSITIVE

    def _weeks(self, posts: Sequence[ScoredMention], corrected: Mapping[MentionKey, Label]) -> tuple[CustomerWeek, ...]:
        grouped: dict[JalaliWeek, list[ScoredMention]] = {}
        for one in reversed(posts):
            grouped.setdefault(jalali_week(one.mention.published_at.astimezone(self.zone).date()), []).append(one)
        made = []
        for week, some in grouped.items():
            told = [corrected.get(one.mention.key) or (one.score.label if one.score else None) for one in some]
            rated = [one.mention.rating for one in some if one.mention.rating is not None]
            made.append(CustomerWeek(week, {label: told.count(label) for label in Label}, len(some), sum(rated) / len(rated) if rated else None))
        return tuple(made)

    def who(self, *, handle: str | None = None, phone: str | None = None, email: str | None = None) -> tuple[str, ...]:
        """Return the accounts ("kind:id") that somebody may be: by handle or name, or by a phone or an e-mail.

        Raises: ValueError where nothing or no phone or e-mail is asked for, or without the key that they are hashed with.
        """
        if handle:
            handle = handle.strip().removeprefix("@")
            kind, _, id = handle.partition(":")
            direct = [f"{kind}:{id}"] if id and self.store.linked_accounts((kind, id)) and self.store.accounts_called(id) else []
            return tuple(dict.fromkeys([*direct, *(f"{one.kind}:{one.id}" for one in self.store.accounts_called(handle))]))
        sort, written = ("phone", phone) if phone else ("email", email)
        if not written:
            raise Refusal("who", "who.nobody")
        hash = contacts.hashed(self.contact_key(), sort, written)
        if hash is None:
            raise Refusal("who", f"who.{sort}")
        return tuple(f"{kind}:{id}" for kind, id in self.store.accounts_reached_by(hash))

    def export_customer(self, name: str, who: str) -> dict[str, Any]:
        """Return all that is stored about the person an account ("kind:id") belongs to, as JSON. That it was asked for stands in the record."""
        kind, id = account_of(name)
        found = {"exported_at": self.now().isoformat(timespec="seconds"), **self.store.everything_of(kind, id)}
        self.store.log(named(who), "export a customer", kind, self.now())
        return found

    def forget_customer(self, name: str, who: str) -> Mapping[str, int]:
        """Delete all that is stored about the person an account ("kind:id") belongs to, under all linked accounts. Returns how many rows of
        each sort are gone; none of the accounts is collected again.
        """
        return self.forget(*account_of(name), who)

    def contact_key(self) -> str:
        """Return the key phones and e-mails are hashed with. Raises: ValueError where there is none."""
        variable, key = self.settings.care.contact_key_env, self.settings.care.contact_key
        if not key:
            raise Refusal("contacts", "contacts.unset", variable=variable) if variable else Refusal("contacts", "contacts.none")
        return key

    def link_customer(self, accounts: Sequence[str], who: str) -> None:
        """Say that accounts ("kind:id") are one customer."""
        name = named(who)
        pairs = [(kind, id) for one in accounts for kind, _, id in [one.partition(":")] if id]
        if len(set(pairs)) < 2 or len(pairs) < len(accounts):
            raise Refusal("link", "link")
        self.store.link_accounts(pairs, name, self.now())

    def unlink_customer(self, account: str, who: str) -> None:
        """Say that an account is somebody else's."""
        name, (kind, _, id) = named(who), account.partition(":")
        if not self.store.unlink_account((kind, id), name, self.now()):
            raise Refusal(f"unlink {account!r}", "unlink")
