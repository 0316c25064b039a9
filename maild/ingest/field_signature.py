"""Who wrote it: name, unit and telephone from a signature block, a closing line or a word of introduction."""

import re
from dataclasses import dataclass

from maild.ingest import field_text
from maild.ingest.field_words import (
    DEVICES_EN,
    MAKERS,
    NO_NAMES,
    NO_UNITS,
    PROGRAMS,
    SURNAMES,
    UNIT_ENDINGS,
    UNITS_EN,
)


@dataclass(frozen=True, slots=True)
class Person:
    """What a signature says of its writer; empty strings where it says nothing."""

    name: str = ""
    department: str = ""
    phone: str = ""
    location: str = ""


_ZH_I_AM = re.compile(
    r"(?:我是|我叫|本人是|本人|這是|这是|这里是)\s{0,2}([\u4e00-\u9fffA-Za-z0-9]{2,16}?(?:部|处|科|室|中心|组|课"
    r"|办|厂|车间|大区|處|辦))?(?:的|\s|，|,)?\s{0,2}"
    r"([\u4e00-\u9fff]{2,4})(?=[，,。！!；;、\s（(]|$)"
)
_EN_I_AM = re.compile(
    r"(?:[Mm]y name is|[Tt]his is|I am|I'm|I’m) ([A-Z][a-z'’-]{1,20}(?: [A-Z][a-z'’-]{1,20}){0,2})(?:,? (?:from|in"
    r"|of|at|with) (?:the )?([A-Za-z&][A-Za-z& ]{1,30}?))?"
    r"(?= (?:department|dept|team)\b|[,.!;:\n]|$| and | - )"
)
_EN_UNIT = re.compile(
    rf"(?<![A-Za-z])({'|'.join(sorted(map(re.escape, UNITS_EN), key=len, reverse=True))}) (?:department|dept\.?"
    rf"|division)(?![A-Za-z])",
    re.I,
)
# "三楼财务部": the floor is no part of the unit's name.
_FLOOR = r"(?:(?:[A-Za-z]?\d{1,2}|[一二三四五六七八九十]{1,3})[楼层]的?)"
_LEADING_FLOOR = re.compile(_FLOOR)
_ZH_UNIT_FIRST = re.compile(rf"(?:^|\n|我们){_FLOOR}?([\u4e00-\u9fff]{{2,4}}部)(?![门署分位件落])", re.M)
_ZH_MINE = re.compile(
    r"(?:我们是|我们|我是|我在|我这边是|这里是|这边是)(?:位于|在)?(?:[A-Za-z0-9一二三四五六七八九十号]{1,5}(?:楼|层|座|栋|区)){0,3}"
    r"([\u4e00-\u9fff]{2,7}?(?:部|科|处|中心|课|车间|事业部)|[\u4e00-\u9fff]{2,6}?[一二三四五六七八九十]部)(?![门署分位件落长学目里])"
)
_CLOSING = re.compile(
    r"^(?:(?:with )?(?:best|kind|warm|many)?\s?(?:regards|wishes)|thanks(?: and regards| in advance| a lot"
    r"| so much)?|many thanks|thank you(?: very much)?|thx|cheers|sincerely(?: yours)?|best"
    r"|yours (?:truly|sincerely|faithfully)|br|rgds|谢谢|多谢|谢谢您|感谢|顺颂商祺|祝好|此致|敬礼|致敬"
    r"|祝工作顺利|顺祝商祺|谢了|mit freundlichen grüßen.{0,24})[\s,，.。!！]{0,4}$",
    re.I,
)
_SIGNED_DASH = re.compile(
    r"^\s{0,3}[-–—~～]{1,2}\s?([A-Za-z][A-Za-z.'’ ]{1,40}|[\u4e00-\u9fff]{2,4})(?:[,，]\s?([^\n]{2,40}))?$"
)
_DASH_AT_END = re.compile(
    r"[.!?。！？]\s{1,3}[-–—~]\s?([A-Z][a-z]{1,20}(?: [A-Z][a-z]{1,20}){0,2})(?:,\s?([A-Z][A-Za-z& ]{1,30}))?$"
)
_DELIMITER = re.compile(r"^\s{0,2}(?:-{2,}|_{3,}|—{2,}|={3,}|\*{3,})\s*$")
_DEVICE_LINE = re.compile(r"^(?:发自|来自|从我的|sent from|get outlook|outlook for|【)", re.I)
_SPLIT = re.compile(r"[\s|｜/／,，、;；·•:：()（）<>]+")
# Letters of European names, with their accents.
_UP, _LOW = "A-ZÀ-ÖØ-ÞŁŚŻŽČŠĐ", "a-zà-öø-ÿąćęłńśźżžčšđěřůğış"
_EN_NAME = re.compile(
    rf"[{_UP}][{_UP}{_LOW}'’.-]{{0,20}}(?: (?:[{_UP}]\.|[{_UP}][{_UP}{_LOW}'’-]{{1,20}})){{1,3}}"
    rf"|[{_UP}][{_LOW}]{{1,14}}(?: [{_UP}]\.)?"
)
_FULL_NAME = re.compile(rf"[{_UP}][{_LOW}'’-]{{1,20}}(?: [{_UP}]\.)?(?: [{_UP}][{_UP}{_LOW}'’-]{{1,20}}){{1,2}}")
_BEHIND_SENTENCE = re.compile(
    rf"[.!?]\s{{1,3}}([{_UP}][{_LOW}'’-]{{1,20}} [{_UP}][{_LOW}'’-]{{1,20}}\s?[,|/] ?[^.!?]{{2,60}})$"
)
_THANKS_NAME = re.compile(
    rf"(?:^|[.!?。]\s{{1,3}})(?i:thanks|thank you|thx|cheers|regards|best|br|kind regards|best regards)[,!.]{{1,2}}"
    rf"\s{{1,3}}([{_UP}][{_LOW}'’-]{{1,15}}(?: [{_UP}][{_LOW}'’-]{{1,20}})?)(?=\s{{0,3}}(?:[(,|/]|$))"
)
_LOWER_NAME = re.compile(r"[a-z]{4,14} [a-z]{4,14}(?: [\u4e00-\u9fff]{2,4})?")
_ZH_NAME_END = re.compile(r"([\u4e00-\u9fff]{2,4})$")
# Characters of sentences, which no unit has in its name ("…怎么办").
_SENTENCE = frozenset("的怎么了吗呢我你他她它这那哪没忘坏请在把被不")
_TITLES = frozenset(
    {
        "manager", "engineer", "director", "analyst", "assistant", "specialist", "supervisor", "coordinator",
        "officer", "lead", "head", "technician", "consultant", "clerk", "representative", "executive", "president",
        "accountant", "administrator", "planner", "buyer", "sr.", "sr", "senior", "junior", "jr.",
    }
)  # fmt: skip
# A number with what it is: 工号20871, 车间电话2219, 手机13600001234, QQ 12345678.
_NUMBERED = re.compile(
    r"(?:[\u4e00-\u9fff]{0,3}(?:电话|手机|分机|内线|座机|短号|工号|编号)|tel|ext|mobile|qq|x|t|m)[.:：]?\+?[\d-]{0,14}",
    re.I,
)
_ROLE_ZH = (
    "经理",
    "主管",
    "工程师",
    "总监",
    "主任",
    "专员",
    "助理",
    "会计",
    "老师",
    "值班",
    "同事",
    "负责人",
    "员工",
    "组长",
    "科长",
    "部长",
    "处长",
)


def introduced(text: str) -> Person:
    """「我是财务部的王伟」, "This is Jane Doe from Finance"."""
    match = _ZH_I_AM.search(text)
    if match:
        name = match[2]
        unit = (match[1] or "").removeprefix("来自")
        floor = _LEADING_FLOOR.match(unit)
        if floor:
            unit = unit[floor.end() :]
        if is_zh_name(name):
            cut = max(unit.rfind("办公室"), unit.rfind("公司"))
            place = unit[: cut + 3] if cut >= 0 and unit[cut : cut + 3] == "办公室" else ""
            return Person(name, unit[len(place) :], "", place) if is_unit(unit[len(place) :]) else Person(name)
        if unit and is_unit(unit):
            return Person("", unit)
    match = _EN_I_AM.search(text)
    if match and " ".join(match[1].split()[:1]).lower() not in ("not", "unable", "the", "having", "getting", "trying"):
        unit_en = (match[2] or "").strip()
        return Person(match[1], unit_en if unit_en.lower() in UNITS_EN else "")
    return Person()


def mentioned_unit(text: str) -> str:
    """A unit that the text itself speaks of as the writer's: "the finance department", 「财务部的打印机」."""
    match = _EN_UNIT.search(text)
    if match:
        return match[0]
    for pattern in (_ZH_UNIT_FIRST, _ZH_MINE):
        match = pattern.search(text)
        if match and is_unit(match[1]):
            return match[1]
    return ""


def signed(body: str, signature: str) -> Person:
    """What the signature block says; without one, what stands under the closing words or in the last line."""
    lines = [line.strip() for line in signature.split("\n") if line.strip()]
    lines = [line for line in lines if not _DELIMITER.match(line) and not _DEVICE_LINE.match(line)]
    strict = False
    if not lines:
        lines, strict = _tail(body)
    person = _read(lines[:12], strict)
    if not person.name:
        closed = _closed(body)
        person = Person(
            closed.name, person.department or closed.department, person.phone or closed.phone, person.location
        )
    dashed = _dashed(body)
    if dashed and not (person.name and person.department):
        return Person(person.name or dashed.name, person.department or dashed.department, person.phone, person.location)
    return person


def is_zh_name(text: str) -> bool:
    """Whether a word may be a Chinese person: 2–3 (with a double name 4) Han characters beginning with a surname."""
    return (
        2 <= len(text) <= 3
        and all("\u4e00" <= char <= "\u9fff" for char in text)
        and text[0] in SURNAMES
        and text not in NO_NAMES
        and text[:2] not in NO_NAMES
        and not text.endswith(UNIT_ENDINGS)
        and not text.endswith(_ROLE_ZH)
        and not text.endswith(("了", "的", "吗", "呢", "下", "机", "不", "上", "号"))
    )


def is_unit(text: str) -> bool:
    """Whether a word names a unit of a company, in either language."""
    if text.lower() in UNITS_EN:
        return True
    if not 2 <= len(text) <= 14 or not text.endswith(UNIT_ENDINGS) or text in NO_UNITS:
        return False
    return text[0] > "⺀" and not any(char in _SENTENCE for char in text)


def _tail(body: str) -> tuple[list[str], bool]:
    """The lines of an unmarked signature, and whether each word of them must be accounted for (a bare last line)."""
    lines = [line.strip() for line in body.rstrip().split("\n")]
    while lines and (not lines[-1] or _DEVICE_LINE.match(lines[-1])):
        lines.pop()
    for back in range(len(lines) - 1, max(-1, len(lines) - 14), -1):
        if _CLOSING.match(lines[back]) or _DELIMITER.match(lines[back]):
            below = [line for line in lines[back + 1 :] if line]
            if below:
                return below, False
            lines = lines[:back]
            break
    block = _block(lines)
    if block:
        return block, False
    while lines and not lines[-1]:
        lines.pop()
    if not lines:
        return [], True
    last = re.split(r"[。！!？?；;]", lines[-1].rstrip("。！!？?；; "))[-1].strip()
    # "张三 财务部 8123" on one line, or name, unit and telephone below each other.
    below_each_other = [line for line in lines[-4:] if line and len(line) <= 24]
    return ([last] if _accounted(last) else [line for line in below_each_other if _accounted(line)]), True


def _block(lines: list[str]) -> list[str]:
    """The last paragraph that opens with a name over a line with a title, a unit, an address or a number."""
    for at in range(max(1, len(lines) - 14), len(lines) - 1):
        if lines[at - 1] or not _name_of(lines[at], first=True) or len(lines[at]) > 40:
            continue
        below = lines[at + 1].lower()
        if "@" in below or _unit_en(below) or set(_SPLIT.split(below)) & _TITLES or _accounted(lines[at + 1]):
            return [line for line in lines[at:] if line]
    return []


def _words(line: str) -> list[str]:
    return [word for word in _SPLIT.split(line) if word]


def _accounted(line: str) -> bool:
    """Whether a line consists of nothing but a name, a unit, a company, a role and numbers."""
    if not line or len(line) > 60:
        return False
    known = telling = numbered = 0
    words = _words(line)
    for word in words:
        if is_zh_name(word) or is_unit(word):
            known += 1
            telling += 1
        elif (
            word[0] in "+0123456789"
            or word.lower() in ("tel", "ext", "qq", "座机", "电话", "分机", "手机", "m", "t", "内线", "工号")
            or word.endswith(_ROLE_ZH)
            or word.endswith("公司")
            or _NUMBERED.fullmatch(word)
        ):
            known += 1
            numbered += any(char.isdigit() for char in word)
    # One word that we do not know may stand beside a name, if a number or a unit stands there too (a trade, a desk).
    return telling > 0 and (known == len(words) or (known == len(words) - 1 and telling + numbered >= 2 < len(words)))


def _read(lines: list[str], strict: bool) -> Person:
    name = unit = place = ""
    numbers: list[str] = []
    for at, line in enumerate(lines):
        for word in _words(line):
            if not name and is_zh_name(word):
                name = word
            elif not unit and is_unit(word) and not word.isascii():
                unit = word
        if not unit:
            unit = _unit_en(line)
        if not name and at <= 2 and not strict:
            name = _name_of(line, first=at == 0)
        if not place:
            place = field_text.postal_address(line)
        if any(char.isdigit() for char in line) and not line.startswith(("邮编", "工号", "传真", "Fax", "fax")):
            found = field_text.phone(line)
            if not found:
                found = (
                    next((word for word in _words(line) if word.isdigit() and 3 <= len(word) <= 5), "")
                    if _accounted(line)
                    else ""
                )
            if found:
                numbers.append(found)
    return Person(name, unit, numbers[0] if numbers else "", place)


def _unit_en(line: str) -> str:
    """A unit in an English signature line: the whole line, or the last part behind a comma, dash or bar."""
    for part in re.split(r"[,|｜/]| - | – ", line):
        bare = part.strip(" .")
        lower = bare.lower()
        if lower.startswith("the "):
            lower = lower[4:]
        for ending in (" department", " dept", " dept.", " team", " division"):
            if lower.endswith(ending) and lower.removesuffix(ending) in UNITS_EN:
                return bare
        if lower in UNITS_EN:
            return bare
    return ""


def _name_of(line: str, first: bool) -> str:
    head = re.split(r"[,|｜/(<]| - | – | \t", line)[0].strip()
    words = head.lower().split()
    if not head or any(word in _TITLES for word in words) or any(char.isdigit() or char in "@:\\" for char in head):
        return ""
    if head.lower() in UNITS_EN or head.lower().endswith(
        (" team", " ltd", " gmbh", " inc", " department", " group", " desk")
    ):
        return ""
    if _EN_NAME.fullmatch(head) and (first or len(words) >= 2):
        return head
    if first and _LOWER_NAME.fullmatch(head) and not set(words) & _COMMON_WORDS:
        match = _ZH_NAME_END.search(head)
        return match[1] if match else head
    match = _ZH_NAME_END.search(head)
    return match[1] if match and is_zh_name(match[1]) and len(head) <= 40 else ""


_COMMON_WORDS = frozenset(
    {
        "please", "thanks", "thank", "help", "team", "hello", "with", "best", "regards", "this", "that", "have",
        "need", "issue", "error", "problem", "working", "able", "from", "your", "kindly", "soon", "possible",
        "needful", "again", "still", "sent", "look", "into", "check", "know", "advise", "asap", "account", "user",
        "system", "access",
    }
)  # fmt: skip


_NAME_WORD = re.compile(
    r"(?:联系人|联络人|负责人|报修人|使用人|[\u4e00-\u9fff]{0,4}(?:主任|组长|班长|主管|科长|店长|部长))\s{0,2}[:：]\s{0,2}"
    r"([\u4e00-\u9fff]{2,4})(?![\u4e00-\u9fff])"
)
_NO_PERSON = frozenset(
    word for phrase in (*UNITS_EN, *PROGRAMS, *MAKERS, *DEVICES_EN) if phrase.isascii() for word in phrase.split()
) | {
    *("sincerely", "yours", "cheers", "greetings", "dear", "warm", "kind", "error", "issue", "problem", "request"),
    *("access", "new", "old", "urgent", "update", "version", "blue", "black"),
}


def _closed(body: str) -> Person:
    """What stands last without any mark: "Thanks, Deborah (ext 4471)", a full name on a line of its own with unit and
    numbers beside or below it, or a role with a name (值班主任：韩冰)."""
    named = _NAME_WORD.search(body)
    if named and is_zh_name(named[1]):
        return Person(named[1])
    lines = [line.strip() for line in body.rstrip().split("\n")]
    last = [line for line in lines if line and not _DEVICE_LINE.match(line)][-4:]
    for at, whole in enumerate(last):
        # "… is affected. Camille Roux, Accounting, +33 …": what stands behind the last sentence.
        line = whole[behind.start(1) :] if (behind := _BEHIND_SENTENCE.search(whole)) else whole
        thanked = _THANKS_NAME.search(line)
        parts = [part.strip() for part in re.split(r"[,|｜/／(（]| - | – ", line)]
        name = thanked[1] if thanked else parts[0]
        full = _FULL_NAME.fullmatch(name) is not None and len(line) <= 80 and not line.endswith((".", "!", "?", ":"))
        if (thanked or full) and not {word.lower() for word in name.split()} & (_NO_PERSON | _TITLES | _COMMON_WORDS):
            rest = [line, *last[at + 1 :]]
            unit = next((found for each in rest if (found := _unit_en(each) or _headed(each))), "")
            phone = next((found for each in rest if (found := field_text.phone(each))), "")
            return Person(name, unit, phone)
    alone = last[-1] if last else ""
    single = re.fullmatch(rf"[{_UP}][{_LOW}]{{1,14}}(?: [{_UP}]\.)?", alone)
    before = last[-2] if len(last) > 1 else ""
    if (
        single
        and before.endswith((".", "!", "?", ","))
        and alone.lower().rstrip(".") not in (_NO_PERSON | _TITLES | _COMMON_WORDS)
    ):
        return Person(alone)
    return Person()


def _headed(line: str) -> str:
    """The unit of "Head of Engineering"."""
    match = re.search(r"(?i:head|director|manager|vp) of ([A-Z][A-Za-z& ]{1,30})$", line)
    return match[1] if match and match[1].lower() in UNITS_EN else ""


def _dashed(body: str) -> Person:
    """ "-Tony, Shipping" on its own line or behind the last sentence."""
    for line in [line for line in body.rstrip().split("\n") if line.strip()][-3:]:
        match = _SIGNED_DASH.match(line) or _DASH_AT_END.search(line)
        if match:
            name, unit = match[1].strip(), (match[2] or "").strip()
            if (name[0].isupper() and name.lower() not in UNITS_EN and len(name.split()) <= 3) or is_zh_name(name):
                return Person(name, unit if is_unit(unit) else "")
    return Person()
