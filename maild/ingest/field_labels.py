"""Labelled lines (`部门：财务部`, `Dept: Finance`, table rows, form headings) and what people write as labels."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from maild.model.labels import FIELD_HINTS, FIELD_LABELS, FIELD_ORIGINS

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "name": (
        "姓名", "名字", "提交人", "提交人姓名", "申请人", "报修人", "报障人", "报告人", "联系人", "联系人姓名",
        "使用人", "使用者",
        "用户姓名", "用户名称", "员工姓名", "受影响人", "申告人",
        "name", "full name", "your name", "user name", "requested by", "requester", "requestor", "reporter",
        "reported by",
        "submitted by", "submitter", "contact name", "contact person", "employee", "employee name",
        "affected user", "caller",
        "name of user", "user's name", "first and last name",
    ),
    "department": (
        "部门", "所属部门", "所在部门", "科室", "单位", "部门名称", "使用部门", "申请部门", "处室",
        "department", "dept", "dept.", "division", "business unit", "department name", "your department",
        "cost center",
        "unit", "team",
    ),
    "phone": (
        "电话", "联系电话", "电话号码", "手机", "手机号", "手机号码", "移动电话", "座机", "固话", "办公电话",
        "分机", "分机号", "内线",
        "短号", "联系方式", "电话/分机", "回电", "手机/分机", "联系手机",
        "phone", "phone no", "phone number", "telephone", "tel", "tel.", "mobile", "mobile no", "mobile phone",
        "cell",
        "cell phone", "ext", "ext.", "extn", "extension", "phone/extension", "contact", "contact no", "contact no.",
        "contact number", "contact phone", "call me at", "callback number", "call back number", "office phone",
        "direct line",
        "phone / extension", "phone/ext", "desk phone", "m", "t", "mob",
    ),
    "location": (
        "地点", "位置", "所在地", "所在位置", "办公地点", "工位", "楼层", "房间", "房间号", "办公室", "故障地点",
        "发生地点", "工位号",
        "位置/房间", "地址", "座位", "座位号",
        "location", "place", "site", "office", "office location", "room", "room no", "building", "floor", "desk",
        "where",
        "your location", "address", "seat", "plant",
    ),
    "when": (
        "时间", "发生时间", "故障时间", "出现时间", "开始时间", "问题发生时间", "何时开始", "发现时间", "何时发生",
        "when", "since", "since when", "time", "time of issue", "date", "date and time", "date/time", "started",
        "when did it start",
        "started on", "start time", "first seen", "occurred", "occurred at", "time of problem",
        "when did it happen",
    ),
    "asset": (
        "设备", "设备名称", "设备型号", "设备编号", "资产", "资产编号", "资产号", "固定资产编号", "电脑", "电脑名",
        "电脑名称", "计算机名", "计算机名称",
        "主机名", "电脑编号", "电脑型号", "机器名", "型号", "机型", "序列号", "sn", "s/n", "受影响设备", "打印机",
        "打印机名称", "打印机型号", "设备标签",
        "device", "asset", "asset tag", "asset no", "asset number", "asset id", "asset code", "service tag",
        "serial", "serial no",
        "serial number", "hostname", "host name", "computer", "computer name", "pc", "pc name", "machine",
        "machine name",
        "model", "laptop model", "equipment", "printer", "printer name", "printer name / make - model",
        "printer model",
        "server name", "device name", "affected device", "make/model", "make and model", "laptop", "workstation",
    ),
    "software": (
        "软件", "软件名称", "系统", "系统名称", "应用", "应用系统", "应用名称", "程序", "系统/软件", "软件/系统",
        "受影响系统", "平台", "业务系统", "浏览器",
        "software", "application", "application name", "app", "program", "system", "system name", "system/software",
        "software/system", "affected system", "product", "which application", "what application are you using",
        "service",
        "affected application", "what system or application being used at time of the problem",
    ),
    "version": (
        "版本", "版本号", "软件版本", "系统版本", "驱动版本", "客户端版本",
        "version", "version no", "version number", "software version", "release", "build", "app version", "ver",
        "ver.",
    ),
    "error": (
        "错误", "错误提示", "错误信息", "报错", "报错信息", "提示", "提示信息", "错误代码", "错误提示信息",
        "报错内容", "错误消息", "错误码",
        "报错提示", "错误内容",
        "error", "error message", "error messages", "error text", "error code", "message", "exact error message",
        "error msg",
        "exact error", "the error is", "the error message is",
    ),
    "steps": (
        "步骤", "操作步骤", "重现步骤", "复现步骤", "操作过程", "如何重现",
        "steps", "steps to reproduce", "how to reproduce", "what did you do", "steps taken", "reproduction steps",
        "how to reproduce it",
    ),
    "reproducible": (
        "是否可复现", "可复现", "能否复现", "复现", "是否可重现", "可重现", "频率", "出现频率", "是否必现",
        "发生频率",
        "reproducible", "can it be reproduced", "happens every time", "frequency", "how often", "reproducibility",
        "repeatable",
    ),
    "impact": (
        "影响", "影响范围", "影响程度", "对工作的影响", "业务影响", "工作影响", "受影响人数", "影响人数",
        "impact", "effect on your work", "business impact", "effect", "impact on work", "users affected",
        "affected users",
        "who is affected", "no of users affected", "no. of users affected", "number of users affected",
        "how many users affected",
    ),
    "tried": (
        "已尝试", "已尝试方法", "已尝试的方法", "已试过", "尝试过的方法", "已做操作", "已采取措施", "自查",
        "自查情况", "处理尝试",
        "已尝试的解决方法", "尝试过",
        "tried", "tried so far", "already tried", "what have you tried", "troubleshooting", "troubleshooting done",
        "steps tried", "what i tried", "workaround tried", "attempted",
    ),
}  # fmt: skip
"""What people write as the label of each field, in lower case, beside the shown labels of model.labels."""

# Labels of things that are no field: they end the value before them, and what follows them is no field value.
OTHERS = (
    "工号", "邮箱", "电子邮件", "邮件", "问题", "问题描述", "故障描述", "描述", "现象", "故障现象", "标题", "主题",
    "发件人", "收件人", "抄送", "发送时间",
    "邮编", "传真", "网址", "备注", "操作系统", "用户名", "账号", "帐号", "密码", "优先级", "紧急程度", "原因",
    "公司", "日期", "ip", "职位", "岗位", "其他",
    "email", "e-mail", "mail", "user id", "userid", "user", "login", "login id", "username", "language", "browser",
    "customer number", "summary", "description", "issue", "problem", "describe the problem", "subject", "from",
    "sent",
    "to", "cc", "os", "fax", "web", "website", "file name", "filename", "priority", "urgency", "password", "id",
    "employee id",
    "file", "company", "company name", "title", "comments", "notes", "note", "reason", "transaction",
    "transaction code",
    "manager", "supervisor", "ip address", "url", "how soon do you need this", "group name",
    "database server / name", "domain",
    "is there anything else we should know", "source ip", "dest ip", "detailed description of the problem",
    "question",
    "ticket", "e", "w", "f", "job title", "position", "reference", "item", "attachments", "workflow",
    "database name",
    "folder name", "product name", "customer name", "vendor name", "path", "example", "system id",
)  # fmt: skip

_TRADITIONAL: Mapping[str, str] = {
    "部門": "department", "電話": "phone", "聯絡電話": "phone", "分機": "phone", "手機": "phone", "地點": "location",
    "時間": "when", "發生時間": "when", "設備": "asset", "軟體": "software", "系統": "software", "錯誤訊息": "error",
    "錯誤提示": "error", "影響": "impact",
}  # fmt: skip

_FOR_LABEL: dict[str, str] = {label: "" for label in OTHERS}
_FOR_LABEL.update({label: name for name, labels in SYNONYMS.items() for label in labels})
_FOR_LABEL.update({words.for_(tag).lower(): name for name, words in FIELD_LABELS.items() for tag in ("en", "zh")})
_FOR_LABEL.update(_TRADITIONAL)
_LONGEST = max(len(label) for label in _FOR_LABEL)

# Labels that may follow any word of a sentence ("I get this error: …"); the rest stand at the start of a part.
_MID_SENTENCE = frozenset(
    {
        "error", "error message", "message", "ext", "ext.", "extension", "extn", "phone number", "phone", "tel",
        "mobile", "service tag", "asset tag", "serial number", "version", "报错", "错误提示", "提示", "错误代码",
        "分机", "分机号", "手机", "电话", "联系电话", "型号", "机型", "资产编号", "序列号",
    }
)  # fmt: skip

_SEPARATOR = re.compile(r"[:：=＝?？]")
_DASH = re.compile(r"[ \t]?[-–—][ \t]?|[ \t]is[ \t]")
_BULLET = re.compile(r"^[\s•·▪●○*\-–—#>＞)）.、\d]{0,12}")
_QUOTE = re.compile(r"^[ \t]{0,3}[>＞|](?:[ \t]{0,2}[>＞])*[ \t]?")
_MARK = re.compile(r"^[\s#*>＞]{0,8}")
_PART = " \t;；,，|、。•·/／（("
_EMPTY = frozenset(
    {
        "-", "--", "—", "–", "...", "…", ".", "/", "n/a", "na", "none", "nil", "null", "unknown", "tbd", "?", "？",
        "x", "无", "暂无", "没有", "不详", "不清楚", "不知道", "同上", "略", "请填写", "待填", "必填", "选填",
    }
)  # fmt: skip
# How the sentences of our own forms begin: below a line that somebody has emptied they are no answer.
_OUR_SENTENCES = (
    "哪里不对", "请回复这封邮件", "要补充情况", "还差几项", "【", "判断依据", "等待的时候", "撤回工单", "您的邮件里",
    "If something is wrong", "A few details", "Please reply", "To add something", "While you wait", "Why:",
    "Withdraw", "Your mail", "--",
)  # fmt: skip
_ORIGINS = tuple(shown for words in FIELD_ORIGINS.values() for shown in (f"({words.en})", f"（{words.zh}）"))
_PAIRS = frozenset({("(", ")"), ("（", "）"), ("[", "]"), ("【", "】")})
_UNDERLINE = re.compile(r"[_＿\s.…·-]{0,200}")


@dataclass(frozen=True, slots=True)
class Labelled:
    """One labelled value as found: the field's name, whether it stood in a quoted line, and whether its label stands
    in the middle of a sentence ("I get this error: …"), which says less than a line of its own."""

    name: str
    value: str
    quoted: bool = False
    inline: bool = False


def labelled(text: str, quotes: bool = False) -> Iterator[Labelled]:
    """Every labelled value of a text, in its order; values are verbatim, empty and unfilled ones are left out.

    Quoted lines (`> …`) are read only when `quotes` is true; else a quoted or marked line that is nothing but a label
    still heads the unquoted line below it (web forms: `> Requested By`).
    """
    lines = _whole_rows(text.split("\n"))
    header: list[str] | None = None
    for at, raw in enumerate(lines):
        if len(raw) > 2000 or not raw.strip():
            header = None if not raw.strip() else header
            continue
        quote = _QUOTE.match(raw) if raw.lstrip()[:1] in (">", "＞") else None
        line = raw[quote.end() :] if quote else raw
        cells = _cells(line)
        if cells and header and len(cells) == len(header):
            for name, value in zip(header, cells, strict=True):
                if (clean := cleaned(name, value)) and (quotes or not quote):
                    yield Labelled(name, clean, bool(quote))
            header = None
            continue
        header = None
        names = [label_of(cell) for cell in cells]
        if len(cells) >= 2 and all(name is not None for name in names) and any(names):
            header = [name or "" for name in names]
            continue
        if len(cells) >= 2 and names[0] is not None:
            for first in range(0, len(cells) - 1, 2):
                name_ = names[first]
                clean = cleaned(name_, cells[first + 1]) if name_ and names[first + 1] is None else ""
                if name_ and clean and (quotes or not quote):
                    yield Labelled(name_, clean, bool(quote))
            continue
        yield from _of_line(line, lines, at, bool(quote), quotes)


def label_of(text: str) -> str | None:
    """The field that a text is the label of, an empty string for a label of something else, None for no label."""
    return _FOR_LABEL.get(_normal(text))


_BLANK_LABEL = re.compile(r"^([^\s:：]{2,10}|phone|ext\.?|tel\.?|mobile)[ \t　]{1,8}(\S.{0,120})$", re.I)


def blank_labelled(line: str) -> tuple[str, str]:
    """(field, value) of a line with nothing but blanks between a Chinese label (or an English one of a telephone) and
    its value; two empty strings if it is none. Only an answer may be read so."""
    match = _BLANK_LABEL.match(_BULLET.sub("", line, count=1))
    name = label_of(match[1]) if match else None
    if match is None or not name or (match[1].isascii() and name != "phone"):
        return "", ""
    return name, cleaned(name, match[2])


def cleaned(name: str, value: str) -> str:
    """The value without marks around it; empty when nothing was filled in (blank, dashes, the unchanged hint)."""
    value = value.strip(" \t　*|;；,，、_＿")
    if value.endswith(_ORIGINS):
        # Our own remark on where we had the value before it, which somebody has written over.
        value = value[: value.rfind("(") if value.endswith(")") else value.rfind("（")].rstrip()
    if value.endswith((":", "：")) or _UNDERLINE.fullmatch(value) or value.lower() in _EMPTY:
        return ""
    hint = FIELD_HINTS.get(name)
    if hint is not None:
        bare = value.strip("()（）[]【】<>《》 ").lower()
        if bare in (hint.en.lower(), hint.zh.lower()):
            return ""
        for shown in (hint.en, hint.zh):
            for left, right in ("()", "（）", "[]", "【】"):
                value = value.replace(f"{left}{shown}{right}", "")
            # The brackets are gone where the answer was written into them.
            value = value.removeprefix(shown)
        value = value.strip(" \t　")
    if len(value) > 2 and (value[0], value[-1]) in _PAIRS and value.count(value[0]) == 1:
        value = value[1:-1].strip()
    return value[:500]


def _whole_rows(lines: list[str]) -> list[str]:
    """The lines with each table row on one: where Word makes a paragraph of a cell, its first row comes in pieces, and
    the value stands behind tabs below its label."""
    made: list[str] = []
    for line in lines:
        if line.startswith("\t") and line.strip():
            label = next((at for at in range(len(made) - 1, max(-1, len(made) - 4), -1) if made[at].strip()), -1)
            if label >= 0 and "\t" not in made[label].strip() and label_of(made[label]):
                made[label] = f"{made[label].rstrip()}\t\t{line.strip()}"
                del made[label + 1 :]
                continue
        made.append(line)
    return made


def _cells(line: str) -> list[str]:
    # Cells of an HTML table come with two tabs between them, those of a sheet with one.
    bar = next((each for each in ("\t\t", "|", "｜", "\t") if each in line.strip(" ").lstrip("\t")), "")
    return [cell.strip() for cell in line.strip().strip(bar).split(bar)] if bar else []


def _normal(text: str) -> str:
    text = text if text.isascii() else unicodedata.normalize("NFKC", text)
    text = text.strip(" \t*_#>•·-.:?").lower()
    if text.endswith(")") and not text.startswith("("):
        text = text.partition("(")[0].rstrip()
    for before in ("我的", "您的", "你的", "my ", "your ", "the "):
        if text.startswith(before) and text not in _FOR_LABEL:
            return text[len(before) :]
    return text


def _of_line(line: str, lines: list[str], at: int, quoted: bool, quotes: bool) -> Iterator[Labelled]:
    """The labels of one line and their values, each up to the next label."""
    found: list[tuple[int, int, str, bool]] = []
    last = 0
    for match in _SEPARATOR.finditer(line):
        hit = _label_before(line, last, match.start())
        if hit is not None:
            start, name, inline = hit
            found.append((start, match.end(), name, inline))
            last = match.end()
    if not found:
        bullet = _BULLET.match(line)
        begin = bullet.end() if bullet else 0
        for match in _DASH.finditer(line, begin, begin + _LONGEST + 6):
            name_ = label_of(line[begin : match.start()])
            if name_ is not None:
                found.append((begin, match.end(), name_, False))
                break
    if not found:
        mark = _MARK.match(line)
        heading = quoted or (mark is not None and "#" in mark[0])
        name_ = label_of(line) if heading and len(line) <= _LONGEST + 30 else None
        if name_:
            yield from _below(name_, lines, at, quoted, quotes)
        return
    for number, (_, end, name, inline) in enumerate(found):
        if not name:
            continue
        stop = found[number + 1][0] if number + 1 < len(found) else len(line)
        value = cleaned(name, line[end:stop])
        if value:
            if quotes or not quoted:
                yield Labelled(name, value, quoted, inline)
        elif number + 1 == len(found) and not line[end:stop].strip(" \t　*_"):
            # A label with nothing behind it heads the line below; one with its hint is a form's line left as it was.
            yield from _below(name, lines, at, quoted, quotes)


def _label_before(line: str, left: int, right: int) -> tuple[int, str, bool] | None:
    """The longest label that ends at `right`: where it starts, its field, and whether it is inside a sentence."""
    segment = line[max(left, right - _LONGEST - 20) : right]
    offset = right - len(segment)
    at_line_start = offset == 0
    bullet = _BULLET.match(segment) if at_line_start else None
    head = bullet.end() if bullet else 0
    whole = label_of(segment[head:]) if at_line_start else None
    if whole is not None:
        return offset + head, whole, False
    for start in range(len(segment)):
        before = segment[start - 1] if start else (" " if offset else "")
        if before and before not in _PART and not _script_changes(before, segment[start]):
            continue
        if segment[start] in _PART:
            continue
        label = _normal(segment[start:])
        name = _FOR_LABEL.get(label)
        if name is None:
            continue
        # Behind a full stop a new sentence begins, and so may a label.
        wide = start >= 2 and segment[start - 1] == " " and segment[start - 2] in _PART + ".!?！？"
        cjk_before = start >= 2 and (segment[start - 2] > "⺀" or segment[start] > "⺀")
        opens = not before or before != " " or wide or cjk_before or (start == 0) or not segment[:start].strip()
        if opens or label in _MID_SENTENCE:
            return offset + start, name, not opens
    return None


def _script_changes(before: str, here: str) -> bool:
    return here > "⺀" and (before < "⺀" or before in "的为是") and not before.isalpha()


def _below(name: str, lines: list[str], at: int, quoted: bool, quotes: bool) -> Iterator[Labelled]:
    """The value under a label that stands alone: the next line that is not blank, unless that is a label itself."""
    taken: list[str] = []
    inside = False
    for raw in lines[at + 1 : at + 10]:
        quote = raw.lstrip()[:1] in (">", "＞")
        line = _QUOTE.sub("", raw, count=1) if quote else raw
        if not line.strip():
            if taken:
                break
            continue
        if quote and not quotes:
            break
        if _starts_label(line) or line.strip().startswith(_OUR_SENTENCES):
            break
        inside = inside or quote
        taken.append(line.strip())
        if name not in ("steps", "error", "tried", "impact"):
            break
    value = cleaned(name, "\n".join(taken))
    if value:
        yield Labelled(name, value, inside)


def _starts_label(line: str) -> bool:
    bullet = _BULLET.match(line)
    begin = bullet.end() if bullet else 0
    match = _SEPARATOR.search(line, begin, begin + _LONGEST + 20)
    if match is not None and label_of(line[begin : match.start()]) is not None:
        return True
    return label_of(line[begin:]) is not None
