"""Reading what stands behind a command: a colleague, a team, a priority, fields, a length of time."""

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from maild.model import Agent, Calendar, Category, Policy, Team, Words
from maild.model.labels import FIELD_LABELS
from maild.model.ticket import FIELD_NAMES, Priority
from maild.workflow import business_time
from maild.workflow.commands.days import named_day, until


class Refused(Exception):
    """A command cannot be done; `why` is told to the agent."""

    def __init__(self, why: Words) -> None:
        self.why = why
        super().__init__(why.en)


_PRIORITY = re.compile(r"[pP]?([1-4])\b\s*(.*)", re.DOTALL)
_LENGTH = re.compile(
    r"(\d{1,3}|[一两二三四五六七八九十半])\s*个?\s*"
    r"(m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?|business days?|working days?"
    r"|分钟?|小时|钟头|天|日|工作日|周|星期|礼拜)(?![a-z])\s*(.*)",
    re.DOTALL | re.IGNORECASE,
)
_COUNTED = {character: number for number, character in enumerate("一二三四五六七八九十", 1)} | {"两": 2}
# Nobody waits for longer: a date further away is a slip of the pen, and the ticket would be out of everybody's sight.
_LONGEST = timedelta(days=731)
_DATE = re.compile(r"(?:(\d{4})[-/.年])?(\d{1,2})[-/.月](\d{1,2})日?\s*(.*)", re.DOTALL)


def a_colleague(text: str, policy: Policy) -> Agent:
    """An agent by address, the part before the @, or name."""
    wanted = _bare(text).lower()
    wanted = re.sub(r"^(?:to\s+|给|@)\s*", "", wanted)
    written = re.search(r"<\s*([^<>\s]{3,254})\s*>", wanted)
    wanted = written[1] if written is not None else wanted
    direct = policy.agent(wanted)
    if direct is not None:
        return direct
    found = [agent for agent in policy.agents.values() if wanted and _one_word(wanted) in _called(agent)]
    if len(found) == 1:
        return found[0]
    names = ", ".join(agent.address.partition("@")[0] for agent in policy.agents.values())
    raise Refused(Words(f"nobody is called {text!r} here; there are: {names}", f"没有叫“{text}”的同事；现有：{names}"))


def _called(agent: Agent) -> frozenset[str]:
    """What people write for a colleague: the part before the @, the name, both ways round."""
    local = agent.address.partition("@")[0]
    names = {_one_word(local), _one_word(agent.name)}
    for spoken in (re.split(r"[._-]", local), agent.name.split()):
        names.add(_one_word("".join(reversed(spoken))))
    return frozenset(each.lower() for each in names)


def _one_word(name: str) -> str:
    """A name without what stands between its parts: "Wang Wei" and "wang.wei" are one."""
    return re.sub(r"[\s._·•-]+", "", name)


# Full-width digits and letters, as an input method may write them.
_NARROW = {code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
# What a phone, a polite hand or a full sentence puts around a name or a code.
_AROUND = " \t\u3000\u00a0\u200b\ufeff.。,，、;；!！?？:：~～“”\"'‘’「」"


def _bare(text: str) -> str:
    """A name or a code without punctuation, quotation marks and emoji around it."""
    kept = text.strip(_AROUND)
    while kept and unicodedata.category(kept[-1]) in ("So", "Sk", "Cf", "Mn"):
        kept = kept[:-1].rstrip(_AROUND)
    return kept


def a_team(text: str, policy: Policy) -> Team:
    wanted = _bare(text).lower()
    for team in policy.teams.values():
        if wanted in (team.code, team.title.en.lower(), team.title.zh.lower()):
            return team
    names = ", ".join(policy.teams)
    raise Refused(Words(f"there is no team {text!r}; there are: {names}", f"没有“{text}”这个组；现有：{names}"))


def a_category(text: str, policy: Policy) -> Category:
    wanted = _bare(text).lower()
    for category in policy.categories.values():
        if wanted in (category.code, category.title.en.lower(), category.title.zh.lower()):
            return category
    names = ", ".join(policy.categories)
    raise Refused(Words(f"there is no category {text!r}; there are: {names}", f"没有“{text}”这个分类；现有：{names}"))


def a_priority(text: str) -> tuple[Priority, str]:
    """`P2 because…` → ("P2", "because…")."""
    found = _PRIORITY.fullmatch(text.translate(_NARROW).strip(_AROUND))
    if found is None:
        raise Refused(
            Words(f"{text!r} is no priority; write P1 to P4, or auto", f"“{text}”不是优先级，请写 P1 到 P4，或 自动")
        )
    levels: dict[str, Priority] = {"1": "P1", "2": "P2", "3": "P3", "4": "P4"}
    why = found[2].strip(" \t:：,，;；")
    return levels[found[1]], why if any(c.isalnum() for c in why) else ""


def is_automatic(text: str) -> bool:
    """Whether `#priority auto` gives the priority back to what the report itself says."""
    return _bare(text).lower() in ("auto", "自动")


def some_fields(text: str) -> tuple[str, ...]:
    """Field names out of `phone, 地点`; each by its code or its label in either language."""
    parts = re.split(r"[,，、;；/和与+&]|\band\b", text, flags=re.IGNORECASE)
    wanted = [_bare(part).lower() for part in parts if _bare(part)]
    found: list[str] = []
    for part in wanted:
        name = next(
            (
                name
                for name in FIELD_NAMES
                if part in (name, *_names(FIELD_LABELS[name].en.lower()), *_names(FIELD_LABELS[name].zh))
            ),
            None,
        )
        if name is None:
            known = ", ".join(FIELD_NAMES)
            raise Refused(
                Words(f"there is no field {part!r}; there are: {known}", f"没有“{part}”这一项；可用：{known}")
            )
        if name not in found:
            found.append(name)
    return tuple(found)


def _names(label: str) -> tuple[str, ...]:
    """A label and, where it names two things ("电话/分机"), each of them."""
    return label, *label.split("/")


def a_wait(text: str, now: datetime, policy: Policy) -> tuple[datetime, str]:
    """`2d waiting for the part`, `until friday …`, `12-01 …` → when it is over, and why. Days and weeks are working
    days."""
    wanted = until(text.translate(_NARROW))
    length = _LENGTH.fullmatch(wanted)
    if length is not None:
        unit, why = length[2].lower(), _reason(length[3])
        if length[1] == "半":
            hours = policy.calendar.day_minutes // 2 if unit in ("天", "日") else 30
            return business_time.add(now, hours, policy.calendar), why
        number = _COUNTED.get(length[1]) or int(length[1])
        if unit.startswith(("m", "分")):
            return now + timedelta(minutes=number), why
        if unit.startswith("h") or unit in ("小时", "钟头"):
            return business_time.add(now, number * 60, policy.calendar), why
        weeks = unit.startswith("week") or unit in ("w", "周", "星期", "礼拜")
        return business_time.add_days(now, number * (5 if weeks else 1), policy.calendar), why
    today = now.astimezone(ZoneInfo(policy.calendar.zone)).date()
    named = named_day(wanted, today)
    if named is not None and named[0] > today:
        return _opens(named[0], policy.calendar), _reason(named[1])
    day = _DATE.fullmatch(wanted)
    if day is not None:
        try:
            over = _opening(int(day[1]) if day[1] else None, int(day[2]), int(day[3]), now, policy.calendar)
        except ValueError as error:
            raise Refused(
                Words(
                    f"{text!r} is no date to come; write a day ahead, like 12-01, or 2d",
                    f"“{text}”不是将来的日期，请写以后的日期，例如 12-01，或 2d",
                )
            ) from error
        return over, _reason(day[4])
    raise Refused(
        Words(
            f"{text!r} says no time; write 2d REASON or 12-01 REASON", f"“{text}”没有时间，请写 2d 原因 或 12-01 原因"
        )
    )


def _opening(year: int | None, month: int, day: int, now: datetime, calendar: Calendar) -> datetime:
    """When the desk opens on a date, this year or, if that is over, the next. ValueError for a date that is past."""
    zone = ZoneInfo(calendar.zone)
    today = now.astimezone(zone).date()
    wanted = today.replace(year=year or today.year, month=month, day=day)
    if year is None and wanted < today:
        wanted = wanted.replace(year=wanted.year + 1)
    if not today < wanted <= today + _LONGEST:
        raise ValueError("not in the future, or in a far one")
    return _opens(wanted, calendar)


def _opens(day: date, calendar: Calendar) -> datetime:
    return business_time.next_open(datetime.combine(day, time(0), ZoneInfo(calendar.zone)), calendar)


def _reason(text: str) -> str:
    """What stands behind a time, without what stood between."""
    return text.strip().lstrip(",，、:：;；.。!！-—– ")
