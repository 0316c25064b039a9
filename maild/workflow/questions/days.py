"""Reading absences and handings-over: `#away until Friday deputy bob`, `#休假 到12月1日`, `#reassign bob anna all`."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from maild.model import Agent, Policy, Words
from maild.workflow import business_time
from maild.workflow.commands.arguments import Refused, a_colleague

_MONTHS = {name: n for n, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
_WEEKDAYS = {name: n for n, name in enumerate("mon tue wed thu fri sat sun".split())}
_HAN_DAYS = {sign: n for n, sign in enumerate("一二三四五六日")} | {"天": 6}
_NEAR = {"today": 0, "今天": 0, "今日": 0, "tomorrow": 1, "明天": 1, "明日": 1, "后天": 2, "大后天": 3}
_NUMBERS = {sign: n for n, sign in enumerate("一二三四五六七八九十", 1)} | {
    "两": 2,
    "a": 1,
    "an": 1,
    "one": 1,
    "two": 2,
}
_BACK = frozenset("back,off,i'm back,i am back,end,回来,回来了,已回来,返岗,结束,取消,上班".split(","))
# What stands before the day: those of the first kind name the day of return, those of the second the last day away.
_UNTIL = re.compile(r"(?:until|till|til|to|back(?: on)?|return(?:ing)?(?: on)?|for)\s+|返岗\s*", re.IGNORECASE)
_THROUGH = re.compile(r"(?:through|thru|including|incl\.?)\s+|(?:一?直)?[到至]\s*", re.IGNORECASE)
_DEPUTY = re.compile(
    r"[\s,，;；]*(?:(?:with\s+)?\bdeputy\b|(?:职务)?代理人?|代班|(?<![理自])由)\s*[:：]?\s*(\S.{0,80}?)\s*(?:代理|代班|负责|接手)?\s*$",
    re.IGNORECASE,
)
_ENDS = " \t.!。"
_LEAVE_CHARS = 200
_LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Leave:
    """Who is away, until when (None: they are back), and who stands in for them, if anybody was named."""

    who: Agent
    until: datetime | None
    deputy: Agent | None = None


def a_leave(text: str, now: datetime, agent: Agent, policy: Policy) -> Leave:
    """Whose absence an agent announces, their own or for leads somebody else's. Raises Refused."""
    # Whatever is longer says more than a day and a name, and is refused as that.
    plain = " ".join(unicodedata.normalize("NFKC", text).split())[:_LEAVE_CHARS].strip(_ENDS)
    deputy: Agent | None = None
    named = _DEPUTY.search(plain)
    if named is not None:
        deputy, plain = a_colleague(named[1], policy), plain[: named.start()].strip(" ,;")
    who, rest = _whose(plain, now, agent, policy)
    if who.address != agent.address and not leads(agent, policy):
        raise Refused(
            Words("only a lead can say that of a colleague; ask one", "只有主管可以为同事登记休假，请联系主管")
        )
    if rest.lower() in _BACK:
        return Leave(who, None)
    until = _return(rest, now, policy)
    if until is None:
        raise Refused(
            Words(
                f"{rest!r} is no day to come; write #away until 12-01, #away until Friday, #away 3d or #away back",
                f"“{rest}”不是将来的日期；请写 #休假 到12月1日、#休假 到周五、#休假 3天 或 #休假 回来",
            )
        )
    if deputy is not None and deputy.address == who.address:
        raise Refused(Words("nobody can be their own deputy; name a colleague", "代理人不能是本人，请另选同事"))
    return Leave(who, until, deputy)


def leads(agent: Agent, policy: Policy) -> bool:
    """Whether somebody is a lead: marked as one, or of a team."""
    return agent.lead or any(team.lead and policy.agent(team.lead) == agent for team in policy.teams.values())


def _whose(text: str, now: datetime, agent: Agent, policy: Policy) -> tuple[Agent, str]:
    """The agent themselves where a day or "back" stands first, else the colleague who does."""
    if text.lower() in _BACK or _return(text, now, policy) is not None:
        return agent, text
    ends = [found.start() for found in re.finditer(r"\s+|(?<!\s)(?=[到至])", text)][:4]
    for end in ends:
        name, rest = text[:end].strip(" ,:"), text[end:].strip(" ,:")
        if name and rest and (rest.lower() in _BACK or _return(rest, now, policy) is not None):
            return a_colleague(name, policy), rest
    return agent, text


def _return(text: str, now: datetime, policy: Policy) -> datetime | None:
    """When the desk opens on the day of return; None where no day to come is named."""
    through = _THROUGH.match(text)
    until = through or _UNTIL.match(text)
    rest = text[until.end() :].strip() if until is not None else text.strip()
    zone = ZoneInfo(policy.calendar.zone)
    today = now.astimezone(zone).date()
    length = _LENGTH.fullmatch(rest)
    if length is not None:
        return _after(length, now, policy)
    day = _day(re.sub(r"^(?:the|on)\s+", "", rest.lower()), today)
    if day is None or day > today + _LONGEST:
        # Far days are refused before they are counted on: the calendar ends with the year 9999.
        return None
    if through is not None:
        day += timedelta(days=1)
    if not today < day <= today + _LONGEST:
        return None
    return business_time.next_open(datetime.combine(day, time(0), zone), policy.calendar)


_LENGTH = re.compile(
    r"(\d{1,3}|[一两二三四五六七八九十]|an?|one|two)\s*个?\s*(d|days?|天|日|w|weeks?|周|星期)", re.IGNORECASE
)


def _after(length: re.Match[str], now: datetime, policy: Policy) -> datetime | None:
    """Days are working days; weeks are weeks."""
    number = int(length[1]) if length[1].isdigit() else _NUMBERS[length[1].lower()]
    weeks = length[2].lower()[0] in "w周星"
    if not 0 < number * (7 if weeks else 1) < _LONGEST.days:
        return None
    zone = ZoneInfo(policy.calendar.zone)
    if weeks:
        day = now.astimezone(zone).date() + timedelta(days=7 * number)
    else:
        day = business_time.add_days(now, number, policy.calendar).astimezone(zone).date()
    return business_time.next_open(datetime.combine(day, time(0), zone), policy.calendar)


def _day(text: str, today: date) -> date | None:
    """`12-01`, `2026/12/1`, `12月1日`, `1 Dec`, `December 1st`, `Friday`, `next Friday`, `周五`, `下周五`, `明天`."""
    if text in _NEAR:
        return today + timedelta(days=_NEAR[text])
    monday = today - timedelta(days=today.weekday())
    if text in ("next week", "下周", "下星期"):
        return monday + timedelta(days=7)
    if text in ("next month", "下月", "下个月"):
        return (today.replace(day=1) + timedelta(days=31)).replace(day=1)
    if (found := re.fullmatch(r"(next |this )?(mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\.?", text)) is not None:
        return _weekday(_WEEKDAYS[found[2]], (found[1] or "").strip() == "next", False, today)
    if (found := re.fullmatch(r"(下个?|本|这个?)?(?:周|星期|礼拜)([一二三四五六日天])", text)) is not None:
        return _weekday(_HAN_DAYS[found[2]], (found[1] or "").startswith("下"), bool(found[1]), today)
    return _date(text, today)


def _weekday(day: int, following: bool, named: bool, today: date) -> date:
    """`Friday` is the next one to come; `next Friday` and 下周五 are those of the week after this one."""
    monday = today - timedelta(days=today.weekday())
    here = monday + timedelta(days=day)
    if following:
        return here + timedelta(days=7)
    return here if here > today or named else here + timedelta(days=7)


def _date(text: str, today: date) -> date | None:
    year, month, day = "", 0, 0
    if (found := re.fullmatch(r"(?:(\d{4})[-/.年])?(\d{1,2})[-/.月](\d{1,2})[日号]?\.?", text)) is not None:
        year, month, day = found[1] or "", int(found[2]), int(found[3])
    elif (
        found := re.fullmatch(rf"(\d{{1,2}})(?:st|nd|rd|th)?\.?\s?(?:of\s)?{_MONTH}(?:\s(\d{{4}}))?", text)
    ) is not None:
        year, month, day = found[3] or "", _MONTHS[found[2]], int(found[1])
    elif (found := re.fullmatch(rf"{_MONTH}\s?(\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s(\d{{4}}))?", text)) is not None:
        year, month, day = found[3] or "", _MONTHS[found[1]], int(found[2])
    try:
        if year:
            return date(int(year), month, day)
        here = date(today.year, month, day)
        return here if here >= today else date(today.year + 1, month, day)
    except ValueError:
        return None


# ── handing over ─────────────────────────────────────────────────────────────────────────────────────────────────────

_ALL = re.compile(r"[\s,，]*(?:\ball\b|全部|所有(?:工单)?)\s*$", re.IGNORECASE)
_MOST_WORDS = 12
_TO = re.compile(r"\s*(?:->|=>|→|,|，|\s+to\s+|(?:移交|转)?给)\s*", re.IGNORECASE)


def who_to_whom(text: str, policy: Policy) -> tuple[Agent, Agent, bool]:
    """`bob anna all` → (bob, anna, True). Names of several words are found where both of them are known. Raises
    Refused."""
    plain = unicodedata.normalize("NFKC", text).strip(_ENDS)
    rest = _ALL.sub("", plain)
    everything = rest != plain
    parts = [part for part in _TO.split(rest) if part.strip()]
    if len(parts) != 2:
        words = rest.split(maxsplit=_MOST_WORDS)
        # Two names are no more words than this; of a pasted text none is tried.
        words = words if len(words) <= _MOST_WORDS else []
        splits = [[" ".join(words[:at]), " ".join(words[at:])] for at in range(1, len(words))]
        fit = [pair for pair in splits if all(_known(each, policy) for each in pair)]
        parts = next(iter((*fit, *splits)), [])
    if len(parts) != 2:
        raise Refused(Words("from whom to whom? Write #reassign bob anna", "从谁移交给谁？请写 #移交 张三 李四"))
    giver, taker = (a_colleague(part, policy) for part in parts)
    if giver.address == taker.address:
        raise Refused(Words("that is one and the same person; name two", "移交双方是同一个人，请写两位同事"))
    return giver, taker, everything


def _known(name: str, policy: Policy) -> bool:
    try:
        a_colleague(name, policy)
    except Refused:
        return False
    return True
