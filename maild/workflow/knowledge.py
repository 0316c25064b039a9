"""What of a solved ticket is kept as knowledge, and how the person it belonged to is left out of it (PRODUCT §3.3)."""

import re
from collections.abc import Iterable

from maild.model import Ticket
from maild.model.secrets_mask import mask_secrets

# What stands where a name, an address or a number stood.
GONE = "…"
_ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
# Telephone numbers as people write them. Dates, versions and codes with letters in them are none.
_PHONE = re.compile(
    r"(?:分机|内线|转|电话|手机|ext(?:ension)?\.?|tel\.?|phone)[ \t]{0,2}[:：]?[ \t]{0,2}\d{3,6}(?![\w.])"
    r"|(?<![\w.+-])(?:\+\d{1,3}[ -]?)?(?:\(?0\d{2,3}\)?[ -]?\d{7,8}|1[3-9]\d[ -]?\d{4}[ -]?\d{4}|\d{7,15})(?![\w.])"
    r"|\+\d{1,3}(?:[ -]?\(?\d{1,5}\)?){2,5}(?!\w)",
    re.IGNORECASE,
)
# 王经理, 李老师: a family name, a short given name or none, and what people are called. And Mr Smith.
_FAMILY = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏窦章云苏潘葛范彭郎鲁韦马苗"
    "方俞任袁柳鲍史唐费岑薛雷贺倪汤滕殷罗毕郝安常于傅卞齐康伍余元顾孟黄穆萧尹姚邵汪祁毛狄米贝成戴宋庞熊纪"
    "舒屈项祝董梁杜阮蓝闵季贾路江童颜郭梅盛林钟徐邱骆高夏蔡田樊胡凌霍万柯卢莫房解丁邓洪左石崔龚程邢裴陆荣"
    "翁甄封靳段焦侯全班秋武符刘景詹龙叶黎白蒲卓池乔温晏瞿阎习艾容向古易廖耿匡寇聂曾"
)
_CALLED = "(?:经理|主任|老师|先生|女士|部长|处长|科长|总监|总(?![\u4e00-\u9fff]))"
_TITLED = re.compile(rf"[{_FAMILY}][\u4e00-\u9fff]{{0,2}}{_CALLED}|\b(?:Mr|Mrs|Ms|Dr)\.?[ ][A-Z][\w'-]{{1,30}}")
_GREETING = re.compile(
    rf"^(?:(?:dear|hi|hello)[ \t,]{{0,3}})?{GONE}[ \t]{{0,2}}(?:您好|你好)?[,，:：!！。 \t]{{0,3}}", re.IGNORECASE
)
_TITLE_CHARS = 200


def worth_keeping(ticket: Ticket) -> bool:
    """Whether the summary of a ticket is knowledge: it solved a report, as the requester said or did not deny.

    What was contested, withdrawn, merged, spam, out of scope or closed by hand without a solution is none; neither is
    a mass incident's own ticket, whose reporters' tickets hold its summary.
    """
    if ticket.state != "closed" or ticket.kind != "report" or ticket.merged_into is not None:
        return False
    # Silence after a solution speaks for it; silence after a question says nothing, and leaves `resolved` empty.
    solved = ticket.outcome == "confirmed" or (ticket.outcome == "unconfirmed" and ticket.resolved is not None)
    return solved and bool(ticket.summary.strip())


def title_of(ticket: Ticket) -> str:
    """The title under which others may see it."""
    return nameless(ticket.subject, names_of(ticket))[:_TITLE_CHARS]


def solution_of(ticket: Ticket) -> str:
    """The summary as it may be sent to somebody else: without greeting, names, addresses, numbers and secrets."""
    return _GREETING.sub("", nameless(ticket.summary, names_of(ticket)).strip()).strip()


def names_of(ticket: Ticket) -> tuple[str, ...]:
    """The names of the people whom a report concerns."""
    affected = ticket.fields.get("name")
    return tuple(filter(None, (ticket.requester.name, affected.value if affected else "")))


def nameless(text: str, names: Iterable[str]) -> str:
    """A text without these people's names, without addresses, telephone numbers and secrets. Twice changes no more.

    A full name goes in any case of letters; one word of it, as "Reed" of "Tom Reed", only as it is written.
    """
    text = _PHONE.sub(GONE, _ADDRESS.sub(GONE, mask_secrets(text)[0]))
    for name in names:
        whole = " ".join(name.split())
        if len(whole) < 2:
            continue
        text = re.sub(rf"(?<![A-Za-z]){re.escape(whole)}(?![A-Za-z])", GONE, text, flags=re.IGNORECASE)
        for word in whole.split():
            if len(word) > 2 and word.isalpha() and word[0].isupper() and word.isascii():
                text = re.sub(rf"\b{word}\b", GONE, text)
    text = _TITLED.sub(GONE, text)
    return re.sub(rf"{GONE}(?:[ \t]{{0,2}}{GONE})+", GONE, text)
