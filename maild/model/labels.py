"""The display words of every code that a person gets to see: states, outcomes, levels, priorities, fields.

Letters, reports and the terminal all read from here, so that one thing has one name in each language.
"""

from collections.abc import Mapping

from maild.model.ticket import Close, Impact, Importance, Level, Priority, State, Tier
from maild.model.words import Words

STATES: Mapping[State, Words] = {
    "new": Words("new", "新建"),
    "open": Words("in progress", "处理中"),
    "pending": Words("waiting for your answer", "等待您的回复"),
    "on_hold": Words("on hold", "已挂起"),
    "resolved": Words("solved, waiting for your confirmation", "已解决，待您确认"),
    "closed": Words("closed", "已关闭"),
}

OUTCOMES: Mapping[Close, Words] = {
    "confirmed": Words("confirmed as solved", "用户确认已解决"),
    "unconfirmed": Words("closed without an answer", "未收到答复，自动关闭"),
    "out_of_scope": Words("not an IT matter", "不属于IT职责范围"),
    "duplicate": Words("duplicate of another ticket", "与其他工单重复"),
    "withdrawn": Words("withdrawn by the requester", "提交人已撤回"),
    "spam": Words("spam", "垃圾邮件"),
    "by_agent": Words("closed by the agent", "支持人员关闭"),
}

URGENCY: Mapping[Level, Words] = {
    "high": Words("high", "高"),
    "medium": Words("medium", "中"),
    "low": Words("low", "低"),
}

IMPACT: Mapping[Impact, Words] = {
    "company": Words("company", "全公司"),
    "department": Words("department", "部门"),
    "person": Words("one person", "个人"),
}

IMPORTANCE: Mapping[Importance, Words] = {
    "high": Words("high", "重要"),
    "normal": Words("normal", "一般"),
}

PRIORITIES: Mapping[Priority, Words] = {
    "P1": Words("P1 critical", "P1 特急"),
    "P2": Words("P2 high", "P2 紧急"),
    "P3": Words("P3 normal", "P3 一般"),
    "P4": Words("P4 low", "P4 较低"),
}

TIERS: Mapping[Tier, Words] = {
    "L1": Words("first line", "一线支持"),
    "L2": Words("second line", "二线支持"),
    "expert": Words("expert", "专家"),
}

FIELD_LABELS: Mapping[str, Words] = {
    "name": Words("Name", "姓名"),
    "department": Words("Department", "部门"),
    "phone": Words("Phone/extension", "电话/分机"),
    "location": Words("Place", "地点"),
    "when": Words("Since when", "发生时间"),
    "asset": Words("Device", "设备"),
    "software": Words("System/software", "系统/软件"),
    "version": Words("Version", "版本"),
    "error": Words("Error message", "错误提示"),
    "steps": Words("Steps", "操作步骤"),
    "reproducible": Words("Happens every time", "是否可复现"),
    "impact": Words("Effect on your work", "对工作的影响"),
    "tried": Words("Tried so far", "已尝试的方法"),
}
"""The label of each field as it is shown and asked for; what people write instead: ingest/field_labels.py."""

FIELD_HINTS: Mapping[str, Words] = {
    "name": Words("whose problem it is", "使用人姓名"),
    "department": Words("e.g. Finance", "如：财务部"),
    "phone": Words("where we can call you back", "方便回拨的电话或分机"),
    "location": Words("building, floor, room", "楼、层、房间或工位"),
    "when": Words("date and time", "日期和时间"),
    "asset": Words("make and model, or the number on the sticker", "品牌型号，或标签上的资产编号"),
    "software": Words("name of the program or system", "软件或系统的名称"),
    "version": Words("see Help > About", "可在“帮助 > 关于”中查看"),
    "error": Words("the exact words, or attach a screenshot", "提示的原文，或附上截图"),
    "steps": Words("what you did just before", "出现问题前做了哪些操作"),
    "reproducible": Words("every time / sometimes / once", "每次 / 有时 / 仅一次"),
    "impact": Words("who cannot do what", "哪些人的哪些工作受影响"),
    "tried": Words("e.g. restarted, no change", "如：已重启，无效"),
}
"""How to fill each field, for the form by reply. An answer that only repeats its hint is no answer."""

FIELD_ORIGINS: Mapping[str, Words] = {
    "directory": Words("from the company directory", "来自公司通讯录"),
    "history": Words("as told last time", "上次报障时提供"),
    "signature": Words("from the mail's signature", "来自邮件签名"),
    "header": Words("from the sender's name", "来自发件人名称"),
}
"""Where a value was found that nobody said on purpose, by its source: shown behind it, in brackets, for correction."""

REPRODUCIBLE: Mapping[str, Words] = {
    "yes": Words("every time", "每次都会"),
    "no": Words("happened once", "仅出现一次"),
    "intermittent": Words("sometimes", "时有时无"),
}
"""How the three values of the field `reproducible` are shown."""
