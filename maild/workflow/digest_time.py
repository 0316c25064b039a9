"""When the morning's digests are due: at a time of the desk's own clock, on its working days (PRODUCT §3.5)."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from maild.model import Policy
from maild.workflow import business_time

# A daemon that was not there in the morning sends them so much later at most: then the day is told by itself.
_LATEST = timedelta(hours=4)
# No desk is shut for longer.
_LONGEST_DAYS = 30


def day(now: datetime, policy: Policy) -> str:
    """The working day whose digests are due now, as an ISO date; empty when none are."""
    if policy.digest_at is None:
        return ""
    local = now.astimezone(ZoneInfo(policy.desk.zone))
    due = datetime.combine(local.date(), policy.digest_at, local.tzinfo)
    if not due <= local < due + _LATEST or not business_time.is_working_day(local.date(), policy.calendar):
        return ""
    return local.date().isoformat()


def week(now: datetime, policy: Policy) -> str:
    """The ISO week whose first working morning it may be, as 2024-W10; empty when no digests are due."""
    if not day(now, policy):
        return ""
    year, number, _ = now.astimezone(ZoneInfo(policy.desk.zone)).isocalendar()
    return f"{year}-W{number:02}"


def since(now: datetime, policy: Policy) -> datetime:
    """When the digests before these were due: on the working day before."""
    zone = ZoneInfo(policy.desk.zone)
    today = now.astimezone(zone).date()
    for back in range(1, _LONGEST_DAYS):
        before = today - timedelta(days=back)
        if business_time.is_working_day(before, policy.calendar):
            return datetime.combine(before, policy.digest_at or time(0), zone)
    return now - timedelta(days=_LONGEST_DAYS)
