"""Calendar objects in readable words (RFC 5545, 5546): what, when with zone, where, who; bounded and linear."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

LINES = 5_000
ATTENDEES = 10

_FOLD = re.compile(r"\r?\n[ \t]")
_STAMP = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})?(Z?))?")
_DURATION = re.compile(r"\+?P(?:(\d{1,4})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,4})M)?(?:(\d{1,4})S)?)?")
_HAN = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
_COMPONENTS = ("VEVENT", "VTODO", "VJOURNAL")

_WORDS = {
    "en": {
        "REQUEST": "Invitation", "PUBLISH": "Event", "CANCEL": "Cancelled", "COUNTER": "New time proposed",
        "ADD": "Invitation", "REFRESH": "Asked for again", "DECLINECOUNTER": "Proposed time declined",
        "ACCEPTED": "Accepted", "DECLINED": "Declined", "TENTATIVE": "Tentatively accepted", "DELEGATED": "Delegated",
        "REPLY": "Answer", "when": "When", "where": "Where", "from": "Organizer", "to": "Attendees", "by": "By",
        "again": "Repeats", "until": "until", "more": "and {} more",
    },
    "zh": {
        "REQUEST": "会议邀请", "PUBLISH": "日程", "CANCEL": "会议已取消", "COUNTER": "建议新时间", "ADD": "会议邀请",
        "REFRESH": "请求重发", "DECLINECOUNTER": "建议的时间被拒绝", "ACCEPTED": "已接受", "DECLINED": "已谢绝",
        "TENTATIVE": "暂定", "DELEGATED": "已委派", "REPLY": "答复", "when": "时间", "where": "地点", "from": "组织者",
        "to": "参加者", "by": "答复人", "again": "重复", "until": "直到", "more": "等另外 {} 人",
    },
}  # fmt: skip


@dataclass(slots=True)
class _Line:
    name: str
    params: dict[str, str]
    value: str


@dataclass(slots=True)
class _Event:
    method: str = ""
    lines: list[_Line] = field(default_factory=list)

    def first(self, name: str) -> _Line | None:
        return next((line for line in self.lines if line.name == name), None)

    def text(self, name: str) -> str:
        line = self.first(name)
        return _unescaped(line.value).strip() if line else ""


def invitation_lines(source: str) -> list[str]:
    """The first event (or task) of a calendar object as lines, its description last; none when it holds no event."""
    event = _read(source)
    if event is None or not event.lines:
        return []
    summary, description = event.text("SUMMARY"), event.text("DESCRIPTION")
    words = _WORDS["zh" if _HAN.search(summary + description[:1000]) else "en"]
    people = [_person(line) for line in event.lines if line.name == "ATTENDEE"]
    answer = next((line.params.get("PARTSTAT", "") for line in event.lines if line.name == "ATTENDEE"), "")
    kind = words.get(event.method, "")
    if event.method in ("REPLY", "COUNTER") and people:
        kind = words.get(answer.upper(), kind) if event.method == "REPLY" else kind
    out = [f"{kind}: {summary}" if kind and summary else summary or kind]
    _add(out, words["when"], _when(event))
    _add(out, words["again"], _again(event, words))
    _add(out, words["where"], event.text("LOCATION"))
    organizer = event.first("ORGANIZER")
    _add(out, words["from"], _person(organizer) if organizer else "")
    if event.method in ("REPLY", "COUNTER"):
        _add(out, words["by"], ", ".join(people[:1]))
    else:
        more = f" {words['more'].format(len(people) - ATTENDEES)}" if len(people) > ATTENDEES else ""
        _add(out, words["to"], ", ".join(filter(None, people[:ATTENDEES])) + more)
    if description:
        out += ["", *(line.rstrip() for line in description.split("\n"))]
    return [line for number, line in enumerate(out) if line or number]


def _add(out: list[str], label: str, value: str) -> None:
    if value.strip():
        out.append(f"{label}: {' '.join(value.split())}")


def _read(source: str) -> _Event | None:
    """The first event, with the method of its calendar; zones and alarms are passed over."""
    event: _Event | None = None
    method, inside, depth = "", "", 0
    for raw in _FOLD.sub("", source).split("\n")[:LINES]:
        line = _line(raw.rstrip("\r"))
        if line is None:
            continue
        if line.name == "BEGIN":
            kind = line.value.strip().upper()
            if inside:
                depth += 1
            elif kind in _COMPONENTS and event is None:
                event, inside = _Event(), kind
        elif line.name == "END" and inside:
            if depth:
                depth -= 1
            else:
                inside = ""
        elif line.name == "METHOD" and not inside:
            method = line.value.strip().upper()
        elif inside and not depth and event is not None:
            event.lines.append(line)
    if event is not None:
        event.method = method
    return event


def _line(raw: str) -> _Line | None:
    """`NAME;PARAM="a:b";X=y:value`, the colon found outside quotes."""
    quoted = False
    colon = raw.find(":")
    for at, character in enumerate(raw[:2000]):
        if character == '"':
            quoted = not quoted
        elif character == ":" and not quoted:
            colon = at
            break
    if colon < 0:
        return None
    name, *params = raw[:colon].split(";")
    pairs = (param.partition("=") for param in params[:50])
    return _Line(
        name.strip().upper(),
        {key.strip().upper(): value.strip('" ') for key, _, value in pairs},
        raw[colon + 1 :][:20_000],
    )


def _unescaped(value: str) -> str:
    out: list[str] = []
    parts = iter(value.split("\\"))
    out.append(next(parts))
    for part in parts:
        if part == "":
            # An escaped backslash: the next piece is plain.
            out.append("\\" + next(parts, ""))
        else:
            out.append(("\n" if part[0] in "nN" else part[0]) + part[1:])
    return "".join(out)


def _person(line: _Line) -> str:
    address = line.value.strip()
    address = address[7:] if address.lower().startswith("mailto:") else address
    name = line.params.get("CN", "")
    if not name or name == address:
        return address
    return f"{name} <{address}>" if "@" in address else name


def _when(event: _Event) -> str:
    start = event.first("DTSTART") or event.first("DUE")
    first = _moment(start)
    if start is None or first is None:
        return ""
    moment, all_day, zone = first
    last = _moment(event.first("DTEND"))
    end = last[0] if last else None
    if end is None and (duration := event.first("DURATION")):
        span = _span(duration.value)
        end = moment + span if span else None
    if all_day:
        end = end - timedelta(days=1) if end else None
        return f"{moment:%Y-%m-%d}" + (f" – {end:%Y-%m-%d}" if end and end > moment else "")
    shown = f"{moment:%Y-%m-%d %H:%M}"
    if end and end > moment:
        shown += f"–{end:%H:%M}" if end.date() == moment.date() else f" – {end:%Y-%m-%d %H:%M}"
    zone_of_end = last[2] if last else zone
    return shown + (f" ({zone})" if zone and zone_of_end == zone else f" ({zone} / {zone_of_end})" if zone else "")


def _moment(line: _Line | None) -> tuple[datetime, bool, str] | None:
    """(local time as written, whether a whole day, zone as named)."""
    match = _STAMP.match(line.value.strip()) if line else None
    if match is None or line is None:
        return None
    year, month, day, hour, minute, _, utc = match.groups()
    try:
        moment = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0))
    except ValueError:
        return None
    return moment, hour is None, "UTC" if utc else line.params.get("TZID", "").lstrip("/")


def _span(value: str) -> timedelta | None:
    match = _DURATION.fullmatch(value.strip())
    if match is None:
        return None
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)


def _again(event: _Event, words: dict[str, str]) -> str:
    rule = event.first("RRULE")
    if rule is None:
        return ""
    pairs = dict(part.partition("=")[::2] for part in rule.value.upper().split(";")[:20])
    shown = pairs.get("FREQ", "").lower()
    if pairs.get("INTERVAL", "1") != "1":
        shown += f" /{pairs['INTERVAL'][:6]}"
    if pairs.get("BYDAY"):
        shown += f" {pairs['BYDAY'][:40]}"
    if pairs.get("COUNT"):
        shown += f" ×{pairs['COUNT'][:6]}"
    until = _STAMP.match(pairs.get("UNTIL", ""))
    return shown + (f" {words['until']} {until[1]}-{until[2]}-{until[3]}" if until else "")
