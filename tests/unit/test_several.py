"""Mails with two problems, and mails that only look so: a false alarm is worse than a miss."""

import time

import pytest

from maild.workflow.several import several
from tests.policies import default_policy

POLICY = default_policy()
# (subject, text)
TWO: tuple[tuple[str, str], ...] = (
    ("两个问题", "您好，\n1. 三楼打印机卡纸，打不出来。\n2. VPN 连不上，提示错误 691。\n谢谢"),
    ("报修", "1、电脑蓝屏，无法开机\n2、申请开通财务系统权限"),
    ("", "一、打印机无法打印\n二、邮箱收不到邮件"),
    ("求助", "我的电脑开不了机。\n另外，我的域账号被锁定了，麻烦解锁。"),
    ("VPN", "VPN 一直掉线，无法办公。还有一个问题：会议室投影仪黑屏。"),
    ("打印机", "打印机卡纸。另外还有个问题，Outlook 打不开，报错 0x800。"),
    ("账号", "账号密码过期了登录不了。顺便说一下，三楼打印机也坏了，打不出来。"),
    ("", "你好，我的显示器花屏了。\n\n我还需要申请开通共享盘的访问权限。"),
    ("电脑问题", "(1) 键盘坏了，有三个键没反应\n(2) 无线网连不上"),
    ("", "问题一：打印机卡纸\n问题二：域账号被锁"),
    ("多个问题", "1. 网络断网，上不了网 2. 打印机硒鼓没墨了，打不出来"),
    ("", "鼠标坏了，点不动。此外，内网网络很慢，网页打不开。"),
    ("", "第一，电脑蓝屏。\n第二个问题，邮箱密码过期，登录不了。"),
    ("", "VPN断开。对了，我的键盘坏了。"),
    ("", "打印机一直卡纸。\n还有，忘记域账号密码了，需要重置密码。"),
    ("Two problems", "Hi,\n1. The printer on floor 3 jams.\n2. My account is locked.\nThanks"),
    ("Help", "1) VPN disconnects every ten minutes\n2) I need access to the finance share, please grant me permission"),
    ("VPN", "The VPN drops all the time. By the way, the printer in room 3 is broken."),
    ("Printer", "The printer jams with every page.\n\nAnother issue: my account is locked, I cannot log in."),
    ("", "The keyboard is broken. One more thing: I cannot connect to the Wi-Fi."),
    ("", "I cannot log in, my account is locked. Additionally, the printer on my floor does not work."),
    ("", "The monitor flickers. On a different note, please grant me access to the sales share, I need permission."),
    ("", "Problem 1: the router in our office is down\nProblem 2: the projector shows a black screen"),
    ("", "The internet connection is very slow. Besides, my mouse is broken."),
    ("", "Printer is out of toner and not printing. Btw I also need a password reset, my account is locked."),
    ("", "1. Wi-Fi drops\n2. The laptop battery is broken\n3. Password expired"),
    ("", "My docking station stopped working.\n\nThere is another problem: the VPN fails with error 691."),
    ("", "The scanner is jammed. A second problem: I am locked out of my account."),
    ("", "两件事：\n1.笔记本电脑无法开机\n2.申请重置密码"),
    ("", "网络不通，断网了。还有个问题，显示器黑屏。"),
)
ONE: tuple[tuple[str, str], ...] = (
    ("打印机卡纸", "三楼打印机卡纸，重启过了还是不行。\n另外，我的电话是 8123。"),
    ("VPN", "VPN 连不上。步骤：\n1. 打开客户端\n2. 输入密码\n3. 报错 691"),
    ("", "操作步骤如下：\n1. 打开 Outlook\n2. 点击发送，报错"),
    ("", "我已尝试：\n1. 重启电脑，无法解决\n2. 换网线，网络还是不行"),
    ("", "电脑蓝屏。另外，同事的电脑也是这样。"),
    ("", "打印机坏了。另外麻烦尽快处理，下午要开会。"),
    ("", "网络很慢，导致邮件发不出去。"),
    ("", "电脑无法开机，按电源键没反应。\n\n试过换插座，还是不行。"),
    ("", "您好，\n\n我的账号被锁，登录不了邮箱，打印也不行。\n\n谢谢！"),
    ("", "VPN 无法连接。还有一点：是从昨天升级之后开始的，之前正常。"),
    ("", "Outlook 打不开，报错。另外附上截图。"),
    ("", "1. 部门：财务部\n2. 电话：8123"),
    ("", "1. 姓名：李雷\n2. 设备：打印机\n3. 现象：卡纸"),
    ("", "申请新员工入职：\n1. 开通邮箱账号\n2. 开通 VPN 权限\n3. 配一台笔记本电脑\n4. 加入工作群"),
    ("", "登录不了系统。顺便问一下，什么时候能好？"),
    ("", "电脑不能上网，网页打不开，微信也登不上。"),
    ("", "打印机卡纸，然后电脑提示错误，无法打印。"),
    ("", "还有一个问题：打印机坏了。"),
    ("", "显示器黑屏。另外请带一根新的线过来。"),
    ("", "公共盘打不开，提示无法访问。此外其他同事可以打开。"),
    ("", "我的电脑连不上打印机，也扫描不了。"),
    ("", "键盘鼠标都坏了，需要更换。"),
    ("", "版本 2.0 升级到 2.1 之后报错"),
    ("", "错误提示：1. 无法连接服务器 2. 请检查网络"),
    ("", "昨天网络断了，今天打印机也打不出来，估计是网络的原因。"),
    ("", "Outlook 一直报错。\n\n因为这个原因邮件收不到，客户打不开附件。"),
    ("", "VPN 掉线，频率：1. 早上三次 2. 下午五次"),
    ("", "请问密码过期怎么重置？另外自助网址打不开，提示无法访问。"),
    ("Printer", "The printer jams. Also, I tried restarting it."),
    ("VPN", "The VPN drops. Also my colleagues have the same problem with the VPN."),
    ("", "Steps to reproduce:\n1. Open Excel\n2. Click save\n3. Error appears"),
    ("", "I tried the following:\n1. Restarted the laptop, not working\n2. Changed the network cable, still down"),
    ("", "The printer is broken. By the way, my phone is 8123."),
    ("", "I cannot log in. Also, it says that my account is locked."),
    ("", "My laptop is slow.\n\nIt is 5 years old, please replace it."),
    ("", "The network is down, so I cannot print or access the share."),
    ("", "Name: Tom\nDept: Finance\n\nThe printer does not print, error 5."),
    ("", "1. Location: room 3\n2. Phone: 8123"),
    ("", "VPN error 691. Additionally I attached a screenshot of the error."),
    ("", "New starter on Monday:\n1. laptop request\n2. account request\n3. VPN access request\n4. phone"),
    ("", "The monitor is black. Also the power light does not blink."),
    ("", "I get an error in Excel 2.1 and 2.2 and cannot save."),
    ("", "Another issue: my screen is black."),
    ("", "My password expired. I cannot log in to the VPN or the mail."),
    (
        "",
        "The projector in the meeting room is broken.\n\nA customer comes at 3, and it will not start. Please hurry.",
    ),
    ("", "Wi-Fi disconnects and then Teams crashes."),
    ("", "Also, could you please hurry, the printer is broken."),
    (
        "",
        "Excel crashes when I open the file from the network share.\n\nBecause of that I cannot finish it.",
    ),
    ("", "I need access to the CRM system. In addition my manager has approved it."),
    ("", "Error messages:\n1. Cannot connect to server\n2. Network path not found"),
)


def _language(text: str) -> str:
    return "zh" if any("一" <= c <= "鿿" for c in text) else "en"


@pytest.mark.parametrize(("subject", "text"), TWO)
def test_two_problems_are_seen(subject: str, text: str) -> None:
    found = several(subject, text, _language(text), POLICY)
    assert found is not None
    assert found.second in text and found.first in text
    assert found.title and len(found.title) <= 60 and "\n" not in found.title


@pytest.mark.parametrize(("subject", "text"), ONE)
def test_one_problem_is_left_alone(subject: str, text: str) -> None:
    assert several(subject, text, _language(text), POLICY) is None


def test_the_second_problem_is_told_in_the_writer_s_own_words() -> None:
    found = several("", "The VPN drops.\n\nAnother issue: the PRINTER in Room 3 is Broken.\n\nTom", "en", POLICY)
    assert found is not None
    assert (found.second, found.title) == ("the PRINTER in Room 3 is Broken.", "the PRINTER in Room 3 is Broken")


def test_a_hostile_text_costs_no_more_than_another() -> None:
    for text in ("1. 2. " * 50_000, "另外" * 100_000, "\n\n" * 100_000, "also, " * 50_000, "1" * 300_000):
        begin = time.process_time()
        several("", text, "zh", POLICY)
        assert time.process_time() - begin < 2.0
