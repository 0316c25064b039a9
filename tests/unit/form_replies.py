"""The form of an acknowledgement as it comes back: filled in by people, carried by their mail programs."""

import email
import email.policy
import re
from collections.abc import Mapping
from email.message import EmailMessage
from html import escape

from maild.ingest.read import read
from maild.model import Address, Field, Mail, Message, Ticket
from maild.outbound import samples
from maild.outbound.compose import Composer, Ids
from maild.tokens import Tokens

_TOKENS = Tokens([b"0123456789abcdef0123456789abcdef"], "corp.example")
_COMPOSER = Composer(samples.POLICY, _TOKENS)
WRITER = "li.lei@corp.example"
KNOWN = {
    "name": Field("name", "李雷", "directory", 0.9),
    "department": Field("department", "财务部", "directory", 0.9),
    "phone": Field("phone", "8123", "signature", 0.6),
    "asset": Field("asset", "惠普 LaserJet 1020", "text", 0.7),
}
ASKED = ("location", "when", "error")
LABELS = {
    "zh-CN": {
        "name": "姓名", "department": "部门", "phone": "电话/分机", "asset": "设备", "location": "地点",
        "when": "发生时间", "error": "错误提示",
    },
    "en": {
        "name": "Name", "department": "Department", "phone": "Phone/extension", "asset": "Device", "location": "Place",
        "when": "Since when", "error": "Error message",
    },
}  # fmt: skip


def letter(language: str) -> tuple[str, str]:
    """Our acknowledgement, text and HTML, with four fields known and three asked for."""
    ticket = Ticket(
        id=1042, subject="打印机卡纸", requester=Address(WRITER, "李雷"), language=language, zone="Asia/Shanghai",
        category="hardware", fields=KNOWN, asked=ASKED, created=samples.NOW,
    )  # fmt: skip
    mail = Mail(
        template="requester/acknowledged", to=ticket.requester, audience="requester", language=language,
        values={"missing": ASKED, "hint": "", "outside_hours": False},
    )  # fmt: skip
    ids = (_TOKENS.message_id(1042, "public", WRITER, samples.NOW) for _ in range(2))
    composed = _COMPOSER.compose(mail, ticket, Ids(*ids), samples.NOW)
    parsed = email.message_from_bytes(composed.raw, policy=email.policy.default)
    bodies = []
    for kind in ("plain", "html"):
        part = parsed.get_body((kind,))
        assert part is not None
        bodies.append(str(part.get_content()).replace("\r\n", "\n"))
    return bodies[0], bodies[1]


def filled_html(html: str, language: str, values: Mapping[str, str], beside_hint: bool = False) -> str:
    """The table of the form with these cells written over (or before their hints)."""
    for name, value in values.items():
        label = LABELS[language][name]
        cell = re.compile(rf"(<th[^>]*>{re.escape(label)}[：:]?</th><td[^>]*>)(.*?)(</td>)", re.DOTALL)
        assert cell.search(html), f"no row for {label}"
        kept = r"\2" if beside_hint else ""
        html = cell.sub(rf"\g<1>{escape(value)}{kept}\g<3>", html)
    return html


def filled_text(text: str, language: str, values: Mapping[str, str], beside_hint: bool = False) -> str:
    """The lines of the form with these values behind the colon (or before their hints)."""
    for name, value in values.items():
        line = re.compile(rf"^({re.escape(LABELS[language][name])}[：:])(.*)$", re.MULTILINE)
        assert line.search(text), f"no line for {name}"
        kept = r"\2" if beside_hint else ""
        text = line.sub(rf"\g<1> {value}{kept}", text)
    return text


def body_of(html: str) -> str:
    found = re.search(r"<body[^>]*>(.*)</body>", html, re.DOTALL)
    assert found is not None
    return found[1]


def wrapped(client: str, above: str, html: str) -> str:
    """Our letter quoted below what somebody wrote, in the HTML of a mail program."""
    inside = body_of(html)
    words = "".join(f"<div>{escape(line) or '<br>'}</div>" for line in above.split("\n"))
    head = (
        "<b>发件人:</b> IT服务台 &lt;it@corp.example&gt;<br><b>发送时间:</b> 2026年11月23日 10:06<br>"
        "<b>收件人:</b> 李雷 &lt;li.lei@corp.example&gt;<br><b>主题:</b> Re: [IT-1042] 打印机卡纸"
    )
    match client:
        case "outlook":
            return (
                '<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><meta name="Generator"'
                ' content="Microsoft Word 15"></head><body lang="ZH-CN"><div class="WordSection1"><p class="MsoNormal">'
                f'{words}</p><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm">'
                f'<p class="MsoNormal">{head}</p></div>{_as_word(inside)}</div></body></html>'
            )
        case "outlook web":
            return (
                f'<html><body><div class="elementToProof">{words}</div><div id="appendonsend"></div>'
                '<hr style="display:inline-block;width:98%"><div id="divRplyFwdMsg" dir="ltr"><font>'
                f"{head}</font></div>{inside}</body></html>"
            )
        case "gmail":
            return (
                f'<div dir="ltr">{words}</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">IT服务台 '
                '&lt;<a href="mailto:it@corp.example">it@corp.example</a>&gt; 于2026年11月23日周一 10:06写道：<br>'
                "</div>"
                f'<blockquote class="gmail_quote" style="margin:0 0 0 .8ex;border-left:1px #ccc solid">{inside}'
                "</blockquote></div>"
            )
        case "apple":
            return (
                f'<html><body>{words}<br><div><blockquote type="cite"><div>在 2026年11月23日，10:06，IT服务台 '
                f'&lt;it@corp.example&gt; 写道：</div><br class="Apple-interchange-newline"><div>{inside}</div>'
                "</blockquote></div></body></html>"
            )
        case "qq":
            return (
                f"{words}<div><br></div><div><includetail><!--<![endif]--></includetail></div>"
                '<div style="font-size:12px;padding:2px 0;">------------------&nbsp;原始邮件&nbsp;'
                "------------------</div>"
                '<div style="background:#efefef;padding:8px;"><div><b>发件人:</b> "IT服务台"'
                "&lt;it@corp.example&gt;;</div>"
                "<div><b>发送时间:</b> 2026年11月23日(星期一) 上午10:06</div><div><b>收件人:</b> "
                '"李雷"&lt;li.lei@corp.example&gt;;</div><div><b>主题:</b> Re: [IT-1042] 打印机卡纸</div></div>'
                f"<div><br></div>{inside}"
            )
        case "netease":
            return (
                f'<div style="line-height:1.7">{words}</div><br><br><div id="divNeteaseMailCard"></div>'
                '<div style="position:relative;zoom:1">在 2026-11-23 10:06:00，"IT服务台" '
                "&lt;it@corp.example&gt; 写道："
                f'<br></div><blockquote id="isReplyContent" style="padding-left:1ex">{inside}</blockquote>'
            )
        case "phone":
            return (
                f'<html><body><div dir="auto">{words}</div><div id="ms-outlook-mobile-signature">从 '
                '<a href="https://aka.ms/x">Outlook for iOS</a> 获取</div><hr style="display:inline-block;width:98%">'
                f'<div id="divRplyFwdMsg">{head}</div>{inside}</body></html>'
            )
        case _:
            raise LookupError(client)


def _as_word(html: str) -> str:
    """Word writes each cell's text as a paragraph of its own."""
    return re.sub(
        r"(<t[hd][^>]*>)(.*?)(</t[hd]>)", r'\1<p class="MsoNormal"><span lang="ZH-CN">\2<o:p></o:p></span></p>\3', html,
        flags=re.DOTALL,
    )  # fmt: skip


def reply(plain: str | None = None, html: str | None = None) -> Message:
    """An answer to our letter, read as the daemon reads it."""
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"] = f"=?utf-8?b?5p2O6Zu3?= <{WRITER}>"
    message["To"] = "it@corp.example"
    message["Subject"] = "答复: [IT-1042] 打印机卡纸"
    message["Message-ID"] = "<answer@corp.example>"
    message["In-Reply-To"] = "<1042.x@corp.example>"
    if plain is not None:
        message.set_content(plain, cte="base64")
    if html is not None:
        if plain is None:
            message.set_content(html, subtype="html", cte="base64")
        else:
            message.add_alternative(html, subtype="html", cte="base64")
    return read(message.as_bytes())
