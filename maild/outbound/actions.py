"""Buttons: `mailto:` links that write a command mail for the reader (PRODUCT §3.3; RFC 6068).

Nothing has to be hosted, and no link scanner can press them: a press is a mail that a person sends. Verb and token
stand in the subject, because Gmail on Android joins the lines of the body and Outlook may drop it; clients may leave
out References, so the token is the trust. Windows and Chrome cut a URI at 2,046 characters, Gmail somewhere above
1,620, and Outlook Express, whose code lives on in places, at 456: buttons stay below that, whatever stands on them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from maild.model import Policy, Ticket, Words
from maild.model.labels import FIELD_LABELS
from maild.outbound.subject import tag
from maild.outbound.wrap import columns
from maild.tokens import Tokens

URI_CHARS = 1600


@dataclass(frozen=True, slots=True)
class Button:
    """One button: what it says, where it leads, and whether it is the one that most readers want."""

    verb: str
    label: str
    link: str
    main: bool = False


LABELS: dict[str, Words] = {
    "solved": Words("Solved", "已解决"),
    "unsolved": Words("Not solved yet", "还没解决"),
    "withdraw": Words("Withdraw this report", "撤回工单"),
    "rate5": Words("5 · very good", "5 分 · 很满意"),
    "rate4": Words("4", "4 分"),
    "rate3": Words("3", "3 分"),
    "rate2": Words("2", "2 分"),
    "rate1": Words("1 · poor", "1 分 · 不满意"),
    "take": Words("Take it", "接单"),
    "ask": Words("Ask for details", "请用户补充"),
    "resolve": Words("Resolve", "解决"),
    "escalate": Words("Escalate", "升级"),
    "out-of-scope": Words("Not IT", "非IT职责"),
    "confirm": Words("Yes, do it", "确认执行"),
    "correct": Words("Yes, do it", "是的，执行"),
    "as-text": Words("It is text", "当作正文"),
    "anyway": Words("Send anyway", "仍然发送"),
    "discard": Words("Drop it", "不发了"),
    "split": Words("Split", "拆分"),
    "use": Words("Send the solution", "引用处理说明"),
    "agree": Words("I agree", "同意"),
    "disagree": Words("I do not agree", "不同意"),
    "not-approved": Words("Tell them, and close", "告知用户并关闭"),
    "accept": Words("Accept", "接受"),
    "decline": Words("Decline", "拒绝"),
    "update": Words("Tell all reporters", "通报"),
    "reopen": Words("Open again", "重新打开"),
    "different": Words("Mine is a different problem", "我的不是这个问题"),
    "release": Words("Release", "放行"),
    "drop": Words("Drop", "丢弃"),
    "block": Words("Block sender", "拉黑发件人"),
}
# What may be pressed in a letter that belongs to no ticket.
OF_THE_DESK = frozenset({"confirm", "correct", "as-text"})
# No rating stands out: that would be asking for it.
MAIN = frozenset({"solved", "take", "confirm", "correct", "accept", "agree"})

# What a requester's button writes into the body: a sentence that is understood even where the subject got lost.
# An agent's command mail stays empty, since whatever stood there would be a word to the requester; or it bears its own
# command once more, open for a few words behind it, and holds none of its own when nothing is added.
_BODIES: dict[str, Words] = {
    "solved": Words("It is solved.", "已解决。"),
    "unsolved": Words("It is not solved yet: ", "还没解决："),
    "withdraw": Words("I withdraw this report.", "撤回工单。"),
    "resolve": Words("#resolve: ", "#解决："),
    "escalate": Words("#escalate: ", "#升级："),
    "update": Words("#update: ", "#通报："),
    "agree": Words("I agree.", "同意。"),
    "disagree": Words("I do not agree. Reason: ", "不同意。原因："),
    "rate5": Words("5", "5"),
    "rate4": Words("4", "4"),
    "rate3": Words("3", "3"),
    "rate2": Words("2", "2"),
    "rate1": Words("1", "1"),
    "different": Words("Mine is not the same problem: ", "不是同一个问题："),
}


def mailto(address: str, subject: str, body: str) -> str:
    """A `mailto:` URI of at most 1,600 characters; the body is cut for it if need be. Raises ValueError for an
    address with a plus sign (Outlook on the web breaks it) or a subject that alone is too long."""
    if "+" in address:
        raise ValueError(f"a button cannot write to {address}: Outlook on the web breaks addresses with a plus sign")
    head = f"mailto:{quote(address, safe='@')}?subject={quote(subject, safe='', errors='replace')}"
    if len(head) > URI_CHARS:
        raise ValueError(f"the subject of a button is too long: {len(head)} of {URI_CHARS} characters")
    if not body:
        return head
    room = URI_CHARS - len(head) - len("&body=")
    pieces: list[str] = []
    for char in body.replace("\r\n", "\n").replace("\r", "\n"):
        piece = "%0D%0A" if char == "\n" else quote(char, safe="", errors="replace")
        room -= len(piece)
        if room < 0:
            break
        pieces.append(piece)
    return head + "&body=" + "".join(pieces)


def buttons(
    verbs: Iterable[str],
    recipient: str,
    ticket: Ticket | None,
    policy: Policy,
    tokens: Tokens,
    language: str,
    now: datetime,
    about: int = 0,
) -> tuple[Button, ...]:
    """The buttons of one letter: each holds a token for this recipient, this ticket and this verb alone; a question
    about one inbound mail (`about`) binds it to that mail too. Without a ticket it concerns the desk itself. What
    stands behind a verb ("use IT-87") stands in the subject too, and the token is bound to it."""
    made: list[Button] = []
    number, front = (ticket.key, f"[{tag(ticket, policy)}] ") if ticket is not None else (0, "")
    for command in verbs:
        verb, _, argument = command.partition(" ")
        token = tokens.button(recipient, number, f"{verb} {about}" if about else command, now)
        body = _BODIES.get(verb, Words("", "")).for_(language)
        link = mailto(policy.desk.address, f"{front}#{command} {token}", body)
        made.append(Button(verb, _label(verb, argument).for_(language), link, verb in MAIN))
    return tuple(made)


# A button is no wider than a phone.
_LABEL_COLUMNS = 30


def _label(verb: str, argument: str) -> Words:
    """The words on a button: what it asks for, or whose solution it sends."""
    if verb == "use" and argument:
        return Words(f"Use {argument}", f"引用 {argument}")
    if verb == "ask" and argument:
        names = [FIELD_LABELS.get(each, Words(each, each)) for each in argument.split(",")]
        return Words(
            _listed("Ask: ", ", ", [each.en for each in names]), _listed("请补充：", "、", [each.zh for each in names])
        )
    return LABELS[verb]


def _listed(front: str, comma: str, names: list[str]) -> str:
    for count in range(len(names), 0, -1):
        label = front + comma.join(names[:count]) + (f" +{len(names) - count}" if count < len(names) else "")
        if columns(label) <= _LABEL_COLUMNS:
            return label
    return label
