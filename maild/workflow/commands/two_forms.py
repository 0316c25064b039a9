"""Whether the text form of a mail and its HTML form order the same (PRODUCT §3.4, THREATS A54).

The writer saw one of them, programs read the other. Where they differ in commands nothing is done.
"""

import re
import unicodedata
from dataclasses import replace

from maild.model import Message, Words
from maild.workflow.commands.grammar import Parsed, parse

_DIFFER = Words(
    "the text form and the HTML form of the mail hold different commands; send it again as plain text",
    "邮件的纯文本和 HTML 两部分命令不一致，请用纯文本格式重新发送",
)
# What the text form says of a link or a picture that the HTML form only shows.
_SAID_OF_LINKS = re.compile(r"<?(?:https?://|mailto:|tel:)[^>\s]{0,2000}>?|\[(?:cid|image|图片)[:：]?[^\]]{0,200}\]")


def in_both_forms(parsed: Parsed, message: Message, own: str) -> Parsed:
    """The commands of a mail's text form, with what is wrong if its HTML form orders something else."""
    problem = differing(message, own)
    return parsed if problem is None else replace(parsed, problems=(*parsed.problems, problem))


def differing(message: Message, own: str) -> tuple[str, Words] | None:
    """The line that stands in one form only, and why nothing is done; None where both order the same."""
    other = message.html_text
    if other is None or _letters(own) == _letters(other):
        return None
    mine, theirs = _orders(parse(own)), _orders(parse(other))
    if [row[:2] for row in mine] == [row[:2] for row in theirs]:
        return None
    for one, another in ((theirs, mine), (mine, theirs)):
        known = [row[:2] for row in another]
        for row in one:
            if row[:2] not in known:
                return row[2][:200], _DIFFER
    return (mine or theirs)[0][2][:200], _DIFFER


def _orders(parsed: Parsed) -> list[tuple[str, str, str]]:
    """(verb, the letters of its argument, line) of every line that is or looks like a command."""
    return [
        *((each.verb, _letters(each.argument), each.line) for each in parsed.commands),
        *(("", _letters(line), line) for line, _ in parsed.problems),
    ]


def _letters(text: str) -> str:
    """The letters and digits of a text: the forms may break lines and mark what is bold each in their own way."""
    plain = unicodedata.normalize("NFKC", _SAID_OF_LINKS.sub("", text)).lower()
    return "".join(c for c in plain if c.isalnum() or c in "#-")
