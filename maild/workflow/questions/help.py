"""#help: every command from the table, or one of them explained."""

import difflib

from maild.model import AnswerPart, AnswerRow, Words
from maild.workflow.commands import guide
from maild.workflow.commands.grammar import Command
from maild.workflow.commands.verbs import BY_NAME, VERBS, Verb
from maild.workflow.errand import Errand

_HEAD = Words("What you can write on top of a mail", "写在邮件最上面的命令")
_HOW = Words(
    "One command a line, above your text or in the subject of a fresh mail. #help take explains one.",
    "每行一条，写在正文上面，或写在新邮件的主题里。#帮助 接单 可查看单条说明。",
)
_UNKNOWN = Words("There is no #{word}", "没有 #{word} 这个命令")


def help_(errand: Errand, command: Command, text: str) -> None:
    wanted = command.argument.strip(" .!。！?？").lstrip("#＃").lower()
    if not wanted:
        _all(errand)
        return
    verb = BY_NAME.get(wanted)
    if verb is None:
        near = difflib.get_close_matches(wanted, list(BY_NAME), 1, 0.6)
        word = wanted[:20]
        said = Words(_UNKNOWN.en.format(word=word), _UNKNOWN.zh.format(word=word))
        if not near:
            errand.say(said, Words("#help lists them all", "#帮助 可查看全部命令"))
            return
        errand.say(said)
        verb = BY_NAME[near[0]]
    errand.parts.append(_one(errand, verb))


def _all(errand: Errand) -> None:
    for at, (title, verbs) in enumerate(guide.grouped()):
        rows = tuple(AnswerRow(0, guide.usage(verb, errand.language), (verb.does,)) for verb in verbs)
        if at == 0:
            errand.say(_HEAD, _HOW)
        errand.parts.append(AnswerPart(title, rows=rows))


def _one(errand: Errand, verb: Verb) -> AnswerPart:
    usage = guide.usage(verb, errand.language)
    others = "、".join(f"#{name}" for name in (verb.name, *verb.chinese))
    explained = guide.explained(verb)
    who = (Words("For leads.", "仅限主管。"),) if verb.who == "lead" else ()
    return AnswerPart(
        Words(usage, usage),
        (
            Words(f"{explained.en[0].upper()}{explained.en[1:]}.", f"{explained.zh}。"),
            Words(f"Its names: {others.replace('、', ', ')}", f"可以写成：{others}"),
            *who,
        ),
    )


def for_requester(errand: Errand) -> None:
    """What somebody may ask who is no agent."""
    theirs = tuple(verb for verb in VERBS if verb.who == "anybody")
    rows = tuple(AnswerRow(0, guide.usage(verb, errand.language), (verb.does,)) for verb in theirs)
    errand.parts.append(AnswerPart(_FOR_YOU, (_REPORT,), rows))


_FOR_YOU = Words("What you can ask us by mail", "您可以用邮件查询")
_REPORT = Words(
    "To report a problem just write to us in your own words. These go on the first line, or in the subject:",
    "要报障，直接写信说明情况即可。以下命令写在正文第一行，或写在主题里：",
)
