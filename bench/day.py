"""A simulated working day of a desk: two thousand ordinary mails in Chinese and English, and three mass incidents.

Ordinary mail comes in waves (Monday morning, after lunch) and is about what desks hear every day; a fifth of the first
hour is forgotten passwords. Each incident is worded differently by each of its reporters.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

# A Monday, 08:30 in Shanghai.
OPENS = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
_HOURS = ((0.0, 2.5), (1.0, 1.6), (2.0, 1.0), (3.0, 0.7), (4.0, 0.5), (4.7, 2.0), (5.5, 1.2), (6.5, 1.0), (8.0, 0.6))
_LENGTH_H = 9.0


@dataclass(frozen=True, slots=True)
class Mail:
    """A report of the day; `incident` names the one that it belongs to, empty for an ordinary one."""

    at: datetime
    person: str
    subject: str
    text: str
    incident: str = ""


_Texts = tuple[tuple[str, str], ...]


def _read() -> tuple[tuple[tuple[float, _Texts, _Texts], ...], dict[str, tuple[_Texts, _Texts]]]:
    """day.txt: topics with their weight and (subject, text) in Chinese and in English; and the incidents."""
    topics: list[tuple[float, _Texts, _Texts]] = []
    incidents: dict[str, tuple[_Texts, _Texts]] = {}
    for part in Path(__file__).with_name("day.txt").read_text("utf-8").split("\n# ")[1:]:
        head, *lines = part.strip().splitlines()
        zh, en = (
            tuple(
                (one.strip(), other.strip())
                for one, other in (line[3:].split(" | ") for line in lines if line[:2] == to)
            )
            for to in ("zh", "en")
        )
        kind, name = head.split()
        if kind == "topic":
            topics.append((float(name), zh, en))
        else:
            incidents[name] = (zh, en)
    return tuple(topics), incidents


_TOPICS, _INCIDENTS = _read()

_FILL: dict[str, Sequence[str]] = {
    "app": ("CAD", "Excel", "Photoshop", "SAP", "OA", "Visio", "PDF 编辑器", "WPS", "CRM", "SolidWorks", "MATLAB",
            "Chrome", "Project", "企业微信", "钉钉", "MES", "PLM", "AutoCAD", "Word", "PowerPoint"),
    "printer": ("HP-3F-02", "RICOH-5F", "Canon-2F", "Brother 7080", "XEROX-B1"),
    "floor": tuple("123456789"), "day": tuple("一二三四五"), "isp": ("电信", "联通", "移动"),
    "dept": ("财务部", "采购部", "人事部", "市场部", "研发部", "质量部", "Finance", "HR", "Sales", "QA"),
    "name": ("王芳", "李强", "Acme", "Alice", "陈工", "华东机电", "Bob", "Northwind", "赵总"),
}  # fmt: skip

_OPEN_ZH = ("您好，", "IT同事好：", "", "", "你好，", "老师好，", "Hi，")
_CLOSE_ZH = (
    "谢谢！",
    "",
    "麻烦尽快，急用。",
    "请处理，谢谢。",
    "分机 {ext}。",
    "我在{floor}楼 {seat}。",
    "下午要交报告，很急。",
)
_OPEN_EN = ("Hi, ", "Hello team, ", "", "Dear IT, ", "Good morning, ")
_CLOSE_EN = (
    "Thanks!",
    "",
    "Please help.",
    "My extension is {ext}.",
    "I sit at {seat}.",
    "It is rather urgent.",
    "Regards",
)


def day(
    seed: int, count: int = 2000, ordinary: Sequence[tuple[str, str]] | None = None, begins: datetime = OPENS,
    incidents: int = 3, topic_of: Sequence[str] = (),
) -> list[Mail]:  # fmt: skip
    """The mails of one day, oldest first; the same for the same seed. `ordinary`: texts to draw from instead."""
    dice = random.Random(seed)
    mails = [_ordinary(dice, begins, n, count, ordinary) for n in range(count)]
    for name in dice.sample(sorted(topic_of or _INCIDENTS), incidents):
        mails += _incident(dice, name, begins)
    return sorted(mails, key=lambda mail: mail.at)


def _ordinary(
    dice: random.Random, begins: datetime, n: int, count: int, texts: Sequence[tuple[str, str]] | None
) -> Mail:
    at = _moment(dice)
    person = f"user{dice.randrange(6 * max(count, 300)):05d}@corp.example"
    if texts:
        subject, text = dice.choice(texts)
        return Mail(begins + timedelta(hours=at), person, subject, text)
    topics = _TOPICS
    # The morning's first hour: everybody's password has expired over the weekend.
    topic = topics[0] if at < 1 and dice.random() < 0.2 else dice.choices(topics, [each[0] for each in topics])[0]
    chinese = dice.random() < 0.6
    subject, text = dice.choice(topic[1] if chinese else topic[2])
    return Mail(begins + timedelta(hours=at), person, *_dressed(dice, subject, text, chinese))


def _moment(dice: random.Random) -> float:
    """Hours since the desk opened, more often in the first hour and after lunch."""
    while True:
        at = dice.uniform(0, _LENGTH_H)
        density = next(high for start, high in reversed(_HOURS) if at >= start)
        if dice.uniform(0, 2.5) < density:
            return at


def _dressed(dice: random.Random, subject: str, text: str, chinese: bool) -> tuple[str, str]:
    opening, closing = (_OPEN_ZH, _CLOSE_ZH) if chinese else (_OPEN_EN, _CLOSE_EN)
    values = {key: dice.choice(words) for key, words in _FILL.items()}
    values |= {"code": f"{dice.randrange(16**5):05X}", "ext": str(dice.randint(1000, 9999)),
               "seat": f"{dice.choice('ABCD')}{dice.randint(100, 999)}",
               "asset": f"PC-{dice.randint(1000, 9999)}"}  # fmt: skip
    whole = f"{dice.choice(opening)}{text} {dice.choice(closing)}"
    return subject.format(**values), whole.format(**values)


def _incident(dice: random.Random, name: str, begins: datetime) -> list[Mail]:
    """8–40 reporters within 15–60 minutes, most of them early."""
    zh, en = _INCIDENTS[name]
    start = begins + timedelta(hours=dice.uniform(0.5, _LENGTH_H - 1.5))
    length = dice.uniform(15, 60)
    mails = []
    for n in range(dice.randint(8, 40)):
        chinese = dice.random() < 0.65
        subject, text = dice.choice(zh if chinese else en)
        at = start + timedelta(minutes=length * dice.betavariate(1.2, 1.8))
        person = f"{name}{n:02d}@corp.example"
        mails.append(Mail(at, person, *_dressed(dice, subject, text, chinese), incident=name))
    return mails
