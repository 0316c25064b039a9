"""Reading what stands behind a command: a colleague, a team, a priority, fields, a length of time."""

import re
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from maild.model import Agent, Calendar, Category, Policy, Team, Words
from maild.model.labels import FIELD_LABELS
from maild.model.ticket import FIELD_NAMES, Priority
from maild.workflow import business_time


class Refused(Exception):
    """A command cannot be done; `why` is told to the agent."""

    def __init__(self, why: Words) -> None:
        self.why = why
        super().__init__(why.en)


_PRIORITY = re.compile(r"[pP]?([1-4])\b\s*(.*)", re.DOTALL)
_LENGTH = re.compile(r"(\d{1,3})\s*(m|min|h|d|w|分钟|小时|天|日|周)\s*(.*)", re.DOTALL | re.IGNORECASE)
_DATE = re.compile(r"(?:(\d{4})[-/.年])?(\d{1,2})[-/.月](\d{1,2})日?\s*(.*)", re.DOTALL)


def a_colleague(text: str, policy: Policy) -> Agent:
    """An agent by address, the part before the @, or name."""
    wanted = text.strip().lower().removeprefix("@")
    direct = policy.agent(wanted)
    if direct is not None:
        return direct
    found = [
        agent
        for agent in policy.agents.values()
        if wanted in (agent.address.partition("@")[0], agent.name.lower()) and wanted
    ]
    if len(found) == 1:
        return found[0]
    names = ", ".join(agent.address.partition("@")[0] for agent in policy.agents.values())
    raise Refused(Words(f"nobody is called {text!r} here; there are: {names}", f"没有叫“{text}”的同事；现有：{names}"))


def a_team(text: str, policy: Policy) -> Team:
    wanted = text.strip().lower()
    for team in policy.teams.values():
        if wanted in (team.code, team.title.en.lower(), team.title.zh.lower()):
            return team
    names = ", ".join(policy.teams)
    raise Refused(Words(f"there is no team {text!r}; there are: {names}", f"没有“{text}”这个组；现有：{names}"))


def a_category(text: str, policy: Policy) -> Category:
    wanted = text.strip().lower()
    for category in policy.categories.values():
        if wanted in (category.code, category.title.en.lower(), category.title.zh.lower()):
            return category
    names = ", ".join(policy.categories)
    raise Refused(Words(f"there is no category {text!r}; there are: {names}", f"没有“{text}”这个分类；现有：{names}"))


def a_priority(text: str) -> tuple[Priority, str]:
    """`P2 because…` → ("P2", "because…")."""
    found = _PRIORITY.fullmatch(text.strip())
    if found is None:
        raise Refused(
            Words(f"{text!r} is no priority; write P1 to P4, or auto", f"“{text}”不是优先级，请写 P1 到 P4，或 自动")
        )
    levels: dict[str, Priority] = {"1": "P1", "2": "P2", "3": "P3", "4": "P4"}
    return levels[found[1]], found[2].strip()


def is_automatic(text: str) -> bool:
    """Whether `#priority auto` gives the priority back to what the report itself says."""
    return text.strip(" .!。！").lower() in ("auto", "自动")


def some_fields(text: str) -> tuple[str, ...]:
    """Field names out of `phone, 地点`; each by its code or its label in either language."""
    wanted = [part.strip().lower() for part in re.split(r"[,，、;；]", text) if part.strip()]
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
    """`2d waiting for the part` or `12-01 …` → when it is over, and why. Days and weeks are working days."""
    length = _LENGTH.fullmatch(text.strip())
    if length is not None:
        number, unit, why = int(length[1]), length[2].lower(), length[3].strip()
        if unit in ("m", "min", "分钟"):
            return now + timedelta(minutes=number), why
        if unit in ("h", "小时"):
            return business_time.add(now, number * 60, policy.calendar), why
        days = number * (5 if unit in ("w", "周") else 1)
        return business_time.add_days(now, days, policy.calendar), why
    day = _DATE.fullmatch(text.strip())
    if day is not None:
        try:
            until = _opening(int(day[1]) if day[1] else None, int(day[2]), int(day[3]), now, policy.calendar)
        except ValueError as error:
            raise Refused(
                Words(
                    f"{text!r} is no date to come; write a day ahead, like 12-01, or 2d",
                    f"“{text}”不是将来的日期，请写以后的日期，例如 12-01，或 2d",
                )
            ) from error
        return until, day[4].strip()
    raise Refused(
        Words(
            f"{text!r} says no time; write 2d REASON or 12-01 REASON", f"“{text}”没有时间，请写 2d 原因 或 12-01 原因"
        )
    )


def _opening(year: int | None, month: int, day: int, now: datetime, calendar: Calendar) -> datetime:
    """When the desk opens on a date, this year or, if that is over, the next. ValueError for a date that is past."""
    zone = ZoneInfo(calendar.zone)
    today = now.astimezone(zone).date()
    date = today.replace(year=year or today.year, month=month, day=day)
    if year is None and date < today:
        date = date.replace(year=date.year + 1)
    if date <= today:
        raise ValueError("not in the future")
    return business_time.next_open(datetime.combine(date, time(0), zone), calendar)
