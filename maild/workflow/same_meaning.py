"""Words of the trade that mean the same thing, in Chinese and English: reports of one fault seldom use one word for it.

A line is a concept. Each of its words counts as itself and as the concept, so that 无线网 finds what was called WiFi,
and a Chinese report what was solved in English.
"""

import re
from collections.abc import Mapping

_CONCEPTS = """
密码 口令 password passwords passcode pwd
忘记 忘了 找回 重置 reset forgot forgotten resetting
锁定 锁住 被锁 锁了 解锁 被封 解封 locked lock unlock lockout blocked unblock
登录 登不上 登不进 login logon logging signin
权限 授权 访问权 permission permissions rights authorization authorisation
账号 账户 用户名 account accounts
无线 wifi wlan wireless
网络 上网 断网 联网 network internet
连不上 连接不上 无法连接 不能连接 未连接 disconnect disconnected disconnects disconnecting
打印 printer printers print printing
显示器 显示屏 屏幕 monitor monitors display screen
黑屏 不亮 无显示 没有图像 没信号 无信号 black blank
开机 启动 boot booting startup
开不了机 无法开机 不能开机 启动不了 启动不起来 无法启动 不能启动
死机 卡死 无响应 未响应 没反应 hang hangs freeze freezes frozen freezing responding
很卡 太卡 卡顿 很慢 太慢 缓慢 变慢 特别慢 slow slowness slowly performance lag
闪退 崩溃 crash crashes crashed crashing
打不开 无法打开 不能打开 进不去 进不了
安装 重装 装系统 装软件 install installed installing installation reinstall reinstalling
升级 更新 update updates updating upgrade upgrades upgrading
硬盘 磁盘 disk hdd ssd
坏了 损坏 故障 坏道 broken damaged faulty defect defective
空间 容量 满了 已满 space full quota
误删 删除 删了 删掉 deleted delete
恢复 还原 restore recover recovery
离职 leaver leavers resignation resign termination terminated offboarding
入职 新员工 starter starters joiner joiners newcomer onboarding
病毒 木马 中毒 virus malware trojan infected
钓鱼 可疑 诈骗 冒充 phishing phish suspicious scam spam
丢失 丢了 弄丢 遗失 被盗 失窃 lost stolen
工牌 工卡 门禁卡 badge badges keycard
许可 激活 未激活 license licenses licence activation activate activated
扫描 scanner scan
鼠标 mouse
键盘 keyboard
耳机 headset headsets headphones
笔记本 laptop laptops notebook
服务器 server servers
备份 backup backups
报表 report reports
驱动 driver drivers
证书 certificate certificates
会议室 boardroom
投影 投影仪 projector
共享盘 公共盘 网盘 共享文件夹 share shared
审批 approval approvals approve approver
报销 费用 expense expenses
采购 purchase purchased procurement
电话 座机 话机 telephone phones
硒鼓 墨盒 碳粉 墨粉 加墨 toner cartridge ink
卡纸 jam jams jammed
库存 仓库 台账 stock inventory warehouse
浏览器 browser browsers
输入法 打字 typing
""".strip()

_OF: Mapping[str, str] = {word: f"@{line.split()[-1]}" for line in _CONCEPTS.splitlines() for word in line.split()}
_CHINESE = re.compile("|".join(sorted((word for word in _OF if word[0] >= "\u3400"), key=len, reverse=True)))


def concepts_of_chinese(run: str) -> list[str]:
    """The concepts named in a run of Chinese characters, in their order."""
    return [_OF[word] for word in _CHINESE.findall(run)]


def concept_of(word: str) -> str:
    """The concept of an English word in lower case; empty if it has none."""
    return _OF.get(word, "")
