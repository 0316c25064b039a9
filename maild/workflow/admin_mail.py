"""An admin's mail about what was put aside (PRODUCT §3.5): `release 4711`, `drop 4711`, `block eve@x.example`.

Each number is decided on by itself, and one letter tells what became of all. Nothing of it without the evidence that
the admin wrote it (`Trust.admin`): they are asked with one tap. Plain words to a letter that nobody reads get a word.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import get_args

from maild.model import (
    Address,
    CommandRow,
    Facts,
    Mail,
    MailArrived,
    Message,
    Outcome,
    Policy,
    Press,
    Words,
)
from maild.model.aside import AdminFacts, Aside, Ruling, Verb, why_not_dropped, why_not_released
from maild.workflow import desk_mail
from maild.workflow.admin_words import Line, Read, read_words
from maild.workflow.blocking import why_not_blocked
from maild.workflow.owner_asked import CONFIRM_FOR, CONFIRMATIONS_A_DAY, DID, Said, no_more_today, said
from maild.workflow.pressed import why_not

VERBS = frozenset(get_args(Verb))
ANSWER = "admin/answer"
# So many kind words a day get plain answers to letters that nobody reads: an admin's address may be a robot's.
WORDS_A_DAY = 2

_SUBJECT = Words("what became of it", "处理结果")
_CONFIRM = Words("please confirm", "请确认")
SHOWN: dict[str, Words] = {
    "release": Words("release", "放行"),
    "drop": Words("drop", "丢弃"),
    "block": Words("block", "拉黑"),
    "unblock": Words("unblock", "解除拉黑"),
}
_UNKNOWN = Words("there is no mail of this number", "没有这个编号的邮件")
_TWICE = Words("said twice in your mail: the first counts", "同一封邮件里写了两次，以第一次为准")
_DROPPED = Words("dropped; its bytes are kept, and “release” brings it back", "已丢弃；原件仍保留，可用“放行”找回")
_OVER = Words(
    "that mail waits no more: it was decided, or 24 hours have passed", "该邮件已不再等待：已处理，或已超过 24 小时"
)
_NOT_UNDERSTOOD = Words(
    "not understood, so nothing of this mail was done; write for example: release 4711 4712",
    "看不懂这一行，整封邮件都没有执行；请这样写：放行 4711 4712",
)
_BELOW = Words(
    "stands further down the text, so it is unclear what was meant: nothing was done; write it at the top",
    "写在正文下方，无法确定意图，没有执行；请把命令写在最上面",
)


def wanted(message: Message, policy: Policy) -> bool:
    """Whether a mail in a listed admin's name rules on mails that were put aside."""
    return _listed(message, policy) is not None and read_words(message).clear


def named(event: MailArrived) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """The mails and the senders that an admin's mail names."""
    lines = read_words(event.message).lines
    numbers = [number for line in lines for number in line.numbers]
    senders = [sender for line in lines for sender in line.senders]
    return tuple(dict.fromkeys([*numbers, *([pressed] if (pressed := _number(event.press)) else ())])), tuple(
        dict.fromkeys(senders)
    )


def admin_wrote(event: MailArrived, facts: Facts, now: datetime, policy: Policy) -> Outcome | None:
    """What is done about an admin's mail; None where it is a mail like others."""
    known = facts.admin
    if known is None:
        return None
    errand = _Errand(event, facts, policy, known)
    press = event.press
    if press.verb in VERBS and press.denied:
        mail = errand.letter(
            "nothing", ((press.line, False, why_not(press, policy, event.received).for_(errand.language)),)
        )
        return Outcome(reason=f"an admin's button that does not hold: {press.denied}", fate="handled", mails=(mail,))
    if facts.button in VERBS and _number(press):
        return errand.rule(Read((Line("", _verb(facts.button), (_number(press),)),)))
    answer = said(facts, event.message)
    if answer is not None:
        return _answered(errand, facts, answer)
    words = read_words(event.message)
    to_us = known.letter.startswith("admin/")
    if words.clear or (to_us and words.lines):
        return errand.rule(words)
    if not to_us or desk_mail.wanted(event.message, policy):
        return None
    mails = (errand.letter("words"),) if known.told < WORDS_A_DAY else ()
    return Outcome(reason=f"an admin's words to {known.letter}, which asks nothing", fate="handled", mails=mails)


def pressed_in_vain(event: MailArrived, policy: Policy) -> bool:
    """Whether a mail in an admin's name is nothing but a press that does not hold, and nothing else proves whose: then
    nothing is done, and nobody is told (THREATS A07)."""
    press = event.press
    named_ = _listed(event.message, policy) is not None
    return named_ and press.verb in VERBS and bool(press.denied) and not event.trust.admin


def unverified_admin_asked(event: MailArrived, facts: Facts, now: datetime, policy: Policy) -> Outcome:
    """Such words in an admin's name without the evidence: the mail waits, and the admin is asked with one tap."""
    admin = _listed(event.message, policy)
    if admin is None:
        raise ValueError(f"{event.message.from_.address} was judged an admin but is not listed")
    mails = no_more_today(facts, admin, policy.admin_languages.get(admin.key, "en"), "admin")
    if facts.asked_today < CONFIRMATIONS_A_DAY:
        lines = tuple(line.text for line in read_words(event.message).lines)
        mails = (
            replace(
                _letter(event, admin, policy, _CONFIRM),
                template="agent/confirm_command",
                values={"commands": lines, "text": "", "number": event.inbound},
            ),
        )
    return Outcome(
        reason=f"waits for the admin's confirmation: {event.trust.reason}",
        fate="held",
        mails=mails,
        wait_until=event.received + CONFIRM_FOR,
    )


def became(mail: Aside, prefix: str) -> Words:
    """What became of a mail that was let in."""
    if mail.fate == "ticketed":
        tag = f"{prefix}-{mail.ticket}"
        return Words(f"let in: it is {tag} now", f"已放行，对应工单 {tag}")
    if mail.fate == "handled":
        return Words("let in: what it asked of the desk is done", "已放行，其中的指令已处理")
    if mail.fate == "quarantined":
        return Words("let in, but it still cannot be read", "已放行，但仍然无法读取")
    return Words(f"let in, but no ticket came of it: {mail.reason}"[:300], "已放行，但没有产生工单")


def told_of(rows: Sequence[CommandRow], admin: Address, language: str, answers: str) -> Mail:
    """The letter that tells what became of each word of an admin's mail."""
    lines = tuple((_shown(row, language), bool(row.done), row.why) for row in rows)
    return Mail(
        template=ANSWER,
        to=admin,
        audience="admin",
        language=language,
        reply="internal",
        answers=answers,
        values={"how": "done", "lines": lines},
        subject=f"Re: [maild] {_SUBJECT.for_(language)}",
    )


def _shown(row: CommandRow, language: str) -> str:
    verb = SHOWN.get(row.verb)
    return f"{verb.for_(language)} {row.line.partition(' ')[2]}" if verb is not None else row.line


def _answered(errand: "_Errand", facts: Facts, answer: Said) -> Outcome:
    if not facts.waits:
        mail = errand.letter("done", (("", False, _OVER.for_(errand.language)),))
        return Outcome(reason="the admin answers about a mail that waits no more", fate="handled", mails=(mail,))
    why = f"the admin {DID[answer]}"
    if answer == "drop":
        return Outcome(reason=why, fate="handled", drop=facts.asked_about)
    return Outcome(reason=why, fate="handled", release=facts.asked_about, answer=answer)


class _Errand:
    """The words of one mail as they are carried out."""

    def __init__(self, event: MailArrived, facts: Facts, policy: Policy, known: AdminFacts) -> None:
        self.event, self.policy, self.known = event, policy, known
        admin = _listed(event.message, policy)
        if admin is None:
            raise ValueError(f"{event.message.from_.address} was judged an admin but is not listed")
        self.admin = admin
        self.language = policy.admin_languages.get(admin.key, "en")
        self.rows: list[CommandRow] = []
        self.rulings: list[Ruling] = []

    def letter(self, how: str, lines: tuple[tuple[str, bool, str], ...] = ()) -> Mail:
        mail = _letter(self.event, self.admin, self.policy, _SUBJECT)
        return replace(mail, values={"how": how, "lines": lines})

    def rule(self, words: Read) -> Outcome:
        """All lines, each number by itself; of a mail that holds a line that is not understood nothing is done."""
        problems = [(line.text, False, _NOT_UNDERSTOOD.for_(self.language)) for line in words.lines if line.problem]
        if words.below:
            problems.append((words.below, False, _BELOW.for_(self.language)))
        if problems:
            mails = (self.letter("nothing", tuple(problems)),)
            return Outcome(reason="an admin's words not understood: nothing done", fate="handled", mails=mails)
        seen: set[int | str] = set()
        for line in words.lines:
            about: tuple[int | str, ...] = (*line.numbers, *line.senders)
            for one in about:
                if one in seen:
                    self._row(line.verb, one, False, _TWICE)
                elif isinstance(one, int):
                    self._mail(line.verb, one, line.why)
                else:
                    self._sender(line.verb, one, line.why)
                seen.add(one)
        did = ", ".join(row.line for row in self.rows)
        pending = any(row.done is None for row in self.rows)
        return Outcome(
            reason=f"the admin {self.admin.address}: {did}"[:400],
            fate="handled",
            rulings=tuple(self.rulings),
            commands=tuple(self.rows),
            commands_of=self.event.inbound,
            commands_by=self.admin.key,
            # What is let in is decided next; the last one decided tells of all.
            mails=() if pending else (told_of(self.rows, self.admin, self.language, self.event.message.message_id),),
            uses=self.event.press.uses,
        )

    def _mail(self, verb: Verb, number: int, why: str) -> None:
        mail = self.known.asides.get(number)
        prefix = self.policy.desk.prefix
        if mail is None:
            self._row(verb, number, False, _UNKNOWN)
        elif verb == "release":
            self._act(verb, number, why, why_not_released(mail, prefix), None)
        elif verb == "drop":
            self._act(verb, number, why, why_not_dropped(mail, prefix), _DROPPED)
        else:
            self._block(mail, why)

    def _block(self, mail: Aside, why: str) -> None:
        if "@" not in mail.sender:
            self._row("block", mail.number, False, Words("it names no sender", "邮件没有发件人"))
            return
        refused = why_not_blocked(mail.sender, self.policy)
        if refused is not None:
            text = Words(f"{mail.sender}: {refused.en}", f"{mail.sender}：{refused.zh}")
            self._row("block", mail.number, False, text)
            return
        self.rulings.append(Ruling("block", mail.number, mail.sender, self.admin.key, why))
        kept = why_not_dropped(mail, self.policy.desk.prefix)
        if kept is None:
            self.rulings.append(Ruling("drop", mail.number, "", self.admin.key, why or "its sender is blocked"))
        rest = Words("the mail is dropped", "邮件已丢弃") if kept is None else kept
        self._row(
            "block",
            mail.number,
            True,
            Words(
                f"nothing from {mail.sender} comes through any more; {rest.en}",
                f"今后不再接收 {mail.sender} 的邮件；{rest.zh}",
            ),
        )

    def _sender(self, verb: Verb, sender: str, why: str) -> None:
        if verb == "unblock":
            self._unblock(sender, why)
            return
        refused = why_not_blocked(sender, self.policy)
        if refused is None and (sender in self.known.blocked or sender in self.policy.blocked):
            refused = Words("blocked already", "已在黑名单中")
        done = Words("nothing from there comes through any more", "今后不再接收来自该地址的邮件")
        self._act(verb, sender, why, refused, done)

    def _unblock(self, sender: str, why: str) -> None:
        refused = None
        if sender in self.policy.blocked:
            refused = Words("config.toml blocks it: [screening] blocked", "由 config.toml 的 [screening] blocked 拉黑")
        elif sender not in self.known.blocked:
            refused = Words("it is not blocked", "不在黑名单中")
        self._act("unblock", sender, why, refused, Words("its mails come through again", "恢复接收"))

    def _act(self, verb: Verb, one: int | str, why: str, refused: Words | None, done: Words | None) -> None:
        """Rule, unless something speaks against it; `done` of None is told when it has been decided."""
        if refused is not None:
            self._row(verb, one, False, refused)
            return
        number, sender = (one, "") if isinstance(one, int) else (0, one)
        self.rulings.append(Ruling(verb, number, sender, self.admin.key, why))
        self._row(verb, one, None if done is None else True, done or Words("", ""))

    def _row(self, verb: Verb, one: int | str, done: bool | None, why: Words) -> None:
        self.rows.append(CommandRow(len(self.rows) + 1, 0, verb, f"{verb} {one}", done, why.for_(self.language)))


def _letter(event: MailArrived, admin: Address, policy: Policy, subject: Words) -> Mail:
    """One letter back to an admin, in the thread of their own mail; it belongs to no ticket."""
    language = policy.admin_languages.get(admin.key, "en")
    message = event.message
    return Mail(
        template=ANSWER,
        to=admin,
        audience="admin",
        language=language,
        reply="internal",
        answers=message.message_id,
        references=tuple(reversed(message.answered[:9])),
        subject=f"Re: [maild] {subject.for_(language)}",
        desk=True,
    )


def _listed(message: Message, policy: Policy) -> Address | None:
    """The listed admin in whose name a mail comes, if it is one's."""
    writer = (message.sender.identity or "").lower()
    return next((admin for admin in policy.admins if admin.key == writer), None)


def _number(press: Press) -> int:
    """The mail of the ledger that a button of ours names; 0: none."""
    return int(press.argument) if press.verb in VERBS and press.argument.isdecimal() else 0


def _verb(word: str) -> Verb:
    for verb in get_args(Verb):
        if verb == word:
            return verb  # type: ignore[no-any-return]  # get_args knows no types
    raise ValueError(f"{word!r} is no word of an admin's")
