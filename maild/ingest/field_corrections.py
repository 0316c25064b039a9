"""Corrections and answers in a sentence: "部门写错了，应该是采购部", "the phone number has changed to 8200". All pure.

Only in an answer to a letter of ours, where the fields were shown. Every pattern is bounded (THREATS A25).
"""

import re
from collections.abc import Iterator

_ZH = {
    "name": "姓名|名字|使用人|联系人",
    "department": "部门|部門|科室|单位",
    "phone": "电话号码|电话|電話|分机号|分机|手机号码|手机号|手机|联系方式",
    "location": "地点|地點|位置|工位|房间|办公室",
    "asset": "设备|設備|资产编号|电脑型号|型号",
    "software": "软件|系统名称|程序",
    "version": "版本号|版本",
}
_EN = {
    "name": "name",
    "department": "department|dept",
    "phone": "phone number|phone|telephone|extension|ext|mobile",
    "location": "location|place|room|office",
    "asset": "device|asset|asset tag|serial number",
    "software": "software|application",
    "version": "version",
}
_NAME_OF = {word: name for table in (_ZH, _EN) for name, words in table.items() for word in words.split("|")}


def _any(table: dict[str, str]) -> str:
    return "|".join(sorted("|".join(table.values()).split("|"), key=len, reverse=True))


_ZH_SAID = re.compile(
    rf"(?:^|[，,。；;！!\s]|我的|我们的|我)({_any(_ZH)})"
    r"(?:(?:写|填|打|搞|弄)?(?:错了|错|不对|有误|不正确|有变|变了)[，,。：:\s]{0,2})?"
    r"(应该是|应该为|应为|应是|改为|改成|改到|更正为|更新为|变更为|现在是|现在在|换成了?|换到了?|其实是|实际是|是|在)"
    r"\s{0,2}([^，,。；;！!？?\n]{1,60})",
    re.M,
)
_EN_SAID = re.compile(
    rf"(?:^|(?<=[\s,.;]))({_any(_EN)})(?: is wrong[,:;]? (?:it|that))? "
    r"(should be|should read|is now|is actually|has changed to|was changed to|changed to|is)"
    r" ([^,;!?\n]{1,60}?)(?=,|;|!|\n|\.\s|\.?$| not | instead)",
    re.I | re.M,
)
# What follows is no value but a question, a refusal or a word about it.
_NO_VALUE = re.compile(
    r"^(?:不|没|沒|否|什么|哪|谁|怎么|吗|否则|我|你|好的|坏的|对的|错的|正确|not\b|what\b|which\b|wrong|correct|right|a\b|an\b"
    r"|the same|still|there|here|where|why|broken|dead|down|on\b|off\b|ok\b|fine)|[吗呢吧]$",
    re.I,
)
# A plain "is" says a value of these; "the device is broken" does not.
_PLAIN = frozenset({"name", "department", "phone", "location"})


def corrected(text: str) -> Iterator[tuple[str, str]]:
    """(field, value) of every sentence that says what a field is or should be, in order."""
    for pattern in (_ZH_SAID, _EN_SAID):
        for match in pattern.finditer(text):
            name, value = _NAME_OF[match[1].lower()], match[3].strip(" .\"'“”「」")
            plain = match[2].lower() in ("是", "在", "is")
            if not value or _NO_VALUE.search(value) or (plain and name not in _PLAIN):
                continue
            if match[2] == "在" and name != "location":
                continue
            # "My department is Finance" names one, "the office is quiet" does not.
            if plain and pattern is _EN_SAID and value[0].islower():
                continue
            yield name, value
