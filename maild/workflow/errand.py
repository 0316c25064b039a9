"""What one mail asks of the desk itself: an Outcome in the making that belongs to no ticket.

A question ("#mine"), or an order that names tickets ("#resolve IT-3 IT-7 …"). It stands beside a Draft when the mail is
on a ticket, and alone when it is on none.
"""

import re
from dataclasses import replace
from datetime import datetime

from maild.model import (
    Absence,
    Address,
    Agent,
    AnswerPart,
    CommandRow,
    Facts,
    Follow,
    Mail,
    MailArrived,
    Outcome,
    Policy,
    Ticket,
    Words,
)
from maild.workflow.commands.grammar import only_signed
from maild.workflow.commands.spread import Job

# What an order to another ticket is called among the events that follow from a decision.
ORDER = "order"
# The letter that answers questions, and what it is called where a question has no name of its own.
ANSWER = "agent/answer"
_ANSWERED = Words("your question", "查询结果")
# The subject of what tells an agent how their commands went.
TRANSCRIPT = Words("your commands", "命令执行结果")
# A command or a question in Chinese.
_IN_CHINESE = re.compile(r"[#＃][\u4e00-\u9fff]")


class Errand:
    """What else is to be done about one mail. `writer` is who wrote it, `agent` their row if they are listed, `ticket`
    the one that their mail is on, if any."""

    def __init__(
        self, event: MailArrived, facts: Facts, now: datetime, policy: Policy, ticket: Ticket | None = None
    ) -> None:
        self.event, self.facts, self.now, self.policy, self.ticket = event, facts, now, policy, ticket
        self.agent: Agent | None = policy.agent(event.message.from_.address)
        self.writer: Address = event.message.from_
        if self.agent is not None:
            self.writer = Address(self.agent.address, self.agent.name)
        self.mails: list[Mail] = []
        self.follow: list[Follow] = []
        self.rows: list[CommandRow] = []
        # The command mail that is taken back; 0: none.
        self.undoes = 0
        self.away: list[Absence] = []
        self.parts: list[AnswerPart] = []
        # Words that stood below a question and went to nobody.
        self.unsent = ""

    @property
    def asking(self) -> Agent:
        """The agent who asks; requesters have none of what asks for it."""
        if self.agent is None:
            raise ValueError(f"{self.writer.key} is no agent, and asked what only agents may")
        return self.agent

    @property
    def language(self) -> str:
        """The language in which its writer is answered."""
        if self.agent is not None:
            return self.agent.language
        languages = self.policy.desk.languages
        # Who asks in Chinese ("#进度") reads Chinese, whatever they have reported in.
        message = self.event.message
        if "zh-CN" in languages and _IN_CHINESE.search(f"{message.subject}\n{message.new_text}"):
            return "zh-CN"
        if self.ticket is not None:
            return self.ticket.language
        for wanted in (self.facts.language, "zh-CN" if self.event.message.language.startswith("zh") else "en"):
            if wanted in languages:
                return wanted
        return languages[0]

    def answer(self, letter: str, subject: Words, **values: object) -> None:
        """One letter back to whoever asked, in the thread of their own mail; it belongs to no ticket."""
        message = self.event.message
        self.mails.append(
            Mail(
                template=letter,
                to=self.writer,
                audience="agent" if self.agent is not None else "requester",
                language=self.language,
                reply="internal",
                answers=message.message_id,
                references=tuple(reversed(message.answered[:9])),
                values=values,
                subject=f"Re: {subject.for_(self.language)}",
                desk=True,
            )
        )

    def say(self, headline: Words, *lines: Words) -> None:
        """A part of the answer that is no list."""
        self.parts.append(AnswerPart(headline, lines))

    def transcript(self, lines: tuple[tuple[str, bool, str], ...], text: str = "") -> None:
        """What was and was not done, and why."""
        self.answer("agent/transcript", TRANSCRIPT, lines=lines, text=text)

    def order(self, jobs: tuple[Job, ...], text: str) -> None:
        """Have each ticket's commands decided on by themselves; the last one decided tells of all."""
        if self.agent is None:
            raise ValueError("only agents order something done")
        for job in jobs:
            lines = [f"#{each.verb} {each.argument}".rstrip() for each in job.commands]
            for each in job.commands:
                self.rows.append(CommandRow(len(self.rows) + 1, job.ticket, each.verb, each.line))
            self.follow.append(
                Follow(
                    job.ticket,
                    ORDER,
                    {
                        "inbound": self.event.inbound,
                        "by": self.agent.address,
                        "answers": self.event.message.message_id,
                        "body": "\n".join([*lines, text]).rstrip(),
                        # An #undo on another ticket takes back this very mail.
                        "undo": self.undoes,
                    },
                )
            )

    def done(self, ticket: int, verb: str, line: str) -> None:
        """Note a line that was carried out."""
        self.rows.append(CommandRow(len(self.rows) + 1, ticket, verb, line, done=True))

    def finish(self, outcome: Outcome) -> Outcome:
        """The outcome of the mail with what this adds to it; what was asked is answered in one letter."""
        unsent = "" if only_signed(self.unsent) else self.unsent
        if self.parts or (unsent and self.mails):
            letter = ANSWER if self.agent is not None else "requester/answer"
            self.answer(letter, _ANSWERED, parts=tuple(self.parts), text=unsent)
        return replace(
            outcome,
            mails=(*outcome.mails, *self.mails),
            follow=(*outcome.follow, *self.follow),
            away=(*outcome.away, *self.away),
            commands=(*outcome.commands, *self.rows),
            commands_of=self.event.inbound,
            commands_by=self.writer.key,
        )
