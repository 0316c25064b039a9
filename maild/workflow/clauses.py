"""What one clause of a requester's answer says: that it works, that it does not, that there is more to it.

A small grammar instead of a list of sentences: ability, result and negation are told apart by how they are put together
("can print now", "能打印了"; "cannot print", "打印不了"; "no more crashes", "不闪退了"). Where a negation cannot be
explained away the clause says that something is wrong: closing a ticket on somebody costs more than a second look.
"""

import re
from dataclasses import dataclass
from typing import Any

# ── cutting ──────────────────────────────────────────────────────────────────────────────────────────────────────────

_BUT = (
    r"但是|但(?!愿)|不过|可是(?!否)|然而|只是|就是(?=有|太|速|比|打|启|声|微|没|不|还|慢|卡)|只不过|美中不足"
    r"|\b(?:but|however|although|though|tho|except|yet(?= \w)|unfortunately|sadly|only(?= the| one| my))\b"
)
# A thank-you begins a clause of its own, also where no comma stands before it: "可以了谢谢", "works now thanks".
_THANKS = (
    r"(?<=[了啦咯常好决吗呢])\s*(?=(?:非常|十分|太|多多)?(?:感谢|谢谢|多谢|谢了|谢啦|辛苦))"
    r"|(?<=now|rks|ain|ine|ved|xed)\s+(?=(?:many )?(?:thanks?|thx|cheers|tks)\b)"
)
_CUT = re.compile(
    rf"(?<!\b[a-z])\.+(?!\d)|[,，。!！?？;；\n~～、:：…]+(?!\d)|(?={_BUT})|\s[-–—]+\s|{_THANKS}", re.IGNORECASE
)
_STARTS_BUT = re.compile(_BUT)

# ── Chinese ──────────────────────────────────────────────────────────────────────────────────────────────────────────

_TOPIC_ZH = r"问题|故障|错误|报错|异常|毛病|情况|现象|提示"
_TROUBLE_ZH = (
    r"报错|出错|错误|错(?!过)|闪退|蓝屏|黑屏|白屏|花屏|死机|掉线|卡(?!号|片|机)|(?<!判)断(?!定)|闪|乱码|崩|转圈"
    r"|弹(?:窗|框|那|出)"
    r"|故障|异常|失败|杂音|噪音|延迟|(?<!慢)慢(?!慢)|坏|失灵|中毒|丢|发烫|(?<!影|音)响(?!应)|缺|歪|过期|裂|条纹"
    r"|竖线|灰(?:色|的)|太小|进水"
    r"|摔|误删|可疑|很差|模糊|自动关机|死掉|打架|冲突|满了|问题"
)
_WITHOUT_TROUBLE = re.compile(
    rf"(?:{_TOPIC_ZH})(?:都|已经?|也)?没(?:有)?(?:了|啦)|"
    r"(?:不|没有?|未|无)(?:再|有|怎么|会)?(?:再|有)?(?:出现|发生|发现|遇到)?(?:过)?(?:任何|什么|其他|别的)?"
    rf"(?:{_TROUBLE_ZH}|毛病|出现|发生|事)(?:了|啦|过)?"
)
_HARMLESS_ZH = re.compile(
    r"不好意思|不客气|没关系|无论|不用谢|差不多|不错|没错|无线|无人|不管(?!用)|不久|没多久|不同|不一样|不断"
    r"|不必回复|不用回复|不知"
    r"|有(?:任何|什么)?问题(?:我|的话)?(?:会|将)?再(?:联系|找|报|说|反馈|沟通|麻烦)\S{0,4}|有事再\S{0,4}|问题不大"
)
_NOT_ZH = re.compile(r"[不没未无]|(?<!区|分|个|特|辨|级|类|识|性)别(?=关|结|急)|难以|失败")
_STILL_ZH = re.compile(
    r"还是|仍|依然|依旧|照旧|还在|还会|还(?=报|卡|慢|弹|提示|有问题|有故障|存在|要重|显示|是)|老样子|老问题|一直"
    r"|老是|总是|老(?=掉|断|卡|报)"
    r"|又(?!有[一个新]|来[一个]|遇|发现|一个|是一个)|再次|再度|复发|一样|同样的(?:问题|错误|报错)|更(?:严重|慢|卡"
    r"|糟)|(?<=[^自])重现"
)
_GOOD_ZH = re.compile(
    # Ability: "可以打印了", "能正常收发邮件了"; a result: "连上了", "声音有了", "通了"; a state: "一切正常".
    r"(?:已经?|现在|都|就|又|也|目前|暂时|基本)?(?:可以|能|可)(?:够)?(?:正常)?[^了吗呢?？再]{0,9}(?:了|啦|咯|喽)"
    r"|(?:已经?|目前|现在|都)(?:可以?|能)(?:够)?(?:正常)?[\u4e00-\u9fffa-z ]{1,8}"
    r"|(?:(?<!太)好|通|成|行|亮|有|稳定|正常|恢复|解决|搞定|修复|完成|妥|成功|消失|开通|排除|生效|ok"
    r"|okay)(?:正常)?(?:了"
    r"|啦|咯|喽|哒)"
    r"|(?:上|进去|出来|到|开|通|好|回来|出去|完)(?:了|啦)"
    r"|(?:已经?|完美|确认|均|全部|顺利|问题|成功)(?:都)?(?:已经?)?(?:解决|恢复|正常|修复|处理好|处理完|修好|弄好"
    r"|ok|好)"
    r"|(?:恢复|一切|都|运行|使用|功能|系统|目前|现在|已|很|完全)正常|正常(?:使用|工作|运行|打印)?(?=了|$)|(?:测试"
    r"|验证)通过"
    r"|(?:登录|登陆|连接|打印|重置|安装)成功|(?<!不)好(?:使|用)(?=了|$)|搞定|可以的|(?:很|都|一直|挺|非常)稳定"
    r"|弄好|修好|解决(?=$)|已ok"
    r"|^ok(?:了)?$|^(?:可以|能)(?:正常)?(?:使?用|登[录陆]|打印|上网|收|发|打开|连|看|进|访问|播放)[^吗呢]{0,4}$"
)
# Said of the matter itself, with or without being asked: what an answer to our question could not mean.
_FIRM_ZH = re.compile(
    r"解决|恢复|正常|修好|修复|搞定|没问题|没有问题|不再|^(?:[已经现在都又电脑网]{0,4})(?:可以|好|ok|行|通)(?:了|啦)$"
    r"|(?:可以|能)(?:正常)?(?:使?用|登[录陆]?|打印|上网|收发\S{0,2}|访问|连\S{0,3}|打开)(?:了|啦)|(?:工单|可以)关"
    r"|关(?:闭|单)|结[单案]"
    r"|(?:登|连|修|弄)[上进好]去?(?:了|啦)"
)
_ELSEWHERE_ZH = re.compile(r"其他|其它|别人|别的|同事|以前|平时|昨天|只有|在家|手机|换了|一会|之前|他们|^用")
_CLOSE_ZH = re.compile(r"(?:关闭|关掉|关单|结单|结案|关了)(?:工单|吧|掉|这个)?")
_YES_ZH = re.compile(r"^(?:是|是的|对|对的|嗯对|没错|确认|已确认|是这样)$")

# ── English ──────────────────────────────────────────────────────────────────────────────────────────────────────────

_NOT_EN = re.compile(
    r"\b(?:not|never|no|nope|none|nothing|neither|nor|cannot|unable|impossible|without|hardly|barely|unsolved"
    r"|unresolved"
    r"|\w+n't|(?:does|dos|do|did|ca|wo|is|was|could|have|has|are|would)nt)\b"
)
_TROUBLE_EN = (
    r"(?:error|crash|slow|broke|fail|freez|frozen|stuck|hang|offline|lock(?:ed)|drop|disconnect|jam|dead|flicker"
    r"|garbled"
    r"|missing|lost|empty|wrong|black|blue screen|noise|poor|misspel|spelled|corrupt|loud|expire|worse|problem"
    r"|issue|trouble"
    r"|denied|blank|grey|gray|weak|timeout|timed out|unusable|useless|fault|shuts? down|pop-?ups?|virus|cracked"
    r"|spilled"
    r"|suspicious|sticky|by accident|strange|imperfect|warning|forever|expired|stopped|dark|bug|asks? for"
    r"|complain)\w*|\bdown\b"
)
_WITHOUT_TROUBLE_EN = re.compile(
    rf"\bno (?:more |further |new |other )?(?:{_TROUBLE_EN})(?: messages?)?"
    rf"|\bno longer (?:\w+ ){{0,2}}(?:{_TROUBLE_EN})"
    rf"|(?:\bnot|n't|\w+nt) (?:\w+ ){{0,2}}(?:{_TROUBLE_EN}|happen\w*|occur\w*|appear\w*|come back)"
    r"(?: \w+){0,2} (?:any ?more|again|since)|\bwithout (?:any )?(?:problems?|errors?|issues?)"
)
_HARMLESS_EN = re.compile(
    r"\bno (?:worries|doubt|rush|hurry|need to (?:reply|answer))|\bnot at all|\bno problem$|\bif not\b"
    r"|\b(?:i'll|i will|will) (?:let you know|write|reply|shout|call|come back to you) (?:again )?if .*"
    r"|\bif (?:it|anything|something|the problem) .*"
)
_STILL_EN = re.compile(
    r"\bstill\b(?! (?:working|works|fine|ok|good|stable))|\bkeeps?\b|\bsame (?:\w+ )?(?:thing|problem|issue|error"
    r"|result|message|again|as|fault)"
    r"|^same\b|\bpersist\w*|\bremains?\b|\bstays?\b|\b(?:it|problem|issue|error|fault)(?:'s| is| was"
    r"| has)? (?:come |came )?back(?! to normal)"
    r"|\b(?:came|come|comes) back\b|\bhappen(?:s|ed|ing)? again|\breopen\b|\bluck\b|\bas before\b|\bfar from\b"
    r"|\bstopped working"
)
_GOOD_EN = re.compile(
    r"(?<!\bi )(?<!\bwe )(?<!\bhe )(?<!\bshe )(?<!\bto )\b(?:works?|worked|working|wrok\w*|wokr\w*)\b(?! (?:from"
    r"|until|as|in the|with) )|\b(?:fixed|solved|resolved|sorted|cured|repaired|functional"
    r"|operational)\b"
    r"|\b(?:problem|issue|error|message|warning|fault|it)(?:'s| is| has| are)?(?: now)?(?: all)? gone\b"
    r"|^(?:all )?gone$"
    r"|\bback (?:to normal|up|online|on)\b|(?<!come )(?<!came )\b(?:is|are|'s) back\b|\bup and running\b|\bin order\b"
    r"|\b(?:i|we)(?:'m| am|'re| are| was| were)? ?(?:can|could|able to|managed to)(?: now| again| finally| just)*"
    r" (?:log|sign|get|print|connect|access|open|see|send|receive|use|work|hear|scan|reach|join|login|enter|read"
    r"|save)\b"
    r"|^(?:can|could|able to|managed to) (?:log|sign|print|connect|access|open|see|send|receive|use|work|hear|scan"
    r"|login)\b"
    r"|\b(?:i'm|i am|i got|got|we're|we are) in\b|\bgot (?:in|access)\b|\bhave access\b|\b(?:did|does"
    r"|do) the (?:trick|job)\b"
    r"|\b(?:prints?|printing|opens?|starts?|boots?|connects?|syncs?|flowing|loads?|runs?|running)\b(?= (?:again"
    r"|now|fine|normally|smoothly|properly))"
    r"|\bare coming in again\b|\b(?:that|this) (?:was it|did it|helped|fixed it|solved it)\b|\bhelped\b"
    r"|\b(?:all|everything|it|that|this|login|access|things|mail|network|pc|laptop|printer|screen|sound|we|teams"
    r"|vpn)(?:'s|'re| is| are| looks?| seems?)?"
    r"(?: all| now)* (?:fine|good|ok|okay|set|well|great|perfect|stable|normal|done|clear)\b"
    r"|^(?:all |everything |looks |seems |looking |now )*(?:fine|good|ok|okay|great|perfect|stable|normal|done|set"
    r"|well)(?: now| again| for now| to go)+"
    r"|^all (?:good|set|fine|well|ok|okay|clear|done)|^(?:looks|seems) (?:good|fine|ok|okay)|\bgood to go\b"
    r"|\bsuccess\w*|\b(?:has been|been) stable"
    r"|\b(?:connects|prints|opens|starts|boots|loads|syncs)\b|\b(?:is|are|'s) (?:now |all )?(?:fine|ok|okay|good"
    r"|up|on again|installed|perfect)\b"
    r"|^done$|\bit does\b|\binstalled fine\b"
)
_FIRM_EN = re.compile(
    r"\b(?:fixed|solved|resolved|sorted|back to normal|up and running|did the trick|that was it|gone)\b"
    r"|\b(?:it|this|that|all|everything|now)(?: all| now| just| seems to| is| does)*(?:'s)? (?:works?|worked"
    r"|working)\b"
    r"|\b(?:works?|working|prints|printing|opens|starts|connects) (?:now|again|fine|perfectly|great|well|properly"
    r"|like)\b|^works?$"
    r"|\b(?:can|able to|could) (?:now )?(?:log ?in|login|sign in|print|connect|access|work)\b.{0,20}\b(?:now|again)\b"
    r"|\bcan now (?:log ?in|print|connect|access)|\bclose"
)
_ELSEWHERE_EN = re.compile(
    r"\b(?:other|others|else|colleagues?|used to|at home|until|yesterday|only|next to|with the|on tuesday|for my"
    r"|before|o'clock)\b"
)
_CLOSE_EN = re.compile(
    r"\b(?:can|may|please|to|could)(?: now)? (?:be )?close(?:d)?(?! to)\b(?: it| this one| this| the)?(?: ticket)?"
)
_YES_EN = re.compile(r"^(?:yes|yep|yeah|yup|jep|confirmed|i confirm|correct|affirmative)\b")

# "The error is gone" is good of a bad thing; "I can see the error" is not.
_ENDS_ZH = re.compile(r"解决|消失|修复|恢复|排除|处理|没有|正常|好了|关")
_ENDS_EN = re.compile(r"\b(?:solved|resolved|fixed|gone|sorted|cured|was it|did it|trick|works?|working|close)\b")

# ── both ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

_MORE = re.compile(
    r"另外|另有|另(?=$|一|申|请|：|:)|还有(?!问题)|还(?=需要|要|想|得|请|能)|顺便|再(?=帮|请|问|麻烦|申|给"
    r"|报(?!错)|登|来一|咨询)|此外|除此|除了|同时|新(?:的)?(?:问题|情况|需求|故障|毛病)"
    r"|新(?:问题|增|需)|别的(?:问题|故障|毛病)|另一|又(?:有[一个新]|来[一个]|遇|发现|一个|是一个)|其他问题|追加"
    r"|补报|换(?:成|个)|第二|问题二|^ps\b|^p\.?s|接着又|对了"
    r"|先不说|这个先放|多个问题|下一个|也(?=坏|出|有|要|想|死|卡)|不是之前|跟(?:上次|之前)(?=不|没)|再打扰|又来麻烦"
    r"|\b(?:also|another|additional(?:ly)?|besides|furthermore|moreover|in addition|one (?:more|other)|by the way"
    r"|btw|apart from|on another note"
    r"|on a different note|unrelated|not related|separate(?: issue)?|different (?:problem|issue|topic|one)"
    r"|something (?:else|different)"
    r"|new (?:issue|problem|request|error)|other (?:problem|issue|printer|one|pc)|second|while (?:you|i)|next one"
    r"|p\.?s|as well|too|either|yet another"
    r"|two problems|hello again|me again|bother you again|not the same|since i'm writing|now something)\b"
)
_PARTLY = re.compile(
    r"一半|大部分|基本|部分|个别|偶尔|暂时|有时|是好了|是可以了|能用是|先这样|先别|大体|勉强|凑合|稍微|一点点|不稳"
    r"|其他|其它|别人|别的|(?<![的谢])同事|以前|在家|手机热点"
    r"|\b(?:others?|else|colleagues?|used to|at home|next to|on tuesday|o'clock)\b"
    r"|\b(?:mostly|partly|partially|half|sometimes|almost|for now|at the moment|for the moment|better|occasionally"
    r"|mainly|one of|only|nearly"
    r"|most of|some of|watch it|until tomorrow|for five|for ten|for an hour|for a while)\b|\bkeep (?:the ticket "
    r"|it )?open"
)
_UNREAL = re.compile(
    r"如果|要是|假如|等(?=修|好|弄|处)|希望|但愿|能否|是否|好了(?:请|再|告|通|叫|跟|给|后请)|修好(?:请|再|告|通"
    r"|后请)|尽快|什么时候|何时|早日|赶紧"
    r"|\b(?:if|when (?:it|this|you)|once|until|hope|hopefully|whether|as soon as|unless|would be|should be|will be"
    r"|needs? to be|to be|as long as"
    r"|going to|supposed)\b"
)
_ASKS = re.compile(
    r"(?:吗|呢|么|没)$|[?？]|为什么|为啥|为何|怎么|怎样|如何|什么|哪|几[点楼号时]|多少|多[长久大]|能不能|可不可以"
    r"|可否|能否|是不是|是否|要不要|有没有|有无|行不行|好不好"
    r"|谁|请问|请教"
    r"|^(?:and |so |then |but |hi |hello |please )?(?:why|how|what|where|which|who|whom|whose|when|could"
    r"|can (?:you|i|we|my|somebody|someone)|would|should|shall|do (?:i|we|you)"
    r"|does|did (?:you|i|we)|is (?:it|there|this|that|the|my)|are (?:you|there|my|the)|may|will (?:it|i|you|there"
    r"|somebody|someone|the)|am i|was (?:it|that|there)|were you|any (?:idea|chance))\b"
)
_WANTS = re.compile(
    r"需要|想(?=要|换|申|再|请|问|观)|申请|(?<!添)麻烦(?!您了|你了|了)|请(?=帮|给|发|把|协|检|提|删|安|您|你|再|另"
    r"|重|停|开)|帮(?:忙(?=\S)|我)|希望|^要|劳驾|需移|移机|入职|离职|搬"
    r"|\b(?:i|we|he|she) (?:also )?(?:need|want|would like|'d like)|\bi'd like|\bplease (?!find|see|close)\w+"
    r"|\bi lost\b|\bi (?:dropped|deleted|spilled|got a)|\bstarting on\b|\brequest\b"
)
_NOW_SOMETHING = re.compile(
    r"^(?:今天|今早|刚刚|刚才|突然|现在|这次|昨天|早上|下午)|突然|^(?:我的|我们|我同事|同事|隔壁|会议室|手机"
    r"|笔记本|电脑|新员工|有同事|下周|收到一封)"
    r"|^(?:today|this (?:morning|time|afternoon)|since (?:this|today|yesterday)|suddenly|just now|now)\b|^(?:my"
    r"|our|a colleague|the other|next week)\b|\bmy (?!side|end|machine|pc now)\w+"
)
_ZH = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True)
class Clause:
    """What a clause says. `good`, `bad`: it works, it does not; `firm`: good of the matter itself, which says it also
    where nobody asked. `yes`: a bare yes or a wish to close. `past`: it was good for a while. `word`: the words that
    decided. The others say that there is more to it than that."""

    text: str
    good: bool = False
    bad: bool = False
    yes: bool = False
    firm: bool = False
    past: bool = False
    trouble: bool = False
    more: bool = False
    but: bool = False
    partly: bool = False
    unreal: bool = False
    asks: bool = False
    wants: bool = False
    fresh: bool = False
    word: str = ""

    @property
    def silent(self) -> bool:
        """Whether it says none of this: a thank-you, a name, or something that only a person understands."""
        return not (self.good or self.bad or self.yes or self.trouble or self.more or self.asks or self.wants)


def clauses(body: str) -> list[Clause]:
    """The clauses of a normalised text, each with what it says; linear in its length but for a constant."""
    marked = re.sub(r"([?？])", r"\1\n", body)
    return [_clause(piece.strip()) for piece in _pieces(marked) if piece.strip(" \"'“”()（）[]【】*-–_")]


def _pieces(body: str) -> list[str]:
    """The pieces between the cuts; a question keeps its mark, since that makes it one."""
    pieces: list[str] = []
    for line in body.split("\n"):
        asked = line.endswith(("?", "？"))
        found = [piece for piece in _CUT.split(line) if piece and piece.strip()]
        if asked and found:
            found[-1] += "?"
        pieces.extend(found)
    return pieces


def _clause(text: str) -> Clause:
    asked = text.endswith("?")
    plain = text.rstrip("?").strip()
    said = _english(plain) if not _ZH.search(plain) else _chinese(plain)
    asks = asked or bool(_ASKS.search(plain))
    return Clause(
        text=plain,
        more=bool(_MORE.search(plain)),
        but=bool(_STARTS_BUT.match(plain)),
        partly=bool(_PARTLY.search(plain)),
        unreal=bool(_UNREAL.search(plain)),
        asks=asks,
        wants=bool(_WANTS.search(plain)),
        fresh=bool(_NOW_SOMETHING.search(plain)),
        **said,
    )


def _chinese(text: str) -> dict[str, Any]:
    bare = _HARMLESS_ZH.sub("", text.replace(" ", ""))
    fine = _WITHOUT_TROUBLE.search(bare)
    left = _WITHOUT_TROUBLE.sub("", bare)
    wrong = _NOT_ZH.search(left) or _STILL_ZH.search(left)
    found = None if wrong else _GOOD_ZH.search(left) or fine
    if wrong and _STILL_ZH.match(left) and not _NOT_ZH.search(left) and re.search(r"(?:可以|正常|好)的?$", left):
        wrong, found = None, _GOOD_ZH.search(left)
    rest = _GOOD_ZH.sub("", left) if found else left
    if found and _ENDS_ZH.search(left):
        rest = re.sub(_TOPIC_ZH, "", rest)
    close = not wrong and _CLOSE_ZH.search(left)
    hit = wrong or found or close
    return {
        "good": bool(found),
        "bad": bool(wrong),
        "yes": bool(not wrong and (_YES_ZH.match(left) or close)),
        "firm": bool((found or close) and _FIRM_ZH.search(bare) and not _ELSEWHERE_ZH.search(bare)),
        "past": bool(re.search(r"昨天|刚(?:刚)?好了|一会|没多久|分钟", left)),
        "trouble": bool(re.search(_TROUBLE_ZH, rest)),
        "word": text[:40] if hit else "",
    }


def _english(text: str) -> dict[str, Any]:
    bare = _HARMLESS_EN.sub(" ", text)
    fine = _WITHOUT_TROUBLE_EN.search(bare)
    left = _WITHOUT_TROUBLE_EN.sub(" ", bare)
    wrong = _NOT_EN.search(left) or _STILL_EN.search(left)
    found = None if wrong else _GOOD_EN.search(left) or fine
    rest = _GOOD_EN.sub(" ", left) if found else left
    if found and _ENDS_EN.search(left):
        rest = re.sub(r"\b(?:problem|issue|error|message|fault)s?\b", "", rest)
    close = not wrong and _CLOSE_EN.search(left)
    hit = wrong or found or close
    return {
        "good": bool(found),
        "bad": bool(wrong),
        "yes": bool(not wrong and (_YES_EN.match(left) or close)),
        "firm": bool((found or close) and _FIRM_EN.search(bare) and not _ELSEWHERE_EN.search(bare)),
        "past": bool(re.search(r"\bworked (?:for (?!me|us|all)|yesterday|until|once|fine)|\byesterday\b", left)),
        "trouble": bool(re.search(_TROUBLE_EN, rest)),
        "word": text[:40] if hit else "",
    }
