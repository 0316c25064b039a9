"""What directories write above their columns and into them: headings in Chinese and English, yes and no, languages."""

import re
import unicodedata
from collections.abc import Mapping
from zoneinfo import ZoneInfo

# A heading as `plain` makes it → the attribute of a Person. Several columns may mean the same: the first one that is
# filled in counts, but for addresses, of which all do.
HEADINGS: Mapping[str, tuple[str, ...]] = {
    "key": (
        "工号", "员工编号", "员工号", "人员编号", "职工号", "employee id", "employee number", "employee no", "staff no",
        "staff number", "staff id", "personnel number", "objectguid", "id",
    ),
    "name": (
        "姓名", "名字", "员工姓名", "中文名", "中文姓名", "显示名", "显示名称", "人员姓名", "name", "full name",
        "display name", "displayname", "employee", "employee name", "cn",
    ),
    "first": ("名", "first name", "given name", "givenname"),
    "last": ("姓", "last name", "surname", "family name", "sn"),
    "addresses": (
        "邮箱", "邮箱地址", "电子邮箱", "电子邮件", "邮件", "邮件地址", "企业邮箱", "公司邮箱", "邮箱账号", "email",
        "e mail", "mail", "email address", "e mail address", "emailaddress", "mail address", "primary smtp address",
        "primarysmtpaddress",
    ),
    "aliases": (
        "别名", "邮箱别名", "别名邮箱", "其他邮箱", "备用邮箱", "alias", "aliases", "email aliases", "other addresses",
        "other email", "proxyaddresses", "proxy addresses",
    ),
    "department": (
        "部门", "所属部门", "所在部门", "部门名称", "科室", "单位", "department", "dept", "department name",
        "organizational unit", "org unit", "division",
    ),
    "phone": (
        "分机", "分机号", "电话/分机", "电话", "联系电话", "办公电话", "座机", "电话号码", "手机", "手机号", "手机号码",
        "移动电话", "ext", "extension", "phone", "phone/extension", "telephone", "phone number", "telephone number",
        "telephonenumber", "office phone", "officephone", "business phone", "work phone", "mobile", "mobile phone",
        "mobilephone", "tel",
    ),
    "location": (
        "地点", "办公地点", "工作地点", "位置", "办公位置", "工位", "工位号", "座位", "楼层", "房间", "办公室",
        "location", "office", "office location", "room", "room number", "seat", "desk", "site",
        "physicaldeliveryofficename",
    ),
    "manager": (
        "主管", "直属主管", "直接主管", "上级", "直属上级", "直接上级", "汇报对象", "经理", "部门经理", "负责人",
        "manager", "supervisor", "reports to", "line manager", "manager email",
    ),
    "language": ("语言", "首选语言", "language", "preferred language", "preferredlanguage", "lang", "locale"),
    "zone": ("时区", "time zone", "timezone", "tz", "zone"),
    "vip": ("vip", "是否vip", "vip用户", "重要用户", "高管", "领导"),
    "shared": (
        "共享", "是否共享", "共享邮箱", "公共邮箱", "是否公共邮箱", "shared", "shared mailbox", "group", "is shared",
    ),
}  # fmt: skip

_YES = frozenset({"1", "y", "yes", "true", "x", "是", "对", "有", "√", "✓", "✔", "vip", "shared", "共享", "公共"})
_CHINESE = ("zh", "中文", "简体", "汉语", "chinese", "mandarin")
_ENGLISH = ("en", "英文", "英语", "english")

_FOR_HEADING = {word: name for name, words in HEADINGS.items() for word in words}
_NOTE = re.compile(r"\s{0,3}[(（\[【].{0,40}$")

# A directory's cell that is longer than this is no name, number or place.
_LONGEST = 200


def heading(cell: str) -> str:
    """The attribute that a column's heading means; empty for one that is of no use here."""
    plain = " ".join(unicodedata.normalize("NFKC", cell).lower().replace("_", " ").replace("-", " ").split())
    plain = plain.strip(" *:.#")
    return _FOR_HEADING.get(plain) or _FOR_HEADING.get(_NOTE.sub("", plain), "")


def tidy(value: str) -> str:
    """A cell on one line without control characters, at most 200 characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in value).split())[:_LONGEST]


def yes(value: str) -> bool:
    """Whether a cell says yes; an empty one, and whatever is not known, says no."""
    return value.strip().lower() in _YES


def language(value: str) -> str:
    """zh-CN, en, or empty: `zh-CN`, `中文`, `English`, and lists such as `de-DE, en;q=0.8` (RFC 2798 §2.7)."""
    for part in re.split(r"[,;，；]", value.lower()):
        word = part.strip()
        if word.startswith(_CHINESE):
            return "zh-CN"
        if word.startswith(_ENGLISH):
            return "en"
    return ""


def zone(value: str) -> str:
    """An IANA time zone that this machine knows, else empty."""
    name = value.strip()
    try:
        ZoneInfo(name)
    # Odd names are looked for as files: whatever comes of it, it is no zone.
    except (KeyError, ValueError, OSError):
        return ""
    return name
