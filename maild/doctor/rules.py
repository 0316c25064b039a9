"""What can be judged from the settings alone. Pure."""

from collections.abc import Collection, Iterator
from datetime import date

from maild.config import Settings
from maild.config.calendar import unknown_days
from maild.doctor.finding import Finding
from maild.model import Policy

_DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
# A server's clock, not an office's.
UTC_NAMES = frozenset({"UTC", "Etc/UTC", "Etc/UCT", "UCT", "Universal", "Zulu", "Etc/GMT", "GMT"})
_MODES = {
    "observe": "nothing leaves but a daily mail to the admins that shows what would have been sent",
    "agents": "only notices to agents, leads and admins leave",
    "live": "everything leaves",
}


def rules(settings: Settings, today: date) -> Iterator[Finding]:
    """Warnings about settings that are valid and yet not what most desks want."""
    policy = settings.policy
    yield from _mode(policy)
    yield from _people(policy)
    yield from _trust(policy)
    yield from _hours(policy)
    yield from _nights(policy)
    yield from _holidays(settings, today)
    if not settings.mailboxes:
        yield Finding("fail", "mailbox", "there is no [[mailbox]]", "name the mailbox to watch", 78)
    if settings.relay is None:
        yield Finding("fail", "relay", "[relay] is missing", "without it no mail can leave", 78)


def _mode(policy: Policy) -> Iterator[Finding]:
    following = {"observe": "agents", "agents": "live"}.get(policy.mode)
    remedy = f'when what you see is right, next: mode = "{following}"' if following else ""
    yield Finding("warn" if following else "ok", "mode", f"{policy.mode}: {_MODES[policy.mode]}", remedy)


def _people(policy: Policy) -> Iterator[Finding]:
    if not policy.agents:
        yield Finding(
            "warn", "agents", "nobody is listed in [[agents]]", "list at least one, or nobody hears of a ticket"
        )
        return
    needed = {category.team for category in policy.categories.values()}
    there = {team for agent in policy.agents.values() for team in agent.teams}
    empty = sorted(needed - there)
    if empty:
        yield Finding(
            "warn", "agents", f"nobody is in {', '.join(empty)}, where some categories go",
            "add these teams to somebody's `teams`, or give the categories another team",
        )  # fmt: skip
    else:
        yield Finding("ok", "agents", f"{len(policy.agents)} in {len(policy.teams)} teams, every category has somebody")
    if not policy.admins:
        yield Finding(
            "warn", "admins", "nobody is listed in [[admins]]", "list who is to hear of alarms and quarantined mail"
        )


def _trust(policy: Policy) -> Iterator[Finding]:
    if policy.authserv_id:
        yield Finding("ok", "trust", f"{policy.authserv_id} vouches for senders")
        return
    yield Finding(
        "warn",
        "trust",
        "no mail server vouches for senders: agents prove themselves only by answering a notice of theirs, for 14 days",
        "set [trust] authserv_id to the name in the Authentication-Results that your own mail server writes",
        loud=True,
    )


def _nights(policy: Policy) -> Iterator[Finding]:
    nights = sorted(priority for priority, target in policy.targets.items() if target.calendar == "24x7")
    if not nights:
        return
    if not policy.on_call:
        yield Finding(
            "warn",
            "on call",
            f"{', '.join(nights)} targets are counted in business time until there is an [[on_call]], or [alarm]"
            " on_call or exec is set",
            "set one of them when somebody is reachable at night",
        )
        return
    alone = {category.team for category in policy.categories.values() if not _on_duty(category.team, policy)}
    if policy.rota and not policy.alarm_program:
        yield Finding(
            "warn",
            "on call",
            f"{', '.join(nights)} count around the clock, and a mail is all that wakes who is on call",
            "name a program in [alarm] exec that calls or texts them",
        )  # fmt: skip
    elif policy.rota and alone:
        yield Finding(
            "warn", "on call", f"nobody is on call for {', '.join(sorted(alone))}",
            "add these teams to an [[on_call]], or leave out its `teams`",
        )  # fmt: skip
    else:
        yield Finding("ok", "on call", f"{', '.join(nights)} count around the clock")


def _on_duty(team: str, policy: Policy) -> bool:
    return any(not rota.teams or team in rota.teams for rota in policy.rota)


def _hours(policy: Policy) -> Iterator[Finding]:
    calendar = policy.calendar
    spans = " ".join(f"{start:%H:%M}-{end:%H:%M}" for start, end in calendar.hours)
    told = f"{_days(calendar.weekdays)} {spans} {calendar.zone}"
    if calendar.zone in UTC_NAMES:
        yield Finding(
            "warn", "hours", f"{told}: few people work by this clock", 'set [desk] zone, like zone = "Asia/Shanghai"'
        )
    else:
        yield Finding("ok", "hours", told)


def _days(weekdays: Collection[int]) -> str:
    """Weekday numbers as people write them: Mon–Fri, or Mon, Wed, Sat."""
    names = [_DAY_NAMES[day] for day in sorted(weekdays)]
    in_a_row = len(names) > 2 and max(weekdays) - min(weekdays) == len(names) - 1
    return f"{names[0]}–{names[-1]}" if in_a_row else ", ".join(names)


def _holidays(settings: Settings, today: date) -> Iterator[Finding]:
    if not settings.country:
        own = len(settings.policy.calendar.holidays)
        yield Finding(
            "warn", "holidays", f"no country is set: {f'your own {own} days are' if own else 'no day is'} a holiday",
            'set [calendar] country, like country = "CN"',
        )  # fmt: skip
        return
    missing = settings.swapped_days_unknown(today)
    if missing:
        yield Finding("warn", "holidays", *unknown_days(settings.country, missing))
    else:
        known = ", ".join(map(str, settings.years_in_sight(today)))
        yield Finding("ok", "holidays", f"{settings.country}, known for {known}")
