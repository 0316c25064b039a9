"""The cast of the demo and what they write, scene by scene."""

from collections.abc import Mapping
from dataclasses import dataclass

DESK = "it@corp.example"
PASSWORD = "demo"

# Everybody with a mailbox at the demo's post office; the agents are those of the shipped config.toml.
PEOPLE: Mapping[str, str] = {
    DESK: "IT Service Desk",
    "li.lei@corp.example": "李雷",
    "emma.schulz@corp.example": "Emma Schulz",
    "zhang.wei@corp.example": "张伟",
    "david.okafor@corp.example": "David Okafor",
    "wang.wei@corp.example": "王伟",
    "anna.berg@corp.example": "Anna Berg",
    "zhao.min@corp.example": "赵敏",
    "chen.jing@corp.example": "陈静",
    "admin@corp.example": "Mail admin",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One mail of a scene.

    who       the writer's address
    text      what they write
    subject   of a fresh mail; empty for an answer to the newest mail that the desk sent this writer in the scene
    hears     who must get a mail because of it; empty: nobody may
    headers   header fields beside the usual ones
    aside     what the narrator says before it
    whole     show the mails that come of it from the first line to the last
    """

    who: str
    text: str
    subject: str = ""
    hears: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    aside: str = ""
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """A conversation with a title; it ends with its ticket in `state` (empty: no ticket comes of it)."""

    title: str
    lines: tuple[Line, ...]
    state: str = ""


SCENES: tuple[Scene, ...] = (
    Scene(
        "一个硬件故障，从报障到确认关闭 · a hardware fault, in Chinese, from report to confirmed closing",
        (
            Line(
                "li.lei@corp.example",
                "您好，\n\n三楼财务部的打印机从今天早上开始一直卡纸，已经重启过两次，还是不行。"
                "\n月底要打凭证，麻烦尽快看一下。"
                "\n\n李雷\n财务部",
                "打印机卡纸",
                ("li.lei@corp.example", "wang.wei@corp.example"),
                aside="李雷 reports in free words; the desk says what it understood and asks for the rest.",
                whole=True,
            ),
            Line(
                "li.lei@corp.example",
                "电话：8123\n设备：HP M404，资产编号 PR-0317",
                hears=("wang.wei@corp.example",),
                aside="He answers the form by reply; the missing fields are filled in.",
            ),
            Line(
                "wang.wei@corp.example",
                "李雷您好，我十分钟后带搓纸轮上来。",
                hears=("li.lei@corp.example",),
                aside="王伟 simply replies to the notice: it leaves as a clean mail from the desk, under his name.",
            ),
            Line(
                "wang.wei@corp.example",
                "#resolve 更换了搓纸轮，测试打印正常。",
                hears=("li.lei@corp.example",),
                aside="#resolve asks the requester to confirm.",
            ),
            Line(
                "li.lei@corp.example",
                "可以了，谢谢！",
                hears=("li.lei@corp.example", "wang.wei@corp.example"),
                aside="Free words are understood: confirmed, closed, and asked for a rating once.",
            ),
            Line("li.lei@corp.example", "5", aside="A bare digit is the rating; nobody is mailed for it."),
        ),
        "closed",
    ),
    Scene(
        "A VPN outage in English, with an information request",
        (
            Line(
                "emma.schulz@corp.example",
                "Hello,\n\nsince 8:30 nobody in our department can connect to the VPN from home. The client says"
                ' "TLS handshake failed". We cannot work.\n\nEmma Schulz\nSales, ext. 4711',
                "VPN down for the whole department",
                ("emma.schulz@corp.example", "anna.berg@corp.example"),
                aside="Urgency × impact give the priority, and the reason is told.",
            ),
            Line(
                "anna.berg@corp.example",
                "#ask version, location\nHello Emma, which client version do you run, and are all of you at home?",
                hears=("emma.schulz@corp.example",),
                aside="Anna asks for details: the ticket waits, reminders are set.",
            ),
            Line(
                "emma.schulz@corp.example",
                "Version: 5.1.8\nLocation: home office, all of us",
                hears=("anna.berg@corp.example",),
                aside="The answers land in their fields and the clock runs again.",
            ),
            Line(
                "anna.berg@corp.example",
                "#resolve The gateway's certificate had expired; it is renewed.",
                hears=("emma.schulz@corp.example",),
            ),
            Line(
                "emma.schulz@corp.example",
                "Still the same here, I am afraid.",
                hears=("emma.schulz@corp.example", "anna.berg@corp.example"),
                aside="Not solved: it is opened again at once.",
            ),
            Line(
                "anna.berg@corp.example",
                "#resolve The second gateway is renewed too. Please reconnect.",
                hears=("emma.schulz@corp.example",),
            ),
            Line(
                "emma.schulz@corp.example",
                "Works now, thanks!",
                hears=("emma.schulz@corp.example", "anna.berg@corp.example"),
            ),
        ),
        "closed",
    ),
    Scene(
        "非IT职责的问题 · a question that is not IT's",
        (
            Line(
                "zhang.wei@corp.example",
                "你好，五楼会议室的空调坏了，能安排人来修一下空调吗？谢谢。",
                "会议室空调坏了",
                ("zhang.wei@corp.example",),
                aside="A topic rule of config.toml answers kindly with where to turn; no agent is troubled.",
            ),
        ),
        "pending",
    ),
    Scene(
        "An automatic reply, which gets no answer",
        (
            Line(
                "david.okafor@corp.example",
                "I am out of the office until Monday and will read your mail then.",
                "Automatic reply: VPN down for the whole department",
                headers=(("Auto-Submitted", "auto-replied"),),
                aside="A machine wrote this: it is noted, and nobody answers, so no loop can start.",
            ),
        ),
    ),
    Scene(
        "An agent's note, which stays inside",
        (
            Line(
                "david.okafor@corp.example",
                "Hi, my laptop screen flickers since this morning's update. Asset tag NB-2204, desk 5-12, phone 4720.",
                "Laptop screen flickers",
                ("david.okafor@corp.example", "anna.berg@corp.example", "wang.wei@corp.example"),
            ),
            Line(
                "anna.berg@corp.example",
                "#take",
                hears=("wang.wei@corp.example",),
                aside="Anna takes it; her colleagues are told once.",
            ),
            Line(
                "anna.berg@corp.example",
                "#note Third NB-22xx this week: the graphics driver from Tuesday. Do not tell the users yet.",
                aside="A note for colleagues: the requester gets nothing of it.",
            ),
            Line(
                "anna.berg@corp.example",
                "Hello David, please restart once more: a corrected driver is waiting for you.",
                hears=("david.okafor@corp.example",),
            ),
        ),
        "open",
    ),
)
