"""A simulated working day of a desk: two thousand ordinary mails in Chinese and English, and three mass incidents.

Ordinary mail comes in waves (Monday morning, after lunch) and is about what desks hear every day; a fifth of the first
hour is forgotten passwords. Each incident is worded differently by each of its reporters.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

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


# Topic weight, then (subject, text) in Chinese and in English; {…} are filled by chance.
_TOPICS: tuple[tuple[float, tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]], ...] = (
    (7, (("忘记密码", "电脑开机密码忘记了，请帮我重置。"), ("密码过期", "密码到期了改不了，提示不符合复杂度要求。"),
         ("域账号被锁", "输错几次密码，账号锁定了，麻烦解锁。"), ("重置{app}密码", "{app}的密码不记得了，帮忙重置一下。")),
        (("Password reset", "I forgot my password, please reset it for me."), ("Account locked", "My account is locked"
         " out after several wrong passwords."), ("{app} password", "I need a new password for {app}, mine expired."))),
    (4, (("打印机卡纸", "{floor}楼的打印机卡纸了。"), ("打印机脱机", "{printer} 显示脱机，打不出来。"),
         ("打印颜色不对", "{printer} 打出来有条纹，颜色偏淡。"), ("没有墨粉了", "{floor}楼打印机提示更换墨粉。"),
         ("新电脑连打印机", "换了电脑，需要重新添加{floor}楼打印机。")),
        (("Printer jam", "The printer on floor {floor} is jammed."), ("Printer offline", "{printer} shows offline on my PC."),
         ("Toner", "{printer} is out of toner."), ("Add printer", "Please add the printer {printer} to my new laptop."))),
    (3, (("{app}报错", "打开{app}提示错误 {code}，重启无效。"), ("{app}闪退", "{app}点保存就闪退。"),
         ("{app}打不开", "双击{app}没反应，进不去。"), ("{app}更新失败", "{app}升级到一半报错 {code}。")),
        (("{app} error", "{app} shows error {code} when I save."), ("{app} crashes", "{app} closes by itself on start."),
         ("{app} won't open", "{app} does not start since the update."))),
    (3, (("申请安装{app}", "因项目需要申请安装{app}，已经主管同意。"), ("装软件", "请帮忙装一下{app}，版本最新的就行。"),
         ("申请新显示器", "工位 {seat} 申请一台显示器。"), ("新员工电脑", "下周一有新同事入职，请准备笔记本一台。"),
         ("借用投影仪", "周{day}下午借一个投影仪。")),
        (("Install {app}", "Could you please install {app} on my laptop {asset}?"), ("New monitor", "I would like a second"
         " monitor for seat {seat}."), ("New starter", "A new colleague joins on Monday, please prepare a laptop."))),
    (2, (("电脑蓝屏", "{asset} 今天蓝屏两次，代码 {code}。"), ("电脑开不了机", "按电源没反应，指示灯不亮，{asset}。"),
         ("键盘失灵", "键盘有几个键按了没反应。"), ("鼠标坏了", "无线鼠标不动了，换过电池。"), ("电池鼓包", "笔记本电池鼓起来了。"),
         ("电脑很卡", "{asset} 开机要十分钟，做表特别卡。")),
        (("Blue screen", "{asset} had a blue screen with {code}."), ("Laptop won't start", "Nothing happens when I press"
         " the power button of {asset}."), ("Keyboard", "Some keys of my keyboard are stuck."),
         ("Slow laptop", "{asset} is very slow after boot, Excel takes ages."))),
    (1.2, (("VPN权限申请", "下周出差，申请开通VPN权限。"), ("VPN客户端安装", "新笔记本需要安装VPN客户端。"),
           ("在家VPN老掉线", "家里用VPN看视频会议偶尔掉线，网络是{isp}。"), ("VPN 令牌换手机", "换了手机，VPN令牌怎么迁移？")),
          (("VPN access", "Please give me VPN access for my trip next week."), ("VPN client", "I need the VPN client on my"
           " new laptop {asset}."), ("VPN token", "I have a new phone, how do I move the VPN token?"))),
    (1.6, (("邮箱满了", "邮箱容量满了，申请扩容。"), ("邮件签名", "怎么设置邮件签名？"), ("误删邮件", "误删了{name}发来的邮件，能恢复吗？"),
           ("加入邮件组", "请把我加入{dept}的邮件组。"), ("退信", "发给客户{name}的邮件被退回，代码 {code}。"),
           ("收不到{name}的邮件", "客户{name}说发了邮件，我没收到，可能被拦截。")),
          (("Mailbox full", "My mailbox is full, please raise the quota."), ("Distribution list", "Please add me to the"
           " list of {dept}."), ("Bounce", "My mail to {name} came back with {code}."), ("Recover mail", "I deleted a mail"
           " of {name} by accident."), ("Missing mail", "A mail from {name} did not arrive, maybe it is in quarantine."))),
    (1.2, (("{floor}楼无线信号差", "{seat} 附近无线信号只有一格。"), ("访客上网", "明天有客户来访，申请访客网络账号。"),
           ("手机连无线", "新手机怎么连公司无线？"), ("工位网口不通", "工位 {seat} 的网线插上没反应。")),
          (("Weak wifi", "The wifi signal at seat {seat} is weak."), ("Guest wifi", "Two guests come tomorrow, they need"
           " guest access."), ("LAN port", "The network socket at seat {seat} is dead."))),
    (1.6, (("共享文件夹权限", "申请{dept}共享盘的读写权限。"), ("文件误删", "共享盘里{name}项目文件夹被误删，请恢复。"),
           ("网盘空间", "{dept}的网盘空间不够了。")),
          (("Folder access", "Please give me write access to the folder of {dept}."), ("Restore file", "A file on the"
           " shared drive was overwritten, please restore yesterday's."))),
    (1.6, (("ERP权限", "申请ERP采购模块查询权限。"), ("ERP单据改错", "单号 {code} 的数量录错了，帮忙后台改一下。"),
           ("ERP报表", "ERP 导出{dept}报表格式乱了。"), ("ERP打印模板", "送货单打印模板少一列。")),
          (("ERP role", "Please give me the purchasing role in ERP."), ("ERP correction", "Order {code} has a wrong"
           " quantity, please correct it."), ("ERP report", "The ERP export of {dept} has broken columns."))),
    (1.2, (("会议室投屏", "{floor}楼会议室投屏没有声音。"), ("视频会议麦克风", "开会别人听不到我说话。"), ("腾讯会议账号", "申请会议账号。")),
          (("Meeting room", "No sound from the projector in the meeting room on floor {floor}."),
           ("Headset", "My headset does not work in Teams calls."))),
    (0.8, (("可疑邮件", "收到一封自称{name}的邮件让点链接，是不是钓鱼？"), ("电脑中毒弹窗", "{asset} 不停弹广告。")),
          (("Phishing?", "I got a mail that asks me to confirm my password, is it phishing?"),)),
    (0.8, (("座机没声音", "分机 {ext} 拿起来没有声音。"), ("换分机", "搬到{seat}，分机 {ext} 请一起迁过去。")),
          (("Desk phone", "My phone {ext} has no dial tone."), ("Move extension", "Please move {ext} to seat {seat}."))),
    (1.0, (("门禁卡", "门禁卡刷不开{floor}楼的门。"), ("空调太冷", "{floor}楼空调太冷了。"), ("灯坏了", "{seat}上面的灯不亮。")),
          (("Badge", "My badge does not open floor {floor}."), ("Air conditioning", "It is too cold on floor {floor}."))),
    (1.0, (("数据导出", "请导出{dept}上个月的{app}数据。"), ("客户资料重复", "客户 {name} 在系统里有两条记录。")),
          (("Data export", "Please export last month's {app} data of {dept}."), ("Duplicate record", "Customer {name} is in"
           " the system twice."))),
    (1.0, (("进度", "请问 {code} 那个单子处理得怎么样了？"), ("谢谢", "上次的问题好了，谢谢{name}。"), ("咨询", "电脑保修期在哪里查？")),
          (("Status", "Any news about {code}?"), ("Question", "Where can I see the warranty of {asset}?"))),
)  # fmt: skip

_FILL: dict[str, Sequence[str]] = {
    "app": ("CAD", "Excel", "Photoshop", "SAP", "OA", "Visio", "PDF 编辑器", "WPS", "CRM", "SolidWorks", "MATLAB", "Chrome",
            "Project", "企业微信", "钉钉", "MES", "PLM", "AutoCAD", "Word", "PowerPoint"),
    "printer": ("HP-3F-02", "RICOH-5F", "Canon-2F", "Brother 7080", "XEROX-B1"),
    "floor": tuple("123456789"), "day": tuple("一二三四五"), "isp": ("电信", "联通", "移动"),
    "dept": ("财务部", "采购部", "人事部", "市场部", "研发部", "质量部", "Finance", "HR", "Sales", "QA"),
    "name": ("王芳", "李强", "Acme", "Alice", "陈工", "华东机电", "Bob", "Northwind", "赵总"),
}  # fmt: skip

_OPEN_ZH = ("您好，", "IT同事好：", "", "", "你好，", "老师好，", "Hi，")
_CLOSE_ZH = ("谢谢！", "", "麻烦尽快，急用。", "请处理，谢谢。", "分机 {ext}。", "我在{floor}楼 {seat}。", "下午要交报告，很急。")
_OPEN_EN = ("Hi, ", "Hello team, ", "", "Dear IT, ", "Good morning, ")
_CLOSE_EN = ("Thanks!", "", "Please help.", "My extension is {ext}.", "I sit at {seat}.", "It is rather urgent.", "Regards")

# Incidents: what their reporters write, Chinese and English.
_INCIDENTS: dict[str, tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]] = {
    "vpn": (
        (("VPN连不上", "从早上开始VPN就连不上了，一直转。"), ("VPN无法连接", "点连接后提示连接超时。"), ("远程办公连不了公司", "VPN拨不上，"
          "在客户现场没法干活。"), ("vpn掉线", "VPN连上几秒就断开，反复好多次。"), ("VPN 挂了？", "我们组在家的人都登不上VPN。"),
         ("VPN报错 809", "VPN连接失败，报错809。"), ("求助", "在家办公，VPN登录后一直超时。"), ("VPN", "连接不上，重装客户端也不行")),
        (("VPN down?", "I cannot connect to the VPN since this morning."), ("VPN not working", "The VPN times out after the"
          " login."), ("Remote access", "AnyConnect says connection failed, tried twice."), ("vpn", "vpn disconnects after"
          " a few seconds, nobody at home can work"), ("Can't work from home", "Unable to connect to VPN, gateway"
          " unreachable."), ("VPN connection error", "VPN connection lost and it will not reconnect.")),
    ),
    "mail": (
        (("收不到邮件", "今天上午起一封外部邮件都没收到。"), ("邮箱收不到新邮件", "客户电话说发了报价，我这边收件箱没有新邮件。"), ("Outlook没有新邮件",
          "Outlook一直显示已连接，但是收不到邮件。"), ("邮件延迟", "邮件收不到，同事发的也没有收到。"), ("邮件接收异常", "9点之后就没收到过邮件。"),
         ("收信问题", "手机和电脑都收不到信，邮箱没满。"), ("邮箱", "邮箱进不来邮件，是不是服务器有问题")),
        (("No new mail", "I have not received any mail since nine."), ("Mail not arriving", "Mails from customers do not"
          " arrive in my inbox."), ("Outlook inbox empty", "Outlook does not receive new mails, sending works."),
         ("Not receiving emails", "Nobody in our team is receiving emails this morning."), ("Incoming mail", "Incoming mail"
          " seems to be stuck, nothing arrives.")),
    ),
    "erp": (
        (("ERP很慢", "ERP今天特别慢，打开一张单子要三分钟。"), ("ERP卡死", "ERP点什么都转圈，没反应。"), ("ERP系统响应慢", "录单的时候ERP卡得不行，"
          "客户在等。"), ("erp 太卡了", "仓库这边ERP很卡，出不了库。"), ("ERP查询超时", "ERP查库存一直慢，最后超时。"), ("ERP", "ERP半天打不开一个页面，"
          "慢死了"), ("系统慢", "ERP系统从十点开始非常慢。")),
        (("ERP very slow", "ERP is extremely slow, every screen takes minutes."), ("ERP hangs", "The ERP hangs when I save"
          " an order."), ("ERP performance", "ERP is not responding in the warehouse."), ("erp freezing", "ERP keeps"
          " freezing since ten."), ("Slow ERP", "Posting in ERP takes forever today, spinning wheel.")),
    ),
    "wifi": (
        (("无线网络断了", "A座无线连不上了。"), ("WiFi连不上", "整层WiFi都掉线，手机电脑都不行。"), ("无线上不了网", "连上无线但是没网，网页打不开。"),
         ("wifi掉线", "wifi一直断开重连。"), ("公司无线故障", "无线网络搜得到，连接失败。"), ("没网", "无线断了，会议开不了")),
        (("Wifi down", "The wifi in building A is down, nobody can connect."), ("No wifi", "Wifi drops every minute on our"
          " floor."), ("Wireless", "Wireless connection failed on all our laptops."), ("wifi not working", "I cannot connect"
          " to the wifi, colleagues neither.")),
    ),
    "share": (
        (("共享盘打不开", "Z盘打不开，提示网络路径不存在。"), ("公共盘访问不了", "部门共享文件夹无法访问。"), ("文件服务器挂了", "文件服务器上的共享盘进不去。"),
         ("Z盘没了", "电脑里的共享盘显示红叉，打不开。"), ("共享文件夹无法打开", "共享盘一直转圈，最后报错打不开。")),
        (("Shared drive", "I cannot open the shared drive, path not found."), ("Z: drive gone", "The network drive does not"
          " open any more."), ("File server down?", "All folders on the file server are unreachable, drive won't open."),
         ("Cannot access share", "The shared folder of our team won't load.")),
    ),
    "oa": (
        (("OA打不开", "OA系统打开是白屏。"), ("OA登录不了", "OA登录页面进不去，502。"), ("审批系统挂了", "OA打不开，审批单急着走。"), ("OA报错502",
          "OA一打开就是502错误。"), ("oa 进不去", "oa网页一直加载不出来，换浏览器也一样。"), ("OA系统无法访问", "OA从两点开始无法访问。")),
        (("OA not available", "The OA page does not load, error 502."), ("OA down", "OA shows a blank page for all of us."),
         ("Approval system", "I can't open OA to approve, 502 again."), ("OA portal", "OA won't open in any browser.")),
    ),
}  # fmt: skip


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
               "seat": f"{dice.choice('ABCD')}{dice.randint(100, 999)}", "asset": f"PC-{dice.randint(1000, 9999)}"}  # fmt: skip
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
