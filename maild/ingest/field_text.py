"""Fields in free text: telephone, version, error, time and place. All pure.

Each reader takes the text that a person wrote and returns the verbatim words, or an empty string. Every pattern is
bounded and linear (THREATS A25); the caller bounds the text.
"""

import re

from maild.ingest.field_words import PROGRAMS, any_of

_W = r"(?<![A-Za-z0-9_])"
_E = r"(?![A-Za-z0-9_])"


_NUMBER = r"\+?\(?\d[\d \-()./]{5,18}\d"
_EXTENSION = re.compile(
    r"(?:分机|分機|内线|短号|(?<![A-Za-z])(?:ext(?:ension|n)?\.?|x(?=\d{4})))\s{0,2}(?:号|是|为|is)?\s{0,2}[:：.#]?\s{0,2}(\d{3,6})(?!\d)",
    re.I,
)
_PHONE_WORD = re.compile(
    r"(?:电话|手机|座机|联系方式|致电|回电|(?<![A-Za-z])(?:tel|telephone|phone(?: number| no)?|mobile|mob|cell"
    r"|call me(?: back)?"
    r"|reach me|call back|contact|[mtp](?=\s?[:：.]))\.?)"
    rf"\s{{0,2}}(?:at|on|is|号码|号|是|为|打)?\s{{0,2}}[:：.=]?\s{{0,2}}({_NUMBER}|\d{{4,8}}(?![\d\-/年月日]|\.\d))",
    re.I,
)
_BARE_PHONE = re.compile(
    r"(?<![\d.\-/A-Za-z_@+#])("
    r"(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}"
    r"|0\d{2,3}[ -]\d{3,4} ?\d{4}(?:[ -]\d{1,5}|转\d{1,5})?"
    r"|\+\d{1,3}[ -]?\(?\d{1,5}\)?(?:[ -]?\d{2,5}){1,4}"
    r"|\(\d{3}\) ?\d{3}-\d{4}"
    r"|\d{3}[.\-]\d{3}[.\-]\d{4}"
    r")(?!\d|[.\-/]\d|[A-Za-z_@])"
)
_LONG_DIGITS = re.compile(r"(?<![\d.\-/A-Za-z_@])(\d{7,8})(?![\d.\-/A-Za-z_@年月])")


def phone(text: str) -> str:
    """A telephone number or extension, as written."""
    for pattern in (_EXTENSION, _BARE_PHONE, _PHONE_WORD):
        for match in pattern.finditer(text):
            found = match[1].strip(" -./(")
            digits = sum(char.isdigit() for char in found)
            if digits >= 3 and not _looks_like_date_or_ip(found):
                return found
    if "电话" in text:
        digits_only = _LONG_DIGITS.search(text)
        if digits_only:
            return digits_only[1]
    return ""


_DATE_OR_IP = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}(?: \d{1,2})?|\d{1,3}(?:\.\d{1,4}){3}")


def _looks_like_date_or_ip(text: str) -> bool:
    return _DATE_OR_IP.fullmatch(text) is not None


_VERSION_WORD = re.compile(
    r"(?:版本号?|(?<![A-Za-z])(?:version|ver\.|rev\.|release)|(?<![A-Za-z0-9])v(?=\d))\s{0,2}(?:号|是|为"
    r"|is)?\s{0,2}[:：=]?\s{0,2}"
    r"(\d[\w.\-]{0,24}\w|\d)",
    re.I,
)
_PRODUCT_VERSION = re.compile(
    rf"{_W}(?:{any_of(word for word in PROGRAMS if word not in ('vpn', 'erp', 'crm', 'oa', '邮箱', 'ios'))}|designer"
    rf"|reader|pro|enterprise)"
    r"\s{0,2}(?:browser\s|developer\s|浏览器|版|for business\s){0,2}\s{0,2}"
    r"(20[0-2]\d|\d{1,3}(?:\.\d{1,6}){1,4}[a-z]?\d{0,2}|[1-9]\d{1,2}[a-z]?)"
    r"(?![\d,%\-/:]|\.\d|[ ]?(?:and|&|users|people|minutes|hours|days|times))",
    re.I,
)
_DATE = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}")
_VERSION_BEFORE = re.compile(r"(?<![\d.])(\d{1,3}(?:\.\d{1,6}){1,3})\s?版(?!本?[号权])")
_DOTTED = re.compile(r"(?<![\d.\w/\\@-])(\d{1,3}\.\d{1,4}\.\d{1,5}(?:\.\d{1,5})?(?:[a-z]\d{1,3})?)(?!\d|\.\d|\w)")
_DOTTED_AFTER = re.compile(r"[A-Za-z\u4e00-\u9fff]\s?[(（]?$")
# A name written like one (Python, GlobalProtect, iOS), directly before a number with a dot.
_VERSIONED = re.compile(
    r"(?<![\w./\\@-])((?:[a-z]?[A-Z][A-Za-z+#]{1,20}[ -]?){1,3})[(（]?[vV]?(\d{1,3}(?:\.\d{1,6}){1,3})(?!\d|\.\d|\w"
    r"|\s?(?:%|[GMKT]B|GHz|MHz|cm|mm|m\b|kg|inch|\"|h\b|hours|million|万|亿|元|米|寸|折|倍|小时|天|[ap]m\b))"
)
_NO_PRODUCTS = frozenset(
    {
        "room", "rm", "building", "bldg", "floor", "section", "level", "line", "page", "chapter", "dock", "table",
        "figure", "step", "tray", "port", "slot", "ext", "tel", "phone", "usd", "eur", "rmb", "cny", "gbp", "chf",
        "at", "on", "about", "from", "since", "no", "nr", "ip", "server", "gateway", "dns", "host", "is", "in", "the",
        "desk", "seat", "unit", "bay", "gate", "suite", "office", "plant", "site", "fax", "mobile", "cell", "ph",
    }
)  # fmt: skip
_WINDOWS_BUILD = re.compile(rf"{_W}((?:19|2[0-9])H[12]){_E}", re.I)


def version(text: str) -> str:
    """The version of a program, as written: after its word, behind a known program, or with three parts and dots."""
    match = _VERSION_WORD.search(text)
    if match and not _looks_like_ip(match[1]) and not _DATE.fullmatch(match[1]):
        return match[1]
    match = _VERSION_BEFORE.search(text)
    if match:
        return match[1]
    match = _WINDOWS_BUILD.search(text)
    if match:
        return match[1]
    match = _PRODUCT_VERSION.search(text)
    if match:
        return match[1]
    product = versioned(text)
    if product:
        return product[1]
    for match in _DOTTED.finditer(text):
        parts = match[1].split(".")
        if (
            not _looks_like_ip(match[1])
            and len(parts[0]) <= 2
            and _DOTTED_AFTER.search(text[max(0, match.start() - 2) : match.start()])
        ):
            return match[1]
    return ""


def versioned(text: str) -> tuple[str, str] | None:
    """(product, version) of the first name that stands directly before a number with a dot."""
    for match in _VERSIONED.finditer(text):
        name = match[1].strip(" -")
        dated = re.fullmatch(r"\d{1,2}\.\d{1,2}\.(?:19|20)\d{2}", match[2]) is not None
        if name.split()[-1].lower() not in _NO_PRODUCTS and not _looks_like_ip(match[2]) and not dated:
            return name, match[2]
    return None


def _looks_like_ip(text: str) -> bool:
    parts = text.split(".")
    return len(parts) == 4 and all(part.isdigit() for part in parts) and int(parts[0]) >= 10


_ERROR_CUE = re.compile(
    r"(?:报错|报(?=[“\"「:：])|报$|错误提示|错误信息|提示|显示(?![器屏卡])|弹出|弹窗|报告|返回|出现|警告"
    r"|(?<![A-Za-z])(?:error(?: message)?s?|message|messages|says|saying|say|"
    r"states|stating|stated|reads|responses?|warning|prompt|popup|pop up|shows|showing|get|gets|getting|received))",
    re.I,
)
_ERROR_BEHIND = re.compile(r"\s?(?:error|message|warning|prompt|的?(?:提示|错误|报错|警告|字样))", re.I)
_QUOTED = re.compile(r"[\"“”「『‘]([^\"“”」』’\n]{3,240})[\"“”」』’]")
_ZH_ERROR = re.compile(
    r"(?:报错信息|报错提示|报错|错误提示|错误信息|一直提示|提示|警告|显示(?![器屏卡])|弹出|弹窗|返回"
    # Not what begins other words: 报销, 报表, 报告, 报名.
    r"|报(?![销表告名价关废送备修障工纸单账税批考警到道盘]))(?:说|为|是|了|了个|一个|如下|以下|错误)?[:：]?\s{0,2}"
    r"([^，。；;！!？\n]{3,80})"
)
_ZH_CODE = re.compile(
    r"(?:报|提示|出现|显示)?((?:错误代码|错误码|错误|代码|errcode)\s?[:：]?\s?(?:0x[0-9a-f]{3,8}|-?\d{3,10}))",
    re.I,
)
_ZH_HTTP = re.compile(r"(?:报|提示|出现)?([345]\d\d\s?(?:错误|异常|报错))")
_CODE = re.compile(
    r"(?<![A-Za-z0-9])((?:0x[0-9a-f]{4,10}|ora-\d{4,6}[^\n]{0,120}|[a-z]{2,8}_[a-z_]{4,60}_?(?:error|mismatch"
    r"|failed|refused|timed_out|reset)[a-z_]{0,20}"
    r"|(?-i:[A-Z]{3,20}(?:_[A-Z]{2,20}){2,5})|[245]\d\d[ -][245]\.\d\.\d{1,3} [^\n，。]{3,80}"
    r"|err_[a-z_]{4,50}|error (?:code )?#?-?\d{2,8}|errcode \d{2,8}|http (?:error )?[45]\d\d"
    r"|[45]\d\d\s{1,3}(?:internal|bad|service|gateway|not found|forbidden)[^\n\"“”]{0,40}))",
    re.I,
)
_EN_ERROR = re.compile(
    r"(?<![A-Za-z])(?:error messages?|error text|the error|the message|error|warning|message)(?: is| was| says"
    r"| states| that says| saying)?[ \t]{0,2}[:\-][ \t]{0,3}"
    r"([^\n]{5,160})",
    re.I,
)
_EN_SAYS = re.compile(
    r"(?<![A-Za-z])(?:it says|says that|says|message saying|error saying|error that|error stating|stating that"
    r"|stating|error message that) "
    r"([^\n,;\"“]{6,140}?)(?=\.\s|\.$|$|,|;|\n)",
    re.I | re.M,
)
_EN_NAMED = re.compile(
    r"(?<![A-Za-z])(blue screen(?: error)?|black screen|license server not found|trust relationship [^\n.]{5,80}"
    r"|access (?:is )?denied|permission denied|invalid credentials|authentication failed"
    r"|connection (?:timed out|refused|reset)"
    r"|request timed out|out of memory|disk (?:is )?full"
    r"|page cannot be displayed|paper jam|server not found|no signal)",
    re.I,
)
_ZH_NAMED = re.compile(
    r"(蓝屏|黑屏|无法创建[^，。\n]{2,30}|用户名或密码(?:错误|不正确)|拒绝访问|权限不足|连接(?:超时|被拒绝|失败|中断)|请求超时|服务器(?:错误|无响应)"
    r"|无响应|证书(?:错误|过期|无效)|内存不足|磁盘空间不足|网络异常|系统错误|找不到(?:文件|服务器|打印机)|卡纸)"
)
_NOT_ERROR = re.compile(
    r"^(?:as |the |this |a |an |in |to |when |if |please|see |attached|如下|如图|如附件|以下|错误$|异常$|出错$)",
    re.I,
)


def error(text: str) -> str:
    """The exact error text: quoted words near a cue first, then codes, then what follows 提示/报错/error."""
    for match in _QUOTED.finditer(text):
        before = text[max(0, match.start() - 60) : match.start()]
        if _ERROR_CUE.search(before) or _ERROR_BEHIND.match(text, match.end()):
            return match[1].strip()
    for pattern in (_CODE, _ZH_CODE, _ZH_HTTP):
        found = pattern.search(text)
        if found:
            return found[1].strip(' .,:;"“')
    for pattern in (_EN_ERROR, _EN_SAYS, _ZH_ERROR):
        for found in pattern.finditer(text):
            words = found[1].strip(' "“”:：.-')
            if len(words) >= 3 and not _NOT_ERROR.match(words):
                return words
    for pattern in (_ZH_NAMED, _EN_NAMED):
        found = pattern.search(text)
        if found:
            return found[1].strip()
    return ""


_CLOCK = (
    r"(?:(?:[01]?\d|2[0-3])[:：][0-5]\d(?:[:：]\d{2})?(?:\s?[ap]\.?m\.?)?"
    r"|(?:1[0-2]|0?[1-9])\s?[ap]\.?m(?![A-Za-z])\.?|\d{1,2} o['’]clock"
    r"|(?:\d{1,2}|[一二两三四五六七八九十]{1,3})点(?:\d{1,2}分?|半|多|左右|钟){0,2})"
)
_ZH_DAY = (
    r"(?:今天|昨天|前天|今早|今晨|昨晚|今晚|上周[一二三四五六日天]?|本周[一二三四五六日天]|这周[一二三四五六日天]?"
    r"|周[一二三四五六日天]|星期[一二三四五六日天]|刚才|刚刚|近期|最近|昨日|今日|大前天|前几天|这几天|这两天|上个?月|一早"
    r"|\d{1,2}个?(?:小时|天|周|分钟)前)"
)
_ZH_PART = r"(?:早上|上午|中午|下午|晚上|凌晨|傍晚|早晨)"
_ZH_DATE = (
    r"(?:20\d{2}[年./-]\d{1,2}[月./-]\d{1,2}日?|\d{1,2}月\d{1,2}[日号]|(?<!\d)\d{1,2}[日号](?=\s?\d{1,2}[:：点]))"
)
_ZH_WHEN = re.compile(
    rf"(?:从|自)?((?:{_ZH_DATE}|{_ZH_DAY})\s{{0,2}}{_ZH_PART}?\s{{0,2}}(?:{_CLOCK})?|{_ZH_PART}\s{{0,2}}{_CLOCK}"
    rf"|{_CLOCK}(?=\s?(?:开始|左右|起|突然|发现))"
    r"|(?<![\u4e00-\u9fff])(?:早上|上午|中午|下午|晚上|凌晨)(?![好要有\d]))"
    r"(?:左右|开始|起)?"
)
_DAY_EN = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
_DATE_EN = (
    r"(?:\d{1,2}[/.-]\d{1,2}[/.-](?:20)?\d{2}(?![.\d])|20\d{2}-\d{2}-\d{2}"
    rf"|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?:,? 20\d{{2}})?|\d{{1,2}} {_MONTH}(?: 20\d{{2}})?)"
)
_POINT_EN = (
    rf"(?:(?:early |late )?(?:this|yesterday|last|the) (?:early )?(?:morning|afternoon|evening|night|week|month"
    rf"|weekend|update|reboot)|yesterday(?: morning| afternoon)?|today"
    rf"|last {_DAY_EN}|{_DAY_EN}(?: morning| afternoon)?|{_DATE_EN}|(?:about |around )?{_CLOCK}"
    rf"|\d{{1,3}} (?:minutes?|hours?|days?|weeks?) ago)"
)
_LAST_EN = r"(?:the )?last (?:[a-z]{2,12} ){0,2}(?:update|upgrade|reboot|restart|change|patch|power cut)"
_EN_SINCE = re.compile(
    rf"(?<![A-Za-z])(since (?:about |around |approximately )?(?:{_POINT_EN}|{_LAST_EN})"
    rf"(?:(?: at| on|,)? (?:{_POINT_EN})){{0,2}}"
    r"|(?:for|since|in) (?:the )?(?:last|past) (?:\d{1,3}|few|couple of|two|three|several)? ?"
    r"(?:minutes?|hours?|days?|weeks?|months?)"
    r"|for (?:a|an|one|two|three|several|\d{1,3}) (?:hours?|days?|weeks?|months?))",
    re.I,
)
_EN_WHEN = re.compile(rf"(?<![A-Za-z\d])({_POINT_EN}(?:,? (?:at |on )?(?:{_POINT_EN})){{0,2}})(?![A-Za-z\d])", re.I)


def when(text: str) -> str:
    """The time of the problem as written; a "since …" before any other."""
    match = _EN_SINCE.search(text)
    if match:
        return match[1].strip()
    match = _ZH_WHEN.search(text)
    if match:
        return match[1].strip()
    match = _EN_WHEN.search(text)
    return match[1].strip() if match else ""


_ZH_PLACE = re.compile(
    r"((?:(?:[\u4e00-\u9fff]{2,4}(?:总部|分公司|园区|基地))?[A-Za-z]?\d{1,2}(?:号楼|栋|座)\s?)?[A-Za-z]?\d{1,2}(?:楼"
    r"|层|F(?![A-Za-z0-9]))\s?[A-Za-z\d-]{0,6}(?:[\u4e00-\u9fff]{0,6}(?:会议室|办公室|机房|工位|室|前台|茶水间"
    r"|实验室))?"
    r"|[一二三四五六七八九十]{1,3}(?:楼|层)(?:[\u4e00-\u9fff]{0,4}(?:会议室|办公室|机房|室|前台|茶水间|实验室|打印间|大厅|侧))?"
    r"|[A-Za-z]?\d{2,5}(?:会议室|办公室|室|机房)"
    r"|[A-Za-z]?\d{1,3}号?工位"
    r"|[\u4e00-\u9fff]{2,6}(?:车间|机房|仓库|办公区|营业厅|门店|园区))"
)
_ZH_OFFICE = re.compile(r"([\u4e00-\u9fff]{2,4}(?:办公室|辦公室|会议室|工厂|办事处|分公司))")
_ZH_ADDRESS = re.compile(
    r"((?:中国)?[\u4e00-\u9fff]{2,3}(?:市|省)?[\u4e00-\u9fff]{2,20}(?:路|街|道"
    r"|巷)\d{1,5}号[\u4e00-\u9fffA-Za-z0-9]{0,12})"
)
_EN_PLACE = re.compile(
    r"(?<![A-Za-z])((?:building|bldg\.?|room|rm\.?|floor|suite|cubicle|desk"
    r"|dock) #?[A-Za-z]?-?\d{1,4}(?:-\d{1,4})?[A-Za-z]?(?:,? (?:\d{1,2}(?:st|nd|rd|th) floor|floor \d{1,2}"
    r"|room [A-Za-z]?\d{1,4}))?"
    r"|building [A-Z](?![A-Za-z])(?:,? (?:\d{1,2}(?:st|nd|rd|th) floor|floor \d{1,2}|room [A-Za-z]?\d{1,4}))?"
    r"|\d{1,2}(?:st|nd|rd|th) floor(?: of [a-z ]{3,20})?)",
    re.I,
)
_EN_IN = re.compile(
    r"(?<![A-Za-z])(?:in|at|from|located in|located at) (?:the |our )?"
    r"((?:[A-Za-z][\w\-]{1,20} ){0,2}(?:warehouse|office|plant|conference room|meeting room|lab"
    r"|front desk|reception|cell|shop floor|building|branch|facility|factory|canteen|cafeteria|kitchen|lobby"
    r"|basement|library|workshop|control room|server room|break room|classroom))(?![A-Za-z0-9])",
    re.I,
)
_EN_SITE = re.compile(
    r"(?<![A-Za-z])(?:in|at) ((?:plant|site)[_ ]?\d{1,4}|[A-Z][\w.]{0,12} [A-Z][a-z]{2,14}"
    r"|[a-z]{2,14} plant)(?![A-Za-z0-9])"
)
_ZH_SHOP = re.compile(r"([一二三四五六七八九十\d]{1,3}号?(?:厂房|车间|仓库|门岗|生产线|产线))")
_NO_PLACE = frozenset(
    {
        "my", "your", "his", "her", "their", "this", "that", "an", "a", "the", "post", "main", "same", "ms", "open",
        "box", "back", "head", "home", "microsoft",
    }
)  # fmt: skip


def location(text: str) -> str:
    """Floor, room, building, site or postal address, as written."""
    for pattern in (_EN_PLACE, _ZH_PLACE, _ZH_OFFICE, _EN_IN):
        for match in pattern.finditer(text):
            words = match[1].strip()
            while words.partition(" ")[0].lower() in _NO_PLACE and " " in words:
                words = words.partition(" ")[2]
            words = words.lstrip("在到于从去")
            words = words.rpartition("在")[2] or words
            if words.lower() not in (
                "仓库",
                "机房",
                "办公室",
                "车间",
                "office",
                "cell",
                "plant",
                "building",
                "lab",
                "facility",
                "branch",
                "warehouse",
            ):
                return words
    address = postal_address(text)
    if address:
        return address
    shop = _ZH_SHOP.search(text)
    if shop:
        return shop[1]
    site = _EN_SITE.search(text)
    return site[1] if site else ""


def postal_address(text: str) -> str:
    """A Chinese street address (…市…路…号), as written."""
    match = _ZH_ADDRESS.search(text)
    return match[1] if match else ""
