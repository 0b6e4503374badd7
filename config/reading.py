"""One pass over the merged tables: models where all is well, every problem with its key path where not."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ValidationError
from pydantic_core import ErrorDetails

from config.aspects import AspectSettings, aspect_problems
from config.board import BoardSettings
from config.care import HoursSettings
from config.cases import CareSettings, StaffSettings
from config.digest import DigestSettings
from config.durations import parse_duration
from config.holidays import read_holidays
from config.places import data_dir, default_database, placed
from config.secrets import is_variable, secret_in_address
from config.sentences import key_path, nearest, sentence, shown, toml_kind
from config.table import DAYS, Language, Table, known_zone
from config.tables import (
    BrandSettings,
    CampaignSettings,
    ClientSettings,
    Defaults,
    DutySettings,
    HeartbeatSettings,
    LogSettings,
    MouthSettings,
    PagingSettings,
    PersonSettings,
    ReachSettings,
    ReceiverSettings,
    Retention,
    RuleSettings,
    ScoreSettings,
    Settings,
    SourceSettings,
    WebSettings,
)
from listener.calendar import Holidays, Hours
from listener.registry import Registry
from listener.text import matching_key, printable

MOST_LISTED = 20  # defined names that a message repeats

ENVIRONMENT: Mapping[str, tuple[str, ...]] = {
    "GOOSH_DATABASE": ("database",),
    "GOOSH_LANGUAGE": ("language",),
    "GOOSH_TIMEZONE": ("timezone",),
    "GOOSH_BOARD_BIND": ("board", "bind"),
    "GOOSH_BOARD_PORT": ("board", "port"),
    "GOOSH_WEB_PORT": ("web", "port"),
    "GOOSH_LOG_LEVEL": ("log", "level"),
    "GOOSH_LOG_FORMAT": ("log", "format"),
    "GOOSH_LOG_FILE": ("log", "file"),
}
"""Environment variables that win over the file, and the key each one sets."""

T = TypeVar("T", bound=BaseModel)
_Rows = Sequence[tuple[str, dict[str, Any]]]  # key path and table
_DATABASE_PORT = re.compile(r"[\w+]+://(?:[^:/]*(?::[^@]*)?@)?(?:\[[^/?]+\]|[^/:?]+)?(?::([^/?]*))?")  # as SQLAlchemy reads it
_TABLES = {
    "brands": BrandSettings, "sources": SourceSettings, "rules": RuleSettings, "receivers": ReceiverSettings,
    "people": PersonSettings, "rota": DutySettings, "campaigns": CampaignSettings, "aspects": AspectSettings, "digest": DigestSettings, "paging": PagingSettings,
    "hours": HoursSettings, "care": CareSettings, "staff": StaffSettings, "heartbeat": HeartbeatSettings, "reach": ReachSettings,
    "word_of_mouth": MouthSettings, "retention": Retention, "score": ScoreSettings, "board": BoardSettings,
    "web": WebSettings, "client": ClientSettings, "log": LogSettings, "defaults": Defaults,
}
_LISTS = ("brands", "sources", "rules", "receivers", "people", "rota", "campaigns", "aspects", "digest", "staff")
_SCALARS = ("language", "timezone", "database")


class Reading:
    """One pass over the merged tables: models where all is well, problems with their key paths where not."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.problems: list[tuple[str, str]] = []
        self.from_environment: dict[tuple[str, ...], str] = {}

    def add(self, path: str, sentence: str) -> None:
        if (path, sentence) not in self.problems:
            self.problems.append((path, sentence))

    def overlay(self, tables: dict[str, Any], environment: Mapping[str, str]) -> None:
        """Put the scalars of the environment on top; a number is read as a number."""
        for variable, keys in ENVIRONMENT.items():
            text = environment.get(variable)
            if not text:
                continue
            table = tables
            for key in keys[:-1]:
                inner = table.get(key)
                if not isinstance(inner, dict):  # the file's own mistake there is reported by itself
                    break
                table = inner
            else:
                table[keys[-1]] = int(text) if keys[-1] == "port" and text.isascii() and text.isdigit() else text
                self.from_environment[keys] = variable

    def in_order(self, own: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Return the problems in the order of the file's top-level keys, so that a reader mends from top to bottom."""
        rank = {key: index for index, key in enumerate(own)}
        return sorted(self.problems, key=lambda problem: rank.get(re.split(r"[.\[]", problem[0])[0], len(rank)))

    def settings(self, tables: dict[str, Any], collectors: Registry, rules: Registry, notifiers: Registry,
                 scorers: Registry | None, parse_query: Callable[[str], object] | None, path: Path | None) -> Settings | None:
        known = (*_SCALARS, *_TABLES)
        for key, value in tables.items():
            if key not in known:
                self.add(key, f"unknown {'table' if isinstance(value, (dict, list)) else 'key'} {key!r}"
                         f"; allowed: {', '.join(known)}{nearest(key, known)}")
        rows = {name: self._rows(tables, name) for name in _LISTS}
        defaults = self.model(Defaults, self._table(tables, "defaults"), "defaults")
        fallback: dict[str, Any] = (  # the other one is never used: a problem stands
            {name: span for name in Defaults.model_fields if (span := getattr(defaults, name)) is not None} if defaults
            else {"interval": timedelta(minutes=15), "stale_after": timedelta(hours=2)})
        language = tables["language"] if tables["language"] in get_args(Language) else "fa"

        brands = self._all(BrandSettings, rows["brands"])
        sources = [self._plugin(SourceSettings, row, at, collectors, fallback) for at, row in rows["sources"]]
        paging = self.model(PagingSettings, self._table(tables, "paging"), "paging")
        # A rule that asks for time zone or weekend means those of the file unless it says otherwise.
        zone = {"timezone": tables["timezone"]} if self.model(_Zone, {"timezone": tables["timezone"]}, "") else {}
        offered = {**zone, **({"weekend": tuple(day[:3] for day in paging.weekend)} if paging else {})}
        rows["rules"] = [(at, {**row, "name": row.get("name", row["kind"])} if "kind" in row else row) for at, row in rows["rules"]]
        rule_rows = [self._plugin(RuleSettings, row, at, rules, {}, offered) for at, row in rows["rules"]]
        receivers = [self._plugin(ReceiverSettings, row, at, notifiers, {"language": language})
                     for at, row in rows["receivers"]]
        people = self._all(PersonSettings, rows["people"])
        rota = self._all(DutySettings, rows["rota"])
        campaigns = self._all(CampaignSettings, rows["campaigns"])
        digest = self._all(DigestSettings, rows["digest"])
        aspects = self.aspects(tables)
        staff = self._all(StaffSettings, rows["staff"])
        table = self._table(tables, "score")
        score = self._plugin(ScoreSettings, table, "score", scorers, {}) if table is not None else None
        heartbeat_table = self._table(tables, "heartbeat")
        if heartbeat_table is not None:
            self._variables(heartbeat_table, "heartbeat")
        hours = self.model(HoursSettings, self._table(tables, "hours"), "hours")
        care_table = self._table(tables, "care")
        if care_table is not None:
            self._variables(care_table, "care")
        care = self.model(CareSettings, care_table, "care")
        heartbeat, reach, mouth, retention, board, web, client, log = (
            self.model(HeartbeatSettings, heartbeat_table, "heartbeat"),
            self.model(ReachSettings, self._table(tables, "reach"), "reach"),
            self.model(MouthSettings, self._table(tables, "word_of_mouth"), "word_of_mouth"),
            self.model(Retention, self._table(tables, "retention"), "retention"),
            self.model(BoardSettings, self._table(tables, "board"), "board"),
            self.model(WebSettings, self._table(tables, "web"), "web"),
            self.model(ClientSettings, self._table(tables, "client"), "client"),
            self.model(LogSettings, self._table(tables, "log"), "log"),
        )

        if tables.get("brands") == []:
            self.add("brands", "no brand is given; write at least one [[brands]] table with a name")
        for name, singular in (("brands", "brand"), ("sources", "source"), ("receivers", "receiver"), ("people", "person"), ("staff", "member of staff")):
            self._unique(rows[name], "name", singular)
        self._unique(rows["rules"], "name", "rule")
        self._rule_names(rows["rules"])
        self._exclusions(rows["brands"])
        self._references(rows, "sources", "brands", "brand", "brands")
        self._references(rows, "people", "receivers", "receiver", "receivers")
        self._references(rows, "rota", "person", "person", "people")
        self._references(rows, "campaigns", "brand", "brand", "brands")
        self._references(rows, "digest", "receiver", "receiver", "receivers")
        self._references(rows, "digest", "brands", "brand", "brands")
        for at, row in rows["digest"]:
            if row.get("every") == "shift" and not rows["rota"]:
                self.add(f"{at}.every", "there is no shift to hand over; write [[rota]], or another every")
        self._references(rows, "staff", "brand", "brand", "brands")
        self._reachable(rows)
        if care is not None:
            self._cared_for(care, rows)
        if board:
            self._sign_in(board, [person for person in people if person])
        if zone:
            self._campaigns(rows["campaigns"], campaigns, ZoneInfo(zone["timezone"]))
        holidays = self._holidays(paging, path)
        for at, row in rows["brands"]:
            if row.get("common") is True and not row.get("aliases") and not row.get("queries"):
                self.add(at, "a common name does not count by itself; give aliases or queries that do")
        if parse_query is not None:
            self._queries(rows["brands"], parse_query)
        if board and web and board.port == web.port:
            self.add("web.port", f"{web.port} is also board.port; choose another")

        scalars = {key: tables[key] for key in _SCALARS}
        if not scalars["database"]:
            scalars["database"] = default_database()
        self._database(scalars["database"])
        if isinstance(scalars["database"], str):
            from_file = path if ("database",) not in self.from_environment else None
            scalars["database"] = placed(scalars["database"], from_file.parent if from_file else data_dir())
        made = {"brands": brands, "sources": sources, "rules": rule_rows, "receivers": receivers, "people": people, "rota": rota,
                "campaigns": campaigns, "aspects": aspects, "digest": digest, "paging": paging, "hours": hours, "care": care, "staff": staff, "heartbeat": heartbeat,
                "holidays": holidays, "reach": reach, "word_of_mouth": mouth, "retention": retention, "score": score, "board": board, "web": web, "client": client, "log": log,
                "path": path}
        if self.problems:
            # Scalars are still to be looked at: say what is wrong with them together with the rest.
            self.model(_Scalars, scalars, "")
            return None
        return self.model(Settings, {**made, **scalars}, "")

    def aspects(self, tables: Mapping[str, Any]) -> list[AspectSettings | None]:
        """Return the ``[[aspects]]``, ``None`` for one after noting every problem in it."""
        rows = self._rows(tables, "aspects")
        made = self._all(AspectSettings, rows)
        self._unique(rows, "name", "aspect")
        for at, problem in aspect_problems(made):
            self.add(at, problem)
        return made

    def hours(self, tables: Mapping[str, Any], path: Path | None) -> Hours | None:
        """Return the working hours that ``[hours]``, ``[paging]`` and the time zone make; None after noting what is wrong with them."""
        made = self.model(HoursSettings, self._table(tables, "hours"), "hours")
        paging = self.model(PagingSettings, self._table(tables, "paging"), "paging")
        zone = self.model(_Zone, {"timezone": tables["timezone"]}, "")
        days = self._holidays(paging, path)
        if made is None or days is None or zone is None:
            return None
        return made.clock(days.weekend, days.days.keys(), ZoneInfo(zone.timezone))

    # ------------------------------------------------------------------------------------------------ pieces

    def _rows(self, tables: Mapping[str, Any], name: str) -> list[tuple[str, dict[str, Any]]]:
        """Return ``(path, table)`` for each table of the list ``name``; anything else in its place is a problem."""
        value = tables.get(name)
        if not isinstance(value, list):
            self.add(name, f"expected tables under [[{name}]], found {toml_kind(value)}")
            return []
        rows = []
        for index, row in enumerate(value):
            if isinstance(row, dict):
                rows.append((f"{name}[{index}]", row))
            else:
                self.add(f"{name}[{index}]", f"expected a table, written under [[{name}]], found {toml_kind(row)}")
        return rows

    def _table(self, tables: Mapping[str, Any], name: str) -> dict[str, Any] | None:
        value = tables.get(name)
        if isinstance(value, dict):
            return value
        self.add(name, f"expected one table [{name}], found {toml_kind(value)}")
        return None

    def _all(self, model: type[T], rows: _Rows) -> list[T | None]:
        return [self.model(model, row, path) for path, row in rows]

    def model(self, model: type[T], table: Mapping[str, Any] | None, path: str) -> T | None:
        """Return the validated model, or ``None`` after noting every problem in it."""
        if table is None:
            return None
        try:
            return model.model_validate(dict(table))
        except ValidationError as error:
            for detail in error.errors(include_url=False, include_context=True):
                self._note(detail, model, path)
            return None

    def _note(self, detail: ErrorDetails, model: type[BaseModel], path: str) -> None:
        location = detail["loc"]
        where = key_path(path, location)
        keys = tuple(str(part) for part in re.split(r"[.\[\]]+", where) if part)
        if keys in self.from_environment:
            where = self.from_environment[keys]
        self.add(where, sentence(detail, model))

    def _plugin(self, model: type[T], row: Mapping[str, Any], path: str, registry: Registry | None,
                fallback: Mapping[str, Any], offered: Mapping[str, Any] | None = None) -> T | None:
        """Split a table into the keys that every kind has and the options of its own kind; check both.

        What every kind has, and what is ``offered``, goes into the options too where the plugin knows the key.
        """
        fixed = [key for key in model.model_fields if key != "options"]
        table: dict[str, Any] = {**fallback, **{key: value for key, value in row.items() if key in fixed}}
        options = {key: value for key, value in row.items() if key not in fixed}
        kind = row.get("kind")
        table["options"] = options
        self._variables(options, path)
        self._addresses(options, path)
        if isinstance(kind, str) and registry is not None:
            if kind not in registry:
                self.add(f"{path}.kind", f"unknown {registry.noun} {shown(kind)}; known: {', '.join(registry.kinds)}"
                         f"{nearest(kind, registry.kinds)}")
            else:
                wanted = registry.options(kind)
                shared = {key: value for key, value in ({**(offered or {}), **{key: row[key] for key in fixed if key in row}}).items()
                          if key in wanted.model_fields and key not in options}
                table["options"] = self._options(wanted, {**options, **shared}, path, fixed)
        return self.model(model, table, path)

    def _options(self, model: type[BaseModel], options: Mapping[str, Any], path: str, fixed: Sequence[str]) -> dict[str, Any]:
        """Return the options as the plugin's model takes them; durations written "15m" become spans on the way."""
        taken: dict[str, Any] = {}
        for key, value in options.items():
            field = model.model_fields.get(key)
            if field is not None and _is_span(field.annotation) and isinstance(value, str):
                try:
                    value = parse_duration(value)
                except ValueError as error:
                    self.add(f"{path}.{key}", str(error))
                    continue
            taken[key] = value
        try:
            model.model_validate(taken)
        except ValidationError as error:
            for detail in error.errors(include_url=False, include_context=True):
                if detail["type"] == "missing" and detail["loc"] and detail["loc"][0] in options:
                    continue  # its duration was bad and is reported already
                self.add(key_path(path, detail["loc"]), sentence(detail, model, also=fixed))
        for key, field in model.model_fields.items():
            if key.endswith("_env") and isinstance(field.default, str):
                taken.setdefault(key, field.default)  # so that a secret asked for by default is missed like any other
        return taken

    def _variables(self, options: Mapping[str, Any], path: str) -> None:
        """Refuse a secret that stands where the name of its environment variable should; never repeat it."""
        for key, value in options.items():
            if isinstance(value, Mapping):
                self._variables(value, f"{path}.{key}")
            elif key.endswith("_env") and not (isinstance(value, str) and is_variable(value)):
                variable = key.removesuffix("_env").upper()
                self.add(f"{path}.{key}", "expected the name of an environment variable, this looks like the secret itself; "
                         f"set the secret in the environment, such as {variable}=…, and write {key} = \"{variable}\" "
                         "(and change the secret if others have seen this file)")

    def _addresses(self, options: Mapping[str, Any], path: str) -> None:
        """Refuse a secret inside an address; never repeat it."""
        for key, value in options.items():
            if isinstance(value, Mapping):
                self._addresses(value, f"{path}.{key}")
            elif (key == "url" or key.endswith("_url")) and isinstance(value, str) and (what := secret_in_address(value)):
                cure = ("set the whole address in the environment, such as FEED_URL=…, and write url_env = \"FEED_URL\" in place of url"
                        if key == "url" else "write the address without it")
                self.add(f"{path}.{key}", f"{what} stands in the address; {cure} (and change the secret if others have seen this file)")

    def _unique(self, rows: _Rows, key: str, noun: str) -> None:
        first: dict[str, str] = {}
        for path, row in rows:
            value = row.get(key)
            if not isinstance(value, str) or not value.strip():
                continue
            # Brands are compared as they are looked for: ديجي كالا and دیجی‌کالا are one name.
            folded = (noun == "brand" and matching_key(value)) or value.strip().casefold()
            if folded in first:
                self.add(f"{path}.{key}", f"{noun} {shown(value.strip())} stands twice, first at {first[folded]}; "
                         + ("give each a name of its own" if key == "name" else "keep one of them"))
            else:
                first[folded] = path

    def _cared_for(self, care: CareSettings, rows: Mapping[str, _Rows]) -> None:
        """What [care] names stands elsewhere in the file."""
        for key, named, noun, table in (("opened_by", care.opened_by, "rule", "rules"), ("hand_over", care.hand_over, "receiver", "receivers"),
                                        ("recognition", care.recognition, "receiver", "receivers")):
            known = [str(row["name"]) for _, row in rows[table] if "name" in row]
            for index, name in enumerate(named):
                if name not in known:
                    self.add(f"care.{key}[{index}]", f"unknown {noun} {shown(name)}; known: {', '.join(known) or 'none'}{nearest(name, known)}")
        for path, row in rows["staff"]:
            if care.units and row.get("unit") is not None and row["unit"] not in care.units:
                self.add(f"{path}.unit", f"unknown unit {shown(row['unit'])}; known: {', '.join(care.units)}; name it in care.units")

    def _exclusions(self, rows: _Rows) -> None:
        for path, row in rows:
            own = {matching_key(name) for name in (row.get("name"), *_texts(row.get("aliases"))) if isinstance(name, str)}
            for index, name in enumerate(_texts(row.get("exclusions"))):
                if matching_key(name) in own:
                    self.add(f"{path}.exclusions[{index}]", f"{shown(name)} is a name of the brand itself; exclude longer names only")

    def _references(self, rows: Mapping[str, _Rows], table: str, key: str, noun: str,
                    target: str) -> None:
        defined = [row["name"].strip() for _, row in rows[target] if isinstance(row.get("name"), str)]
        for path, row in rows[table]:
            value = row.get(key)
            named = [(f"{path}.{key}", value)] if isinstance(value, str) else [
                (f"{path}.{key}[{i}]", v) for i, v in enumerate(value)] if isinstance(value, list) else []
            for where, name in named:
                if isinstance(name, str) and name.strip() not in defined:
                    more = f" and {len(defined) - MOST_LISTED} more" if len(defined) > MOST_LISTED else ""
                    self.add(where, f"undefined {noun} {shown(name)}; defined: {', '.join(defined[:MOST_LISTED]) or 'none'}{more}"
                             f"{nearest(name, defined)}")

    def _rule_names(self, rows: _Rows) -> None:
        """A rule's name begins with its kind, so that whoever reads it knows what it does."""
        for path, row in rows:
            kind, name = row.get("kind"), row.get("name")
            if isinstance(kind, str) and isinstance(name, str) and name.strip() and name.strip().partition("/")[0] != kind:
                self.add(f"{path}.name", f"{shown(name)} does not begin with the rule's kind; write \"{kind}/{printable(name.strip())[:60]}\"")

    def _reachable(self, rows: Mapping[str, _Rows]) -> None:
        """Somebody on duty whom no message reaches would be found out at night."""
        mute = {row["name"].strip() for _, row in rows["people"] if isinstance(row.get("name"), str) and not row.get("receivers")}
        for path, row in rows["rota"]:
            person = row.get("person")
            if isinstance(person, str) and person.strip() in mute:
                self.add(f"{path}.person", f"{shown(person)} has no receivers and could not be called; name some under [[people]]")

    def _sign_in(self, board: BoardSettings, people: Sequence[PersonSettings]) -> None:
        """Whoever may come in must be told apart from others, an admin above all."""
        index = {person.name: number for number, person in enumerate(people)}
        if board.auth == "password":
            if not people:
                self.add("board.auth", 'auth = "password" asks for a name of [[people]]; write who may come in')
            for person in people:
                path = f"people[{index[person.name]}].password_env"
                if person.password_env is None and board.password_env is None:
                    self.add(path, "neither this person nor [board] has a password_env; give one of them")
                elif person.password_env is None and person.board == "admin":
                    self.add(path, "an admin needs a password of their own: whoever knows the team's could come in under this name")
        mails: dict[str, str] = {}
        for person in people:
            if person.email is not None and (first := mails.setdefault(person.email.strip().casefold(), person.name)) != person.name:
                self.add(f"people[{index[person.name]}].email", f"is that of {shown(first)}, too; one address is one person")

    def _campaigns(self, rows: _Rows, campaigns: Sequence[CampaignSettings | None], zone: ZoneInfo) -> None:
        seen: list[tuple[str, CampaignSettings]] = []
        for (path, _), campaign in zip(rows, campaigns, strict=True):
            if campaign is None:
                continue
            start, end = campaign.span(zone)
            if end <= start:
                self.add(f"{path}.end", "it ends before it starts; exchange the two")
            for earlier, other in seen:
                since, until = other.span(zone)
                if (other.brand, other.name) == (campaign.brand, campaign.name) and start < until and since < end:
                    self.add(path, f"campaign {shown(campaign.name)} of {shown(campaign.brand)} overlaps itself at {earlier}; keep one of them")
            seen.append((path, campaign))

    def _holidays(self, paging: PagingSettings | None, path: Path | None) -> Holidays | None:
        if paging is None:
            return None
        try:
            days = read_holidays(paging.holidays, path.parent if path else data_dir())
        except ValueError as error:
            self.add("paging.holidays", str(error))
            return None
        return Holidays(days, frozenset(DAYS.index(day) for day in paging.weekend))

    def _queries(self, rows: _Rows, parse_query: Callable[[str], object]) -> None:
        for path, row in rows:
            queries = row.get("queries")
            for index, query in enumerate(queries if isinstance(queries, list) else ()):
                if not isinstance(query, str):
                    continue
                try:
                    parse_query(query)
                except ValueError as error:  # how the parser refuses a query; this room does not know it by name
                    column = getattr(error, "column", None)
                    if column is None:  # not a mistake in the query but in our parser
                        raise
                    self.add(f"{path}.queries[{index}]", f"column {column}: {getattr(error, 'message', error)}")

    def _database(self, url: object) -> None:
        path = self.from_environment.get(("database",), "database")
        if not isinstance(url, str):
            return
        scheme = url.partition(":")[0]
        if scheme == "sqlite" and not url.startswith("sqlite:///"):
            self.add(path, "a SQLite URL has three slashes before the path, four for an absolute one: "
                     "sqlite:////var/lib/goosh/goosh.sqlite")
        elif scheme.partition("+")[0] not in ("sqlite", "postgresql", "postgres"):
            self.add(path, "unknown database URL; write sqlite:////absolute/path.sqlite or postgresql://user@host/name")
        elif scheme != "sqlite" and (port := _DATABASE_PORT.match(url)) and port[1] and not _is_port(port[1]):
            self.add(path, "the port in the database URL is none; write a number from 1 to 65535, and %40, %3A, %2F for @, : and / "
                     "in a password")


class _Zone(Table):
    timezone: Annotated[str, BeforeValidator(known_zone)]


class _Scalars(Table):
    timezone: Annotated[str, BeforeValidator(known_zone)]
    language: Language
    database: str


def _texts(value: object) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < int(text[:6]) <= 65_535


def _is_span(annotation: Any) -> bool:
    return annotation is timedelta or any(_is_span(inner) for inner in get_args(annotation))
