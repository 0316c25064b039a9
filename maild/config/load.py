"""Reading config.toml: sections validated one by one, then against each other, then made into Settings."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import TypeAdapter, ValidationError

from maild import model
from maild.config import sections as s
from maild.config.calendar import expand
from maild.config.directory import DirectorySection
from maild.config.durations import business_minutes
from maild.config.duty import check_duty, renamed_codes
from maild.config.macros import read_macros
from maild.config.mistakes import did_you_mean, plain, toml_words
from maild.config.triage_tables import RULE_TABLES, build, overlaid, shipped_tables
from maild.data import data_dir

_SECTIONS: Mapping[str, type[s.Section]] = {
    "desk": s.DeskSection,
    "daemon": s.DaemonSection,
    "database": s.DatabaseSection,
    "relay": s.RelaySection,
    "secrets": s.SecretsSection,
    "trust": s.TrustSection,
    "calendar": s.CalendarSection,
    "screening": s.ScreeningSection,
    "budgets": s.BudgetsSection,
    "limits": s.LimitsSection,
    "waiting": s.WaitingSection,
    "escalation": s.EscalationSection,
    "alarm": s.AlarmSection,
    "templates": s.TemplatesSection,
    "macros": s.MacrosSection,
    "importance": s.ImportanceSection,
    "directory": DirectorySection,
    "triage": s.TriageSection,
    "incidents": s.IncidentsSection,
    "digest": s.DigestSection,
}
_LISTS: Mapping[str, type[s.Section]] = {
    "mailbox": s.MailboxSection,
    "agents": s.AgentSection,
    "on_call": s.OnCallSection,
    "admins": s.AdminSection,
}
_TABLES: Mapping[str, type[s.Section]] = {
    "targets": s.TargetSection,
    "teams": s.TeamSection,
    "skills": s.SkillSection,
}
_REQUIRED = ("desk",)
_DECEMBER = 12


class ConfigError(Exception):
    """config.toml has mistakes. `mistakes` holds one line each: the key, what is wrong, what to write."""

    def __init__(self, path: str, mistakes: Iterable[str]) -> None:
        self.path, self.mistakes = path, tuple(mistakes)
        super().__init__("\n".join(f"{path}: {mistake}" for mistake in self.mistakes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that config.toml says. `policy` is what decisions see; the rest is for the shell around them."""

    path: str
    policy: model.Policy
    daemon: s.DaemonSection
    database: s.DatabaseSection
    mailboxes: tuple[s.MailboxSection, ...]
    relay: s.RelaySection | None
    secrets: s.SecretsSection
    alarm: s.AlarmSection
    limits: s.LimitsSection
    templates: s.TemplatesSection
    directory: DirectorySection
    country: str
    holidays_missing: tuple[int, ...] = ()

    def years_in_sight(self, today: date) -> tuple[int, ...]:
        """The years whose calendar promises may need by now: this one, and from December on the next."""
        return (today.year, today.year + 1) if today.month == _DECEMBER else (today.year,)

    def swapped_days_unknown(self, today: date) -> tuple[int, ...]:
        """Of these years, those whose swapped working days nobody has told us."""
        return tuple(year for year in self.years_in_sight(today) if year in self.holidays_missing)

    @property
    def state_dir(self) -> Path:
        """The folder for the database, the signing key and the wake-up socket."""
        return Path(self.daemon.state_dir)


def load(path: Path | None, overrides: Mapping[str, Any] | None = None) -> Settings:
    """Settings from a file (None: the shipped defaults); `overrides` replaces whole sections (the demo uses it).

    Raises ConfigError with every mistake at once; OSError when the file cannot be read.
    """
    name = str(path) if path else "the shipped config.toml"
    source = path or data_dir() / "config.toml"
    try:
        tables = tomllib.loads(source.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(name, [f"is no TOML: {toml_words(error)}"]) from error
    except UnicodeDecodeError as error:
        raise ConfigError(name, [f"is not UTF-8: {error.reason} at byte {error.start}"]) from error
    tables = {**tables, **(overrides or {})}
    mistakes: list[str] = []
    parsed = _parse(tables, mistakes)
    rules = {key: tables[key] for key in RULE_TABLES if key in tables}
    triage = None
    try:
        triage = build(overlaid(shipped_tables(), rules))
    except ValueError as error:
        mistakes.extend(str(error).split("\n"))
    _cross_check(parsed, triage.categories if triage is not None else {}, mistakes)
    calendar, missing = _calendar(parsed, mistakes)
    macros = read_macros(parsed["macros"].dir, mistakes) if parsed["macros"] is not None else {}
    if mistakes or triage is None or calendar is None:
        raise ConfigError(name, mistakes)
    policy = replace(_policy(parsed, triage, calendar), macros=macros)
    return Settings(
        path=name,
        policy=policy,
        daemon=parsed["daemon"],
        database=parsed["database"],
        mailboxes=tuple(parsed["mailbox"]),
        relay=parsed["relay"],
        secrets=parsed["secrets"],
        alarm=parsed["alarm"],
        limits=parsed["limits"],
        templates=parsed["templates"],
        directory=parsed["directory"],
        country=parsed["calendar"].country,
        holidays_missing=missing,
    )


def _parse(tables: Mapping[str, Any], mistakes: list[str]) -> dict[str, Any]:
    known = [*_SECTIONS, *_LISTS, *_TABLES, *RULE_TABLES, "renamed"]
    for key in tables:
        if key not in known:
            mistakes.append(f"[{key}] is no section of config.toml{did_you_mean(key, known)}")
    parsed: dict[str, Any] = {}
    for key, kind in _SECTIONS.items():
        if key in tables:
            parsed[key] = _section(kind, tables[key], key, mistakes)
        elif key == "relay":
            parsed[key] = None
        elif key in _REQUIRED:
            mistakes.append(f"[{key}] is missing: it names the desk and its address")
        else:
            parsed[key] = kind()
    for key, kind in _LISTS.items():
        rows = tables.get(key, [])
        if not isinstance(rows, list):
            mistakes.append(f"{key} must be written with double brackets: [[{key}]]")
            rows = []
        made = [_section(kind, row, f"{key}.{at}", mistakes) for at, row in enumerate(rows, 1)]
        parsed[key] = [row for row in made if row is not None]
    for key, kind in _TABLES.items():
        rows = tables.get(key, {})
        if not isinstance(rows, Mapping):
            mistakes.append(f"{key} must be a table of tables: [{key}.NAME]")
            rows = {}
        if key == "targets":
            rows = {code: _over_default(code, row) for code, row in rows.items()}
        checked = {code: _section(kind, row, f"{key}.{code}", mistakes) for code, row in rows.items()}
        parsed[key] = {code: row for code, row in checked.items() if row is not None}
    parsed["renamed"] = renamed_codes(tables.get("renamed", {}), mistakes)
    if parsed.get("desk") is None:
        parsed.pop("desk", None)
    return parsed


def _over_default(priority: str, row: object) -> object:
    """A target of the site's own, laid over the shipped one key by key."""
    shipped = _DEFAULT_TARGETS.get(priority)
    return {**shipped.model_dump(), **row} if shipped is not None and isinstance(row, Mapping) else row


def _section(kind: type[s.Section], table: object, key: str, mistakes: list[str]) -> Any:
    try:
        return TypeAdapter(kind).validate_python(table)
    except ValidationError as error:
        for item in error.errors(include_url=False):
            where = ".".join([key, *(str(part + 1 if isinstance(part, int) else part) for part in item["loc"])])
            mistakes.append(f"{where}: {plain(item, kind)}")
        return None


def _cross_check(parsed: Mapping[str, Any], categories: Mapping[str, model.Category], mistakes: list[str]) -> None:
    """What sections must say of one another."""
    teams: Mapping[str, s.TeamSection] = parsed["teams"]
    agents: list[s.AgentSection] = parsed["agents"]
    desk: s.DeskSection | None = parsed.get("desk")
    own = {desk.address.lower(), *(address.lower() for address in desk.also_own)} if desk is not None else set()
    seen: dict[str, str] = {}
    for at, agent in enumerate(agents, 1):
        for address in (agent.address, *agent.aliases):
            if address.lower() in own:
                mistakes.append(f"agents.{at}: {address} is an address of the desk itself")
            if address.lower() in seen:
                mistakes.append(f"agents.{at}: {address} is listed already, in {seen[address.lower()]}")
            seen[address.lower()] = f"agents.{at}"
        for team in agent.teams:
            if team not in teams:
                mistakes.append(f"agents.{at}.teams: there is no [teams.{team}]{did_you_mean(team, teams)}")
    for code, team_section in teams.items():
        if team_section.lead and team_section.lead.lower() not in seen:
            mistakes.append(f"teams.{code}.lead: {team_section.lead} is not in [[agents]]; list the lead as an agent")
    if teams:
        for code, category in categories.items():
            if category.team not in teams:
                mistakes.append(
                    f"categories.{code}.team: there is no [teams.{category.team}]{did_you_mean(category.team, teams)}"
                )
    domains = {domain.lower().lstrip("@") for domain in desk.internal_domains} if desk is not None else set()
    for code, category in categories.items():
        if domains and "@" in category.approval and category.approval.rpartition("@")[2] not in domains:
            mistakes.append(
                f"categories.{code}.approval: {category.approval} is no colleague: it is of no internal domain"
            )
    mistakes.extend(check_duty(parsed, categories))
    names = [box.name for box in parsed["mailbox"]]
    for name in sorted({name for name in names if names.count(name) > 1}):
        mistakes.append(f"mailbox: the name {name} is used twice; each mailbox needs a name of its own")
    _check_relay_login(parsed, mistakes)
    for priority in parsed["targets"]:
        if priority not in ("P1", "P2", "P3", "P4"):
            mistakes.append(f"targets.{priority}: the priorities are P1, P2, P3 and P4")


def _check_relay_login(parsed: Mapping[str, Any], mistakes: list[str]) -> None:
    """A login by OAuth2 that the relay shares with a mailbox must be there, and every such login needs a name."""
    relay: s.RelaySection | None = parsed["relay"]
    if relay is None:
        return
    with_oauth = {box.name for box in parsed["mailbox"] if box.oauth is not None}
    if relay.oauth_of and relay.oauth_of not in with_oauth:
        mistakes.append(
            f"relay.oauth_of: no [[mailbox]] called {relay.oauth_of} has a [mailbox.oauth]"
            f"{did_you_mean(relay.oauth_of, with_oauth)}"
        )
    if relay.oauth is not None and not relay.login:
        mistakes.append("relay.login: is missing; a token is good for one login only")


def _calendar(parsed: Mapping[str, Any], mistakes: list[str]) -> tuple[model.Calendar | None, tuple[int, ...]]:
    """The business calendar, and the years whose swapped working days are not known; None with a mistake in it."""
    hours: s.CalendarSection | None = parsed["calendar"]
    desk: s.DeskSection | None = parsed.get("desk")
    if hours is None:
        return None, ()
    this_year = datetime.now(UTC).year
    try:
        holidays, workdays, missing = expand(
            hours.country, range(this_year - 1, this_year + 3), hours.extra_holidays, hours.extra_workdays
        )
    except ValueError as error:
        mistakes.append(f"calendar: {error}")
        return None, ()
    if desk is None:
        return None, ()
    weekday_numbers = {name: at for at, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))}
    calendar = model.Calendar(
        zone=desk.zone,
        hours=hours.hours,
        weekdays=frozenset(weekday_numbers[day] for day in hours.weekdays),
        holidays=holidays,
        workdays=workdays,
    )
    return calendar, missing


def _policy(parsed: Mapping[str, Any], triage: Any, calendar: model.Calendar) -> model.Policy:
    desk: s.DeskSection = parsed["desk"]
    waiting: s.WaitingSection = parsed["waiting"]
    budgets: s.BudgetsSection = parsed["budgets"]
    targets = {**_DEFAULT_TARGETS, **parsed["targets"]}
    # Somebody hears of it at night: a rota, a program, or the admin's word for it.
    on_call = bool(parsed["alarm"].on_call or parsed["alarm"].exec or parsed["on_call"])
    agents = {
        agent.address.lower(): model.Agent(
            agent.address.lower(),
            agent.name,
            agent.teams,
            agent.tier,
            agent.lead or any(team.lead.lower() == agent.address.lower() for team in parsed["teams"].values()),
            agent.language,
            tuple(alias.lower() for alias in agent.aliases),
            agent.skills,
            agent.deputy.lower(),
        )
        for agent in parsed["agents"]
    }
    return model.Policy(
        desk=model.Desk(
            name=model.Words(desk.name_en, desk.name_zh),
            address=desk.address,
            prefix=desk.prefix,
            former_prefixes=desk.former_prefixes,
            hotline=desk.hotline,
            own_addresses=frozenset({desk.address.lower(), *(address.lower() for address in desk.also_own)}),
            internal_domains=frozenset(domain.lower().lstrip("@") for domain in desk.internal_domains),
            languages=desk.languages,
            zone=desk.zone,
        ),
        mode=desk.mode,
        transcripts=desk.transcripts,
        calendar=calendar,
        categories=triage.categories,
        teams=MappingProxyType(
            {
                code: model.Team(code, model.Words(team.title_en, team.title_zh), team.assign, team.lead.lower())
                for code, team in parsed["teams"].items()
            }
        ),
        agents=MappingProxyType(agents),
        topics=triage.topics,
        renamed=MappingProxyType(parsed["renamed"]),
        skills=MappingProxyType(
            {code: model.Skill(code, skill.words, skill.categories) for code, skill in parsed["skills"].items()}
        ),
        targets=MappingProxyType(
            {
                priority: model.Target(
                    _minutes(target.response, target.calendar if on_call else "business", calendar),
                    _minutes(target.resolution, target.calendar if on_call else "business", calendar),
                    target.calendar,
                )
                for priority, target in targets.items()
            }
        ),
        matrix=triage.matrix,
        urgency_words=triage.urgency_words,
        impact_words=triage.impact_words,
        alone_words=tuple(word.casefold() for word in parsed["importance"].alone_words),
        vips=frozenset(address.lower() for address in parsed["importance"].vips),
        systems=triage.systems,
        admins=tuple(model.Address(admin.address, admin.name) for admin in parsed["admins"]),
        admin_languages={admin.address.lower(): admin.language for admin in parsed["admins"]},
        blocked=frozenset(entry.lower() for entry in parsed["screening"].blocked),
        machines=frozenset(entry.lower() for entry in parsed["screening"].machines),
        spam_header=parsed["screening"].spam_header.lower(),
        spam_values=tuple(value.lower() for value in parsed["screening"].spam_values),
        authserv_id=parsed["trust"].authserv_id,
        authserv_hosts=frozenset(host.lower() for host in parsed["trust"].received_by),
        authserv_on_top=parsed["trust"].results_on_top,
        agent_trust=parsed["trust"].agents,
        stranger_answer=parsed["trust"].answer_strangers,
        on_call=on_call,
        rota=tuple(
            model.Rota(tuple(address.lower() for address in row.agents), row.start, row.days, row.change, row.teams)
            for row in parsed["on_call"]
        ),
        alarm_program=bool(parsed["alarm"].exec),
        reminder_days=waiting.reminder_days,
        pending_close_days=waiting.close_days,
        confirm_reminder_days=waiting.confirm_reminder_days,
        confirm_close_days=waiting.confirm_close_days,
        scope_close_days=waiting.scope_close_days,
        reopen_days=waiting.reopen_days,
        collision=waiting.collision,
        warn_at=parsed["escalation"].warn_at,
        repeat_at=parsed["escalation"].repeat_at,
        notice_attachment_bytes=parsed["limits"].notice_attachment_bytes,
        message_bytes=parsed["limits"].message_bytes,
        backlog_age=parsed["limits"].backlog_age,
        budgets=model.Budgets(
            budgets.internal_per_hour,
            budgets.internal_per_day,
            budgets.stranger_per_day,
            budgets.strangers_per_hour,
            budgets.unanswered_limit,
            budgets.notices_per_10_minutes,
        ),
        learning=model.Learning(
            parsed["triage"].learn,
            parsed["triage"].learn_from_tickets,
            parsed["triage"].learn_margin,
            parsed["triage"].learn_after_corrections,
            frozenset(address.lower() for address in parsed["triage"].learn_not_from),
        ),
        incidents=model.IncidentRules(**dict(parsed["incidents"])),
        digest_at=time.fromisoformat(parsed["digest"].at) if parsed["digest"].at else None,
    )


def _minutes(value: str, kind: str, calendar: model.Calendar) -> int:
    return business_minutes(value, 1440 if kind == "24x7" else calendar.day_minutes)


# PRODUCT §3.3, the table of targets.
_DEFAULT_TARGETS: Mapping[str, s.TargetSection] = {
    "P1": s.TargetSection(response="15m", resolution="4h", calendar="24x7"),
    "P2": s.TargetSection(response="30m", resolution="8h"),
    "P3": s.TargetSection(response="4h", resolution="3d"),
    "P4": s.TargetSection(response="8h", resolution="5d"),
}
