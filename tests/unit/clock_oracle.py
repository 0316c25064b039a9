"""What a ticket's clocks must do, told minute by minute and in no other way: nothing here is maild's own reckoning."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from maild.model.policy import Calendar, Policy
from maild.model.ticket import Priority

MINUTE = timedelta(minutes=1)
RUNNING = ("new", "open")

Told = tuple[datetime, str, int]


def works(minute: datetime, calendar: Calendar) -> bool:
    """Whether the desk works in the minute that begins then: a look at the clock and the calendar on the wall."""
    local = minute.astimezone(ZoneInfo(calendar.zone))
    day = local.date()
    if day not in calendar.workdays and (day.weekday() not in calendar.weekdays or day in calendar.holidays):
        return False
    return any(begin <= local.time() < end for begin, end in calendar.hours)


class Watch:
    """One clock of the oracle: minutes that are counted for good, and the minutes of the present run."""

    def __init__(self, name: str) -> None:
        self.name, self.target, self.around = name, 0, False
        self.kept = 0
        self.run: list[datetime] | None = None
        self.told = 0
        # How many minutes of the run were looked at by which calendar, and how many of them counted.
        self._seen: tuple[Calendar | None, int, int] = (None, 0, 0)

    def spent(self, calendar: Calendar) -> int:
        if self.run is None:
            return self.kept
        by, looked, counted = self._seen
        if by is not calendar or looked > len(self.run):
            looked = counted = 0
        counted += sum(1 for minute in self.run[looked:] if self.around or works(minute, calendar))
        self._seen = (calendar, len(self.run), counted)
        return self.kept + counted

    def go(self, running: bool, calendar: Calendar) -> None:
        if running and self.run is None:
            self.run, self._seen = [], (None, 0, 0)
        elif not running and self.run is not None:
            self.kept, self.run = self.spent(calendar), None

    def aim(self, target: int, around: bool, calendar: Calendar) -> None:
        """A new target: what was spent stays spent, and of the new target nobody has been told anything yet."""
        if (target, around) == (self.target, self.around):
            return
        if around != self.around and self.run is not None:
            self.kept, self.run, self._seen = self.spent(calendar), [], (None, 0, 0)
        self.target, self.around, self.told = target, around, 0

    def tells(self, now: datetime, policy: Policy, ending: bool) -> list[Told]:
        """What somebody must hear now. `ending`: the minute that ends now counts as working time too."""
        if self.run is None or not self.target:
            return []
        calendar = policy.calendar
        if not self.around and not works(now, calendar) and not (ending and works(now - MINUTE, calendar)):
            return []
        hundredths = 100 * self.spent(calendar)
        breaches = [100, *(round(100 * share) for share in sorted(policy.repeat_at))]
        reached = [percent for percent in breaches if hundredths >= percent * self.target]
        if reached:
            if reached[-1] <= self.told:
                return []
            self.told = reached[-1]
            return [(now, f"{self.name}_breach", self.told)]
        if hundredths >= 75 * self.target and self.told < 75:
            self.told = 75
            return [(now, f"{self.name}_warning", 75)]
        return []


class Oracle:
    """The two clocks of one ticket."""

    def __init__(self, policy: Policy, priority: Priority) -> None:
        self.policy, self.state, self.responded = policy, "new", False
        self.response, self.resolution = Watch("response"), Watch("resolution")
        self.priority(priority)
        self._follow()

    def priority(self, priority: Priority) -> None:
        target = self.policy.targets[priority]
        around = target.calendar == "24x7" and self.policy.on_call
        if not self.responded:
            self.response.aim(target.response, around, self.policy.calendar)
        self.resolution.aim(target.resolution, around, self.policy.calendar)

    def enter(self, state: str) -> None:
        self.state = state
        self._follow()

    def respond(self) -> None:
        self.responded = True
        self._follow()

    def minute_passed(self, minute: datetime) -> None:
        for watch in (self.response, self.resolution):
            if watch.run is not None:
                watch.run.append(minute)

    def tells(self, now: datetime, ending: bool) -> list[Told]:
        told = (*self.response.tells(now, self.policy, ending), *self.resolution.tells(now, self.policy, ending))
        return sorted(told, key=lambda each: each[1])

    def due(self, watch: Watch, now: datetime, limit: timedelta) -> datetime | None:
        """When the watch will have spent its target, minute after minute; None: not before the limit, or never."""
        if watch.run is None:
            return None
        spent, minute = watch.spent(self.policy.calendar), now
        while spent < watch.target and minute < now + limit:
            spent += watch.around or works(minute, self.policy.calendar)
            minute += MINUTE
        return minute if spent >= watch.target else None

    def _follow(self) -> None:
        calendar = self.policy.calendar
        self.resolution.go(self.state in RUNNING, calendar)
        self.response.go(not self.responded and self.state not in ("resolved", "closed"), calendar)
