"""The day on which somebody who is away comes back, read from the text of an automatic answer."""

import re
from datetime import date, timedelta

HEAD = 1_500
# A day of return further away than this is somebody's year of birth or a legal notice.
LONGEST = timedelta(days=2 * 366)
# `03/04` is read as the nearer of its two days only where the other one is so far away that nobody means it.
FAR, TIMES = 90, 4

_MONTHS = {
    name: number
    for number, names in enumerate(
        [
            "jan january januar janvier enero janeiro gennaio januari tammikuuta tammikuu stycznia sty ledna januára "
            "января янв січня ocak oca január ianuarie ian ιανουαρίου gener jänner",
            "feb february februar février fevrier fév févr febrero fevereiro febbraio februari helmikuuta "
            "lutego lut února "
            "februára февраля февр фев лютого şubat şub február februarie φεβρουαρίου febrer",
            "mar march märz maerz mars marzo março marts maart maaliskuuta marca mar března марта мар березня mart "
            "március martie μαρτίου març",
            "apr april avril abril aprile huhtikuuta kwietnia kwi dubna apríla апреля апр квітня nisan nis "
            "április aprilie "
            "απριλίου abr avr",
            "may mai mayo maio maggio mei maj toukokuuta maja května mája мая травня mayıs május μαΐου maig",
            "jun june juni juin junio junho giugno kesäkuuta czerwca cze června júna июня июн червня haziran "
            "haz június "
            "iunie ιουνίου juny",
            "jul july juli juillet julio julho luglio heinäkuuta lipca lip července júla июля июл липня "
            "temmuz tem július "
            "iulie ιουλίου juliol juil",
            "aug august août aout agosto augustus augusti elokuuta sierpnia sie srpna augusta августа авг "
            "серпня ağustos "
            "ağu augusztus αυγούστου agost",
            "sep sept september septembre septiembre setembro settembre syyskuuta września wrz září "
            "septembra сентября сент "
            "сен вересня eylül eyl szeptember septembrie σεπτεμβρίου setembre",
            "oct october okt oktober octobre octubre outubro ottobre lokakuuta października paź října "
            "októbra октября окт "
            "жовтня ekim eki október octombrie οκτωβρίου",
            "nov november novembre noviembre novembro marraskuuta listopada lis listopadu novembra ноября "
            "нояб ноя листопада "
            "kasım kas noiembrie νοεμβρίου",
            "dec december dez dezember décembre decembre déc diciembre dezembro dicembre joulukuuta grudnia "
            "gru prosince "
            "decembra декабря дек грудня aralık ara decembrie δεκεμβρίου desembre desember",
        ],
        1,
    )
    for name in names.split()
}
_MONTH = "|".join(sorted(map(re.escape, _MONTHS), key=len, reverse=True))
_DATE = re.compile(
    r"(?P<y>20\d\d)\s?[-/.年년]\s?(?P<m>\d{1,2})\s?[-/.月월]\s?(?P<d>\d{1,2})|"
    r"(?P<m2>\d{1,2})\s?[月월]\s?(?P<d2>\d{1,2})\s?[日号號일]|"
    r"(?P<d3>\d{1,2})(?:st|nd|rd|th|er|\.|º|ª)?\s(?:of\s|de\s|d['’])?(?P<n3>" + _MONTH + r")\b\.?,?"
    r"(?:\s(?:de\s)?(?P<y3>20\d\d))?|"
    r"(?:(?P<y6>20\d\d)\.?\s)?\b(?P<n4>"
    + _MONTH
    + r")\.?\s(?P<d4>\d{1,2})(?!\d)(?:st|nd|rd|th)?,?(?:\s(?P<y4>20\d\d))?|"
    r"(?P<a5>\d{1,2})(?P<s5>[./-])\s?(?P<b5>\d{1,2})(?:[./-]\s?(?P<y5>(?:20)?\d\d)?)?(?!\d)",
    re.I,
)


def return_date(text: str, sent: date | None) -> date | None:
    """The last date that the beginning of an out-of-office text names, in the year of `sent` where none stands, else
    the weekday of coming back; None without either or without `sent`. Of `3/4`, the day and month are known only by
    the dots of `3.4.` or by sense."""
    if sent is None:
        return None
    days = [day for match in _DATE.finditer(text[:HEAD]) if (day := _day(match, sent)) is not None]
    later = [day for day in days if sent <= day <= sent + LONGEST]
    return max(later) if later else _weekday(text[:HEAD], sent)


_WEEKDAYS = {
    name: number
    for number, name in enumerate(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"))
}
_WEEKDAYS_ZH = {name: number for number, name in enumerate("一二三四五六日")} | {"天": 6}
# "I am back on Monday", "returning to work next Tuesday": the weekday must belong to the coming back.
_BACK_ON = re.compile(
    r"\b(?:back|return(?:ing)?|resum(?:e|ing))\b(?:\s+(?:in|to|at|the|my|office|work|desk|again)){0,5}\s+(?:on\s+)?"
    r"(?P<next>next\s+)?(?:(?P<day>" + "|".join(_WEEKDAYS) + r")|(?P<tomorrow>tomorrow))\b",
    re.I,
)
_BACK_ON_ZH = re.compile(
    r"(?:(?P<next>下|这|本)?个?(?:周|星期|礼拜)(?P<day>[一二三四五六日天])|(?P<tomorrow>明天))[上早]?[午上]?"
    r"(?:就|才|会|再|开始|正常|返回|回到?|到|恢复)*(?:回来|回公司|上班|返岗|返工|到岗|办公|工作)"
)


def _weekday(text: str, sent: date) -> date | None:
    """The day of return where nothing but a weekday names it: the first such one after the day of sending, or with
    "next" the one of the coming week."""
    found = _BACK_ON.search(text) or _BACK_ON_ZH.search(text)
    if found is None:
        return None
    if found["tomorrow"]:
        return sent + timedelta(days=1)
    day = found["day"].lower()
    number = _WEEKDAYS[day] if day in _WEEKDAYS else _WEEKDAYS_ZH[day]
    if found["next"] and found["next"].strip().lower() in ("next", "下"):
        monday = sent + timedelta(days=7 - sent.weekday())
        return monday + timedelta(days=number)
    return sent + timedelta(days=(number - sent.weekday() - 1) % 7 + 1)


def _day(match: re.Match[str], sent: date) -> date | None:
    group = match.groupdict()
    year = group["y"] or group["y3"] or group["y4"] or group["y5"] or group["y6"]
    name = group["n3"] or group["n4"]
    if group["a5"]:
        first, second = int(group["a5"]), int(group["b5"])
        by_day, by_month = _date(year, second, first, sent), _date(year, first, second, sent)
        if group["s5"] == "." or by_month is None:
            return by_day
        return by_month if by_day is None else _meant(by_day, by_month, sent)
    month = _MONTHS[name.lower()] if name else int(group["m"] or group["m2"])
    return _date(year, month, int(group["d"] or group["d2"] or group["d3"] or group["d4"]), sent)


def _date(year: str | None, month: int, day: int, sent: date) -> date | None:
    try:
        if year:
            return date(int(year) + (2000 if len(year) == 2 else 0), month, day)
        here = date(sent.year, month, day)
        return here if (sent - here).days < 180 else date(sent.year + 1, month, day)
    except ValueError:
        return None


def _meant(one: date, other: date, sent: date) -> date | None:
    """Which of two readings of `3/4` is meant, if that can be known."""
    if one == other:
        return one
    ahead = sorted(day for day in (one, other) if day >= sent)
    if len(ahead) == 1:
        # The other one is past: on the day of sending or before it began.
        return ahead[0] if (ahead[0] - sent).days <= FAR else None
    if len(ahead) == 2:
        near, far = ((day - sent).days for day in ahead)
        return ahead[0] if far > FAR and far > TIMES * near else None
    return None
