"""The sections of config.toml as pydantic models: what each key may hold. What the keys mean stands in config.toml."""

import re
from datetime import date, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from maild.config.durations import business_minutes, parse_duration
from maild.config.secrets import check_source, check_token_url


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


def _address(value: str) -> str:
    local, at, domain = value.rpartition("@")
    if not (local and at and domain) or not value.isascii() or any(c.isspace() or c in '<>,;"()' for c in value):
        raise ValueError("is no e-mail address; write it like name@company.example")
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("is no time zone; write it like Asia/Shanghai or Europe/Berlin") from error
    return value


def _span(value: object) -> tuple[time, time]:
    if isinstance(value, tuple):
        # A default, read already.
        return value
    if isinstance(value, str):
        start, dash, end = value.replace(" ", "").replace("–", "-").partition("-")
        try:
            span = (time.fromisoformat(start), time.fromisoformat(end))
        except ValueError:
            dash = ""
        if dash and span[0] < span[1]:
            return span
    raise ValueError("is no span of hours; write it like 09:00-12:00")


def _length(value: str) -> str:
    # How long a working day is stands elsewhere; whether it is a length at all is told here, with the key.
    business_minutes(value, 1)
    return value


def _shaped(pattern: str, otherwise: str) -> AfterValidator:
    """Refuse a text that is not wholly of this pattern, in plain words."""

    def check(value: str) -> str:
        if re.fullmatch(pattern, value) is None:
            raise ValueError(otherwise)
        return value

    return AfterValidator(check)


Address = Annotated[str, AfterValidator(_address)]
Zone = Annotated[str, AfterValidator(_zone)]
Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
Source = Annotated[str, AfterValidator(check_source)]
Span = Annotated[tuple[time, time], BeforeValidator(_span)]
AddressOrNone = Annotated[str, AfterValidator(lambda value: _address(value) if value else value)]
SourceOrNone = Annotated[str, AfterValidator(lambda value: check_source(value) if value else value)]
TargetLength = Annotated[str, AfterValidator(_length)]
Code = Annotated[
    str,
    _shaped(
        r"[a-z][a-z0-9_]{0,31}", "must be lower-case letters, digits and _, a letter first; write it like service_desk"
    ),
]
Prefix = Annotated[
    str, _shaped(r"[A-Z][A-Z0-9]{0,9}", "must be 1 to 10 capital letters and digits, a letter first; write it like IT")
]
Country = Annotated[
    str,
    _shaped(r"(?:[A-Z]{2}(?:-[A-Z0-9]{1,3})?)?", "is no country code; write it like CN or DE-BY, or leave it empty"),
]
Language = Literal["zh-CN", "en"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Days = Annotated[int, Field(ge=1, le=365)]


class DeskSection(Section):
    address: Address
    name_en: str = "IT Service Desk"
    name_zh: str = "IT服务台"
    prefix: Prefix = "IT"
    former_prefixes: tuple[str, ...] = ()
    hotline: str = ""
    internal_domains: tuple[str, ...]
    also_own: tuple[Address, ...] = ()
    languages: tuple[Language, ...] = ("zh-CN", "en")
    zone: Zone = "Asia/Shanghai"
    mode: Literal["observe", "agents", "live"] = "observe"
    transcripts: Literal["problems", "always"] = "problems"


class DaemonSection(Section):
    state_dir: str = "var"
    log: Literal["text", "json"] = "text"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    tick: Duration = timedelta(seconds=10)


class DatabaseSection(Section):
    url: str = "sqlite:///var/maild.db"
    password_from: SourceOrNone = ""


class OAuthSection(Section):
    flow: Literal["client_credentials", "refresh_token"]
    token_url: Annotated[str, AfterValidator(check_token_url)]
    client_id: Annotated[str, _shaped(r"[!-~]{1,200}", "must be the id of the client, without blanks")]
    client_secret_from: SourceOrNone = ""
    refresh_token_from: SourceOrNone = ""
    scope: Annotated[str, _shaped(r"[ -~]{0,1000}", "must be scopes with blanks between them")] = ""
    tls_ca: str = ""
    timeout: Duration = timedelta(seconds=20)

    @field_validator("client_secret_from")
    @classmethod
    def _secret_of_the_client(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("flow") == "client_credentials" and not value:
            raise ValueError("is missing: the flow client_credentials is the client's own login")
        return value

    @field_validator("refresh_token_from")
    @classmethod
    def _token_to_begin_with(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("flow") == "refresh_token" and not value:
            raise ValueError("is missing: the flow refresh_token begins with the one that consent gave")
        if info.data.get("flow") == "client_credentials" and value:
            raise ValueError('has no use in the flow client_credentials; set flow = "refresh_token", or leave it out')
        return value


class MailboxSection(Section):
    name: Code = "main"
    host: str
    port: int = Field(993, ge=1, le=65535)
    security: Literal["tls", "starttls", "none"] = "tls"
    login: str
    oauth: OAuthSection | None = None
    password_from: SourceOrNone = ""
    folder: str = "INBOX"
    also_watch: tuple[str, ...] = ()
    file_away: Literal[True, False, "copy"] = True
    processed: str = "maild/Processed"
    quarantine: str = "maild/Quarantine"
    backlog: Literal["new", "unseen", "all"] = "new"
    poll: Duration = timedelta(seconds=30)
    timeout: Duration = timedelta(seconds=60)
    tls_ca: str = ""

    @field_validator("password_from")
    @classmethod
    def _one_way_in(cls, value: str, info: ValidationInfo) -> str:
        # What has a mistake in it is not in `data`, and is told of by itself.
        if "oauth" in info.data and info.data["oauth"] is None and not value:
            raise ValueError("is missing; say where the password stands, or log in by [mailbox.oauth]")
        if info.data.get("oauth") is not None and value:
            raise ValueError("stands beside [mailbox.oauth]: one of the two logs in, take the other away")
        return value


class RelaySection(Section):
    host: str
    port: int = Field(587, ge=1, le=65535)
    security: Literal["tls", "starttls", "none"] = "starttls"
    login: str = ""
    oauth: OAuthSection | None = None
    oauth_of: str = ""
    password_from: SourceOrNone = ""
    tls_ca: str = ""
    profile: Literal["own", "exchange"] = "own"
    connections: int | None = Field(None, ge=1, le=64)
    per_minute: int | None = Field(None, ge=0)
    null_sender: Literal["auto", "yes", "no"] = "auto"
    timeout: Duration = timedelta(seconds=60)

    @field_validator("oauth_of")
    @classmethod
    def _one_token(cls, value: str, info: ValidationInfo) -> str:
        if value and info.data.get("oauth") is not None:
            raise ValueError("stands beside [relay.oauth]: take one of the two away")
        return value

    @field_validator("password_from")
    @classmethod
    def _one_way_in(cls, value: str, info: ValidationInfo) -> str:
        for key, written in (("oauth", "[relay.oauth]"), ("oauth_of", "oauth_of")):
            if value and info.data.get(key):
                raise ValueError(f"stands beside {written}: one of the two logs in, take the other away")
        return value


class SecretsSection(Section):
    signing_key_from: SourceOrNone = ""
    former_signing_key_from: SourceOrNone = ""


class TrustSection(Section):
    authserv_id: str = ""
    received_by: tuple[str, ...] = ()
    results_on_top: bool = False
    agents: Literal["either", "both"] = "either"
    answer_strangers: bool = True


class CalendarSection(Section):
    country: Country = "CN"
    hours: tuple[Span, ...] = (_span("09:00-12:00"), _span("13:00-18:00"))
    weekdays: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri")
    extra_holidays: tuple[date, ...] = ()
    extra_workdays: tuple[date, ...] = ()


class TargetSection(Section):
    response: TargetLength
    resolution: TargetLength
    calendar: Literal["business", "24x7"] = "business"


class TeamSection(Section):
    title_en: str
    title_zh: str
    assign: Literal["round_robin", "least_loaded", "take"] = "take"
    lead: AddressOrNone = ""


class AgentSection(Section):
    address: Address
    name: str
    teams: tuple[Code, ...] = Field(min_length=1)
    tier: Literal["L1", "L2", "expert"] = "L1"
    lead: bool = False
    language: Language = "zh-CN"
    aliases: tuple[Address, ...] = ()
    skills: tuple[Code, ...] = ()
    deputy: AddressOrNone = ""


class SkillSection(Section):
    words: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


class OnCallSection(Section):
    agents: tuple[Address, ...] = Field(min_length=1)
    start: date = date(2024, 1, 1)
    days: Days = 7
    change: time = time(9)
    teams: tuple[Code, ...] = ()


class AdminSection(Section):
    address: Address
    name: str = ""
    language: Language = "en"


class ScreeningSection(Section):
    blocked: tuple[str, ...] = ()
    machines: tuple[str, ...] = ()
    spam_header: str = "X-Spam-Flag"
    spam_values: tuple[str, ...] = ("YES",)


class BudgetsSection(Section):
    internal_per_hour: int = Field(10, ge=0)
    internal_per_day: int = Field(40, ge=0)
    stranger_per_day: int = Field(3, ge=0)
    strangers_per_hour: int = Field(60, ge=0)
    unanswered_limit: int = Field(3, ge=1)
    notices_per_10_minutes: int = Field(60, ge=1)


class LimitsSection(Section):
    parse_bytes: int = Field(25_000_000, ge=100_000, le=100_000_000)
    store_bytes: int = Field(100_000_000, ge=1_000_000)
    message_bytes: int = Field(20_000_000, ge=100_000)
    notice_attachment_bytes: int = Field(2_000_000, ge=0)
    backlog_age: Duration = timedelta(days=3)


class WaitingSection(Section):
    reminder_days: tuple[Days, ...] = (1, 3)
    close_days: Days = 5
    confirm_reminder_days: Days = 2
    confirm_close_days: Days = 5
    scope_close_days: Days = 5
    reopen_days: Days = 7
    collision: Duration = timedelta(minutes=30)


class EscalationSection(Section):
    warn_at: float = Field(0.75, gt=0, lt=1)
    repeat_at: tuple[Annotated[float, Field(gt=1, le=100)], ...] = (1.5, 2.0)


class IncidentsSection(Section):
    on: bool = True
    people: int = Field(5, ge=3, le=1000)
    window: Duration = timedelta(hours=1)
    remind: Duration = timedelta(minutes=15)
    lapse: Duration = timedelta(hours=24)
    contested: int = Field(3, ge=1, le=1000)

    @field_validator("window")
    @classmethod
    def _a_working_time(cls, value: timedelta) -> timedelta:
        if not timedelta(minutes=10) <= value <= timedelta(hours=8):
            raise ValueError("must lie between 10m and 8h")
        return value


class DigestSection(Section):
    at: Annotated[
        str, _shaped(r"(?:[01]\d|2[0-3]):[0-5]\d|", 'is no time of day; write it like 08:45, or "" for none')
    ] = "08:45"


class AlarmSection(Section):
    on_call: bool = False
    exec: str = ""
    no_fetch: Duration = timedelta(minutes=15)


class TemplatesSection(Section):
    dir: str = ""


class TriageSection(Section):
    learn: bool = True
    learn_from_tickets: int = Field(50, ge=2, le=1000)
    learn_margin: float = Field(0.01, ge=0, le=0.5)
    learn_after_corrections: int = Field(20, ge=1, le=1000)
    learn_not_from: tuple[Address, ...] = ()


class MacrosSection(Section):
    dir: str = ""


class ImportanceSection(Section):
    vips: tuple[Address, ...] = ()
    alone_words: tuple[str, ...] = (
        "只有我", "仅我", "就我", "只是我", "我一个人", "我自己的", "其他人正常", "其他人都正常", "其他同事正常",
        "其他同事都正常", "别人都正常", "别人都可以", "only me", "just me", "only my", "just my", "for me only",
        "everyone else can", "everybody else can", "others are fine", "my colleagues can",
    )  # fmt: skip
