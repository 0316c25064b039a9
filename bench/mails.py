"""A seedable mix of support mail: 60 % small text, 25 % HTML, 15 % with a screenshot of 50–300 kB; a fifth are
replies; half Chinese, in utf-8 and gb18030."""

import random
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr

_ZH = (
    (
        "打印机脱机，无法打印", "VPN 连不上，提示超时", "ERP 登录失败", "申请安装绘图软件", "会议室无线网络很慢",
        "电脑蓝屏 {n}",
    ),
    (
        "从今天早上开始就这样。", "已经重启过两次，还是不行。", "错误代码 0x{x:08X}。", "分机 {n}，工位在五楼。",
        "下午有客户会议，请尽快处理。", "资产编号 PC-{n}。", "同办公室的同事也有同样的问题。",
    ),
    ("张伟", "王芳", "李娜", "刘洋", "陈静怡", "杨磊"),
)  # fmt: skip
_EN = (
    (
        "Printer on floor 3 is offline", "VPN disconnects all the time", "Cannot log in to the ERP",
        "Please install Visio", "Wi-Fi very slow in room {n}", "Blue screen on PC-{n}",
    ),
    (
        "It has been like this since this morning.", "I have restarted twice, no change.", "The error is 0x{x:08X}.",
        "My extension is {n}, desk on floor 5.", "I have a customer meeting at 3 pm.", "Asset tag PC-{n}.",
        "Other colleagues here have the same problem.",
    ),
    ("Alice Turner", "Bob Martin", "Carol Jensen", "David Okafor", "Grace Kim", "Henry Walsh"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Made:
    """A mail of the mix; `reply` tells that it answers an earlier one."""

    raw: bytes
    sender: str
    reply: bool


def mails(count: int, seed: int = 1, desk: str = "it@corp.example") -> Iterator[Made]:
    """`count` mails, the same ones for the same seed."""
    dice = random.Random(seed)
    moment = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
    earlier: list[tuple[str, str, str, bool, str]] = []
    for number in range(count):
        kind = dice.random()
        chinese = dice.random() < 0.5
        subjects, sentences, names = _ZH if chinese else _EN
        values = {"n": dice.randint(1000, 9999), "x": dice.getrandbits(32)}
        name, user = dice.choice(names), f"user{dice.randrange(200):03d}"
        subject, parent, is_reply = dice.choice(subjects).format(**values), "", False
        if earlier and dice.random() < 0.2:
            subject, parent, user, chinese, name = dice.choice(earlier[-300:])
            sentences, is_reply = (_ZH if chinese else _EN)[1], True
            subject = ("回复：" if chinese else "Re: ") + subject.removeprefix("回复：").removeprefix("Re: ")
        text = " ".join(each.format(**values) for each in dice.sample(sentences, dice.randint(2, 6)))
        text = f"{'您好，' if chinese else 'Hello,'}\n\n{text}\n\n-- \n{name}\nTel {values['n']}\n"
        if is_reply:
            text += "\n" + ("在 2026年3月2日，IT服务台 写道：" if chinese else "On 2 Mar 2026, IT Service Desk wrote:")
            text += "\n> " + "\n> ".join(sentences[:3]).format(**values) + "\n"
        mail = EmailMessage(policy=SMTP)
        message_id = f"<{seed}.{number}.{dice.getrandbits(40):010x}@corp.example>"
        for hop in range(dice.randint(1, 3)):
            mail["Received"] = f"from mx{hop}.corp.example by mail.corp.example with ESMTPS; {format_datetime(moment)}"
        mail["From"] = formataddr((name, f"{user}@corp.example"))
        mail["To"] = desk
        mail["Subject"], mail["Message-ID"] = subject, message_id
        mail["Date"] = moment + timedelta(seconds=40 * number)
        if parent:
            mail["In-Reply-To"] = mail["References"] = parent
        charset = dice.choice(("utf-8", "gb18030")) if chinese else "utf-8"
        mail.set_content(text, charset=charset, cte="base64" if chinese else "quoted-printable")
        if kind >= 0.6:
            lines = "".join(f"<p class='MsoNormal'><span>{line or '&nbsp;'}</span></p>\n" for line in text.split("\n"))
            mail.add_alternative(f"<html><body>{lines}</body></html>", subtype="html")
        if kind >= 0.85:
            picture = _png(dice, dice.randint(50_000, 300_000))
            mail.add_attachment(picture, maintype="image", subtype="png", filename=f"截图 {number}.png")
        earlier.append((subject, message_id, user, chinese, name))
        yield Made(mail.as_bytes(), f"{user}@corp.example", is_reply)


def _png(dice: random.Random, size: int) -> bytes:
    """A picture of noise, which does not compress."""
    rows = b"".join(b"\0" + dice.randbytes(640) for _ in range(size // 641))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 640, size // 641, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b"")
