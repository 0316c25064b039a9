"""What a report is about, as a small set of words that reports of one outage have in common.

English words as they stand, Chinese runs as pairs of characters; before that, what everybody says in ways of their own
("连不上", "无法连接", "cannot connect", "times out") becomes one term, the same in both languages.
"""

import re

from maild.model import Words
from maild.workflow.wordfinder import normalise

# What a report is about stands at its beginning; a long mail must not look alike to everything.
_CHARACTERS = 320
_RUN = re.compile(r"[a-z][a-z0-9]+(?:[.+-][a-z0-9]+)*|[㐀-鿿]+")
# Words of politeness, and those that every report holds, in whatever desk.
_EMPTY = frozenset(
    "the and for not with from have has had are was were been can will would could should this that these those they"
    " there here please pls help hi hello dear team regards thanks thank you your our my me we us all any some also am"
    " is it its in on of to at as be by an or if so do does did no yes but since today morning afternoon now just"
    " again re fw fwd issue problem problems ticket support service desk service-desk see attached below when what how"
    " why who which since still after before while about get got getting im ive dont cant wont try tried trying need"
    " work working works urgent asap kindly check look anyone else same colleague colleagues keeps".split()
)
_EMPTY_ZH = frozenset(
    "您好 你好 请问 问题 谢谢 麻烦 帮忙 一下 我的 我们 今天 早上 上午 下午 现在 刚才 刚刚 帮我 处理 看看 怎么 这个"
    " 那个 已经 还是 不行 一直 突然 出现 同事 部门 大家 工作 影响 尽快 紧急 老师 工程 程师 开始 之后 以后 就是 了我"
    " 了请 请帮 能不 不能 是不 是什 什么 无法 没有".split()
)

_NOT = r"(?:can ?not|can't|cant|couldn't|could not|unable to|not able to|won't|will not|doesn't|does not|don't|didn't"
_NOT += r"|did not|isn't|is not|not|no longer|never|fails? to|failed to|failing to|failure to|nobody can|no one can)"

# One term for what is said in many ways: its name, what people call it, and how it is written.
_TERMS: tuple[tuple[str, Words, str], ...] = (
    ("connect", Words("cannot connect", "连不上"),
     rf"{_NOT} (?:re)?connect\w*|disconnect\w*|connection (?:\w+ ){{0,2}}(?:lost|fail\w*|refused|drop\w*|reset|error"
     r"|down)|dis-connect\w*|drops? (?:every|out|all)|dropp(?:ed|ing)|kicks? me (?:out|off)|kicked (?:out|off)"
     r"|times? out|timed out|timing out|timeouts?|no connection|lost connection|unreachable"
     r"|连接?不上|无法连接|不能连接|连接失败|连接超时|连接中断|连接断开|连接报错|连接异常|断线|掉线|断开|断连|断网|断了|"
     r"老断|总断|拨不上|拨号失败|拨入失败|连不了|连接错误|超时|没法连|访问不了内网"),
    ("receive", Words("nothing arrives", "收不到"),
     rf"{_NOT} (?:\w+ )?(?:receiv\w*|get(?:ting)? (?:any |new )?(?:e-?)?mails?|arriv\w*|com(?:e|ing) (?:in|through))"
     r"|no (?:new |incoming )?(?:e-?)?mails?|(?:has|have)(?:n't| not) (?:arrived|received|come)"
     r"|mails? (?:\w+ ){0,2}missing|nothing (?:arrives|comes in|has arrived)"
     r"|inbox (?:is |stays )?(?:empty|not updat\w+)|incoming mails?"
     r"|收不到|没收到|未收到|没有收到|接收不了|接收不到|收信不|没有新邮件|进不来|收件箱(?:一直)?(?:没|不)(?:有)?(?:更新|刷新|动静|新)"),
    ("send", Words("cannot send", "发不出"),
     rf"{_NOT} (?:be )?sen[dt]\w*|stuck in (?:the |my )?outbox|发不出|发送失败|发不了|无法发送|发送不了|卡在发件箱"),
    ("open", Words("does not open", "打不开"),
     rf"{_NOT} (?:be )?(?:open\w*|load\w*|launch\w*|start\w*)|blank page|white page|err(?:or)? 50[0-9]|50[234]\b"
     r"|打不开|无法打开|开不了|打开失败|打开报错|打开空白|白屏|空白页|加载不出|进不去|进不了|无法进入|启动不了|打开不了|访问不了|无法访问"),
    ("login", Words("signing in", "登录"),
     r"log(?:ging|ged)? ?(?:in|on|into)|sign(?:ing|ed)? ?(?:in|on)|login|logon|登录|登陆|登不上|登不进|登不了"),
    ("slow", Words("slow", "很慢"),
     r"slow\w*|lag\w*|hang(?:s|ing)?|freez\w*|frozen|takes? (?:ages|forever|minutes|so long|very long)|takes \d+ \w+"
     r"|crawl\w*|spinning|unresponsive|not respond\w*|no response|sluggish"
     r"|太慢|很慢|好慢|特别慢|非常慢|慢得|超慢|变慢|巨慢|缓慢|卡顿|很卡|好卡|卡死|特别卡|太卡|卡住|转圈|没反应|无响应|未响应|半天|响应慢|卡得|慢"),
    ("mail", Words("mail", "邮件"),
     r"e-?mails?|mails?|mailbox\w*|outlook|inbox|邮件|邮箱|信箱|收件箱|foxmail"),
    ("vpn", Words("VPN", "VPN"),
     r"vpn\w*|remote access|anyconnect|globalprotect|easyconnect|远程接入|远程拨入|远程连公司"),
    ("wifi", Words("Wi-Fi", "无线网络"), r"wi-?fi|wlan|wireless|无线(?:网络|网)?"),
    ("network", Words("network", "网络"),
     r"networks?|internet|intranet|lan\b|websites?|网络|上网|上不了网|上不去网|外网|内网|网页|网速|网站|断网|没网"),
    ("print", Words("printing", "打印"), r"print\w*|打印机?|打不出"),
    ("share", Words("shared drive", "共享盘"),
     r"(?:shared?|network) (?:drives?|folders?)|file ?(?:server|share)s?|[a-z]: drive|drive [a-z]\b|nas\b"
     r"|共享(?:盘|文件夹|目录|文件)?|公共盘|网盘|文件服务器|[a-z]盘"),
    ("phone", Words("telephone", "电话"), r"(?:desk |ip )?phones?|telephon\w*|dial ?tone|电话|座机|话机|分机"),
    ("calls", Words("calls", "通话"), r"calls?|打不通|打不出去|接不通|呼叫|来电|拨打"),
    ("meeting", Words("meetings", "会议"), r"meetings?|conference|teams|zoom|会议室?|视频会议"),
    ("password", Words("password", "密码"), r"passwords?|passcode|pwd|密码|口令"),
    ("locked", Words("locked", "锁定"), r"lock(?:ed)? ?out|locked|锁定|被锁|锁了|锁住"),
    ("denied", Words("permission", "权限"),
     r"access (?:is )?denied|permissions?|no access|not authori[sz]ed|access rights?|权限|没权限|拒绝访问"),
    ("error", Words("errors", "报错"), r"errors?(?: code| message)?|报错|错误(?:代码|码)?|提示错误|出错|异常"),
    ("down", Words("down", "不可用"),
     r"down|outage|offline|dead|not available|unavailable"
     r"|挂了|崩了|瘫痪|宕机|脱机|离线|不可用|用不了|不能用|没法用|无法使用"),
    ("install", Words("installing", "安装"), r"install\w*|安装|装一下|装个|重装"),
    ("request", Words("a request", "申请"), r"request(?:s|ed|ing)?|apply|申请|开通|开个|新增|领用"),
    ("screen", Words("screen", "屏幕"), r"screens?|monitors?|displays?|显示器|屏幕|黑屏|花屏"),
    ("phish", Words("a suspicious mail", "可疑邮件"),
     r"phish\w*|suspicious|scam|spam|fake|钓鱼|可疑|诈骗|垃圾邮件"),
)  # fmt: skip

# What is wrong, not with what: a matter is not told by these alone.
SYMPTOMS = frozenset(
    f"={name}"
    for name in "connect receive send open login slow locked denied error down install request screen calls".split()
)
# What is out of order; the other symptoms are wishes and appliances.
FAULTS = frozenset(f"={name}" for name in "connect receive send open login slow down error".split())
LABELS: dict[str, Words] = {f"={name}": label for name, label, _ in _TERMS}
# A term's own way to be written wins over a part of it: "vpn connection lost" is VPN and connecting.
_FINDER = re.compile("|".join(rf"(?P<{name}>{pattern})" for name, _, pattern in _TERMS), re.ASCII)
_EDGES = re.compile(r"[a-z0-9]")


def words_of(subject: str, text: str) -> frozenset[str]:
    """The words of a report; terms common to both languages begin with `=`."""
    whole = f"{normalise(subject[:200])}\n{normalise(text[:_CHARACTERS])}"
    found: set[str] = set()

    def term(match: re.Match[str]) -> str:
        start, end = match.span()
        # An English word counts as a whole one only: "mail" does not stand in "maildrop".
        if match[0][0].isascii() and start and _EDGES.match(whole[start - 1]):
            return match[0]
        if match[0][-1].isascii() and end < len(whole) and _EDGES.match(whole[end]):
            return match[0]
        found.add(f"={match.lastgroup}")
        return "\n"

    rest = _FINDER.sub(term, whole)
    for run in _RUN.findall(rest):
        if run[0] < "㐀":
            if len(run) > 1 and run not in _EMPTY:
                found.add(run)
        else:
            found.update(pair for at in range(len(run) - 1) if (pair := run[at : at + 2]) not in _EMPTY_ZH)
    return frozenset(found)
