"""The desk's rules as config.toml states them, frozen: everything that a decision may depend on beside the facts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Literal

from maild.model.message import Address
from maild.model.ticket import Impact, Level, Priority, Tier
from maild.model.words import Words


@dataclass(frozen=True, slots=True)
class Calendar:
    """Business time. `hours`: the spans of a standard working day, in order; `weekdays`: 0 = Monday.

    `holidays` are days off, `workdays` swapped working days (调休) that beat both weekend and holiday.
    """

    zone: str = "Asia/Shanghai"
    hours: tuple[tuple[time, time], ...] = ((time(9), time(12)), (time(13), time(18)))
    weekdays: frozenset[int] = frozenset({0, 1, 2, 3, 4})
    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()

    @property
    def day_minutes(self) -> int:
        """Business minutes of one standard day: what "1 day" of a target means (PRODUCT §3.3)."""
        return sum((end.hour * 60 + end.minute) - (start.hour * 60 + start.minute) for start, end in self.hours)


@dataclass(frozen=True, slots=True)
class Target:
    """Response and resolution target of one priority, in minutes of its calendar."""

    response: int
    resolution: int
    calendar: Literal["business", "24x7"]


@dataclass(frozen=True, slots=True)
class Keyword:
    """One weighted word of a classification rule, already case-folded."""

    word: str
    weight: float


@dataclass(frozen=True, slots=True)
class Category:
    """One category of manual 2.2.2. `keywords` per language code (zh, en); `required` are field names; `approval` says
    who must agree first: "manager", an address, or nobody."""

    code: str
    title: Words
    team: str
    required: tuple[str, ...] = ()
    hint: Words = Words("", "")
    keywords: Mapping[str, tuple[Keyword, ...]] = field(default_factory=dict)
    restricted: bool = False
    approval: str = ""


@dataclass(frozen=True, slots=True)
class Topic:
    """An out-of-scope topic with where to turn instead; `automatic` lets the notice go out by itself."""

    code: str
    words: tuple[str, ...]
    guidance: Words
    automatic: bool = True


@dataclass(frozen=True, slots=True)
class SystemName:
    """A critical business system: any of `words` in a mail raises its importance."""

    name: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Team:
    """A team; new work goes round by `assign`; `lead` is an agent's address."""

    code: str
    title: Words
    assign: Literal["round_robin", "least_loaded", "take"] = "take"
    lead: str = ""


@dataclass(frozen=True, slots=True)
class Agent:
    """A listed agent. `address` in lower case; a lead is an agent with `lead` true."""

    address: str
    name: str
    teams: tuple[str, ...]
    tier: Tier = "L1"
    lead: bool = False
    language: str = "en"
    aliases: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    deputy: str = ""

    @property
    def as_address(self) -> Address:
        """Where mails to them go."""
        return Address(self.address, self.name)


@dataclass(frozen=True, slots=True)
class Skill:
    """What some agents know: reports of these categories, or with one of these words, go to them first."""

    code: str
    words: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rota:
    """Who is on call: the agents by turns, `days` each, beginning on `start` at `change` on the desk's wall clock.

    `teams` limits it to the tickets of these teams; empty: all.
    """

    agents: tuple[str, ...]
    start: date = date(2024, 1, 1)
    days: int = 7
    change: time = time(9)
    teams: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Desk:
    """The desk's face: its names, address, tag and telephone line."""

    name: Words
    address: str
    prefix: str = "IT"
    former_prefixes: tuple[str, ...] = ()
    hotline: str = ""
    own_addresses: frozenset[str] = frozenset()
    internal_domains: frozenset[str] = frozenset()
    languages: tuple[str, ...] = ("zh-CN", "en")
    zone: str = "Asia/Shanghai"


@dataclass(frozen=True, slots=True)
class Budgets:
    """How many automatic mails may go out (PRODUCT §2.3): per internal address an hour and a day, per stranger a day,
    to all strangers an hour; `unanswered` automatic mails to somebody who never wrote what a person answered; and
    notices to one agent in ten minutes before they are collapsed."""

    internal_hour: int = 10
    internal_day: int = 40
    stranger_day: int = 3
    strangers_hour: int = 60
    unanswered: int = 3
    notices_10min: int = 60


@dataclass(frozen=True, slots=True)
class IncidentRules:
    """When similar reports are proposed as one mass incident (PRODUCT §3.2): from so many different people within so
    much time. The lead is reminded after `remind` and a proposal that nobody answers lapses after `lapse`. `contested`
    reporters who say that a solved one is not over alarm the lead."""

    on: bool = True
    people: int = 5
    window: timedelta = timedelta(hours=1)
    remind: timedelta = timedelta(minutes=15)
    lapse: timedelta = timedelta(hours=24)
    contested: int = 3


@dataclass(frozen=True, slots=True)
class Learning:
    """Whether the desk learns categories from its agents (PRODUCT §3.2), from how many settled tickets on, and by how
    much what it learned must be better than the rules (a share of mails, 0–1) before it is used.

    after      so many new corrections are learned at once, fewer wait for the night
    not_from   agents whose corrections teach nothing, by address
    """

    on: bool = True
    least: int = 50
    margin: float = 0.01
    after: int = 20
    not_from: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """All of config.toml that decisions depend on. Durations are minutes of business time unless named otherwise.

    `on_call`: somebody hears of a P1 at night, so 24x7 targets count; `alarm_program`: by a program of the site's too.
    """

    desk: Desk
    mode: Literal["observe", "agents", "live"] = "live"
    calendar: Calendar = Calendar()
    categories: Mapping[str, Category] = field(default_factory=dict)
    teams: Mapping[str, Team] = field(default_factory=dict)
    agents: Mapping[str, Agent] = field(default_factory=dict)
    topics: tuple[Topic, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    skills: Mapping[str, Skill] = field(default_factory=dict)
    targets: Mapping[Priority, Target] = field(default_factory=dict)
    matrix: Mapping[tuple[Level, Impact], Priority] = field(default_factory=dict)
    urgency_words: Mapping[Level, tuple[str, ...]] = field(default_factory=dict)
    impact_words: Mapping[Impact, tuple[str, ...]] = field(default_factory=dict)
    alone_words: tuple[str, ...] = ()
    vips: frozenset[str] = frozenset()
    systems: tuple[SystemName, ...] = ()
    admins: tuple[Address, ...] = ()
    admin_languages: Mapping[str, str] = field(default_factory=dict)
    blocked: frozenset[str] = frozenset()
    machines: frozenset[str] = frozenset()
    spam_header: str = ""
    spam_values: tuple[str, ...] = ()
    authserv_id: str = ""
    authserv_hosts: frozenset[str] = frozenset()
    authserv_on_top: bool = False
    agent_trust: Literal["either", "both"] = "either"
    stranger_answer: bool = True
    on_call: bool = False
    rota: tuple[Rota, ...] = ()
    alarm_program: bool = False
    reminder_days: tuple[int, ...] = (1, 3)
    pending_close_days: int = 5
    confirm_reminder_days: int = 2
    confirm_close_days: int = 5
    scope_close_days: int = 5
    reopen_days: int = 7
    collision: timedelta = timedelta(minutes=30)
    warn_at: float = 0.75
    repeat_at: tuple[float, ...] = (1.5, 2.0)
    notice_attachment_bytes: int = 2_000_000
    message_bytes: int = 20_000_000
    transcripts: Literal["problems", "always"] = "problems"
    backlog_age: timedelta = timedelta(days=3)
    budgets: Budgets = Budgets()
    incidents: IncidentRules = IncidentRules()
    # When the digests leave, on the desk's own clock; None: never.
    digest_at: time | None = time(8, 45)
    learning: Learning = Learning()
    # Texts that agents send by name, by language.
    macros: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def agent(self, address: str) -> Agent | None:
        """The listed agent who writes from this address (or an alias of theirs), if any."""
        for wanted in dict.fromkeys((address.lower(), self.plain(address))):
            found = self.agents.get(wanted)
            found = found or next((agent for agent in self.agents.values() if wanted in agent.aliases), None)
            if found is not None:
                return found
        return None

    def own(self, address: str) -> tuple[str, ...]:
        """This address in lower case and, if a listed agent writes from it, all others of theirs."""
        agent = self.agent(address)
        theirs = (agent.address, *agent.aliases) if agent is not None else ()
        return tuple(dict.fromkeys((address.lower(), *theirs)))

    def plain(self, address: str) -> str:
        """An address as a person's: in lower case and, at an internal domain, without what stands behind a plus sign
        (PRODUCT §2.5)."""
        local, at, domain = address.lower().rpartition("@")
        base = local.partition("+")[0]
        return f"{base}@{domain}" if at and base and domain in self.desk.internal_domains else address.lower()

    def is_internal(self, address: str) -> bool:
        """Whether an address is of one of the desk's internal domains (sub-domains do not count)."""
        return address.lower().rpartition("@")[2] in self.desk.internal_domains
