"""Free text about the work: what was tried, who cannot do what, the steps, and whether it happens every time. Pure.

Values are verbatim; every pattern is bounded and linear (THREATS A25); the caller bounds the text.
"""

import re

_CLAUSE = re.compile(r"[^。！!？?；;\n]{2,300}")
_COMMA = re.compile(r"[^，,。！!？?；;\n.]{2,200}(?:\.(?=\S)[^，,。！!？?；;\n.]{1,200}){0,4}")
_TRIED = re.compile(
    r"重启(?:了|过|后|故障|无效|.{0,4}(?:次|还是|也|仍|依然|不行|没用))|[已经]重启|完成.{0,12}重启|已?重[开開]機|已重开机|重新(?:啟動|開機)"
    r"|重新(?:启动|安装|登录|连接|插拔|配对|添加)(?:过|了|后)|重(?:装|插|连|置)(?:过|了)|已重装|已?换(?:了|过|个|台|根)|改用|试过|试了|尝试"
    r"|关(?:了|闭了|掉了)防火墙|拔插|插拔|拔掉|拔了|重插|清(?:理|空|除)?了|清缓存|换.{1,8}(?:也不行|也一样|还是不行|还是一样|可以|没用|无效)|卸载(?:了|过|后)|杀(?:过|了)毒|检查(?:过|了)|查看(?:过|了)|看了"
    r"|更新(?:了|过)驱动"
    r"|\b(?:tried|restarted|rebooted|restarting (?:multiple|several|many)|re-?installed|power[- ]?cycled|re-?mapped"
    r"|re-?connected|attempted|already (?:checked|did|done|tried|replaced)|power shutdown|reset the|unplugged|swapped"
    r"|replaced the|changed the cable|cleared the|uninstalled|updated the driver|reboot my|restart the"
    r"|turned (?:it )?off and on|couldn['’]t activate|could not activate|checked the|logged (?:out|off) and"
    r"|changed (?:the )?(?:battery|batteries|cable|toner|paper|port|password)|opened and closed|removed and"
    r"|re-?added|re-?plugged|restarting it|deleted some|cleaned"
    r"|to no avail|switched to another|different (?:cable|port|browser|computer))\b",
    re.I,
)
_IMPACT = re.compile(
    r"影响|耽误|停产|停线|停工|业务中断|(?:无法|不能|没法|没办法)(?:办公|工作|上班|开工|开展|结账|发货|出货|开票|付款|收款|提交|下单|接单|生产)"
    r"|全公司|全部门|整个(?:公司|部门)|部分用户|所有人|全体|大家都|都有这个问题|用户无法|用户反映|等着用|要给客户|要开会|有董事会|急用"
    r"|都(?:没法|没办法|一样|打不开|进不去|用不了|不能|无法|登不)|全靠手|线停|停机|在等|里面有.{1,10}要|在催|要演示"
    r"|发不了|交不了|月结|来不及|客户在等|客户投诉"
    r"|\b(?:can['’]?t work|cannot work|unable to work|not able to work|business impact|impact(?:s|ing)?"
    r"|affect(?:s|ing|ed)?|(?:nobody|no one)(?: in [a-z ]{2,30})? can|none of us|hindrance|hinderance"
    r"|production (?:is )?(?:down|stopped|stops)|stopp(?:ed|ing) production|compromising|deadline"
    r"|need(?:ed)? (?:it |this )?for (?:my )?work|offline|(?:customers?|trucks?|people|patients?|clients?)"
    r" (?:are |is )?waiting|by hand|responsible for|we need to"
    r"|i need it to|several orders|delays?|delaying|(?:cannot|can['’]?t|unable to) (?:post|invoice|ship|bill|pay)"
    r"|can be entered|are not (?:all )?(?:posting|getting)|not getting printed|no chance to"
    r"|users? (?:are )?affected|all users|everyone (?:is|in|at)|(?:whole|entire) (?:team|department|office|site))\b",
    re.I,
)
_DEADLINE_ZH = re.compile(
    r"(?:今天|明天|后天|上午|下午|晚上|马上|今晚|明早)[^，,。！!；;\n]{0,8}(?:要|有|需)[^，,。！!；;\n]{2,24}"
)
_STEPS = re.compile(r"(?:步骤|steps(?: to reproduce)?)\s?[:：]\s?([^\n]{4,400})", re.I)


def tried(text: str) -> str:
    """The clause (or the neighbouring clauses) that say what was tried."""
    return _clauses_with(text, _TRIED)


def impact(text: str) -> str:
    """The clause that says whose work suffers how."""
    found = _first_clause(text, _IMPACT)
    if found:
        return found
    match = _DEADLINE_ZH.search(text)
    return match[0].strip() if match else ""


def steps(text: str) -> str:
    """What follows 步骤/steps on its line."""
    match = _STEPS.search(text)
    return match[1].strip() if match else ""


def _clauses_with(text: str, cue: re.Pattern[str]) -> str:
    """From the first clause with the cue to the last of the directly neighbouring ones that have it, verbatim."""
    start = end = -1
    for match in _COMMA.finditer(text):
        if cue.search(match[0]):
            if start < 0:
                start, end = match.span()
            elif match.start() - end <= 3:
                end = match.end()
            else:
                break
    return _shortened(text[start:end], cue) if start >= 0 else ""


def _first_clause(text: str, cue: re.Pattern[str]) -> str:
    for match in _COMMA.finditer(text):
        if cue.search(match[0]):
            return _shortened(match[0], cue)
    return ""


_LONG_CLAUSE = 110
_BREAK = re.compile(r" (?:but|however|and after|and then|because|so that|which)(?= )|[(（]")


def _shortened(clause: str, cue: re.Pattern[str]) -> str:
    """The clause; of a very long one the part from its cue to the next break."""
    clause = clause.strip(" -·•\t,，")
    found = cue.search(clause)
    if len(clause) <= _LONG_CLAUSE or found is None:
        return clause
    clause = clause[found.start() :]
    stop = _BREAK.search(clause, min(12, len(clause)))
    return (clause[: stop.start()] if stop else clause[:200]).strip()


_SOMETIMES = re.compile(
    r"偶尔|有时|时好时坏|间歇|时不时|断断续续|不定时|经常断|一会儿好|随机"
    r"|\b(?:sometimes|occasionally|intermittent(?:ly)?|randomly|at times|on and off|now and then|every so often"
    r"|once in a while|sporadic(?:ally)?"
    r"|unstable)\b",
    re.I,
)
_ALWAYS = re.compile(
    r"必现|每次|每回|总是|一点就|一打开就|一.{1,6}就(?:闪退|断|崩|报错|死机)|可以复现|可复现|一旦.{2,30}就"
    r"|反复出现|100%"
    r"|\b(?:every ?time|each time|always|consistently|can be reproduced|reproducible"
    r"|all the time|regularly|constantly)\b",
    re.I,
)
_ONCE = re.compile(
    r"只出现(?:过|了)?一次|仅一次|就一次|没有再出现|无法复现|不能复现|不可复现|未复现"
    r"|\b(?:only once|just once"
    r"|(?:cannot|can't) (?:be )?reproduced?|not reproducible|happened once|one time only)\b",
    re.I,
)
_YES = frozenset(
    {
        "是", "可以", "可", "能", "会", "必现", "yes", "y", "always",
    }
)  # fmt: skip
_NO = frozenset(
    {
        "否", "不", "不能", "不可以", "不会", "一次", "仅一次", "no", "n", "once", "never",
    }
)  # fmt: skip


def reproducible(text: str, labelled: bool = False) -> str:
    """yes, no, intermittent, or an empty string; a labelled value may also be a plain yes or no."""
    if labelled:
        word = text.strip(" .。!！").lower()
        if word in _YES:
            return "yes"
        if word in _NO:
            return "no"
    if _ONCE.search(text):
        return "no"
    if _SOMETIMES.search(text):
        return "intermittent"
    return "yes" if _ALWAYS.search(text) else ""
