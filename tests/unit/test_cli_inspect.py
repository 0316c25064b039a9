"""What `maild inspect` reports of a mail, and how one bad mail leaves the others alone."""

import json
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from maild.cli.inspect_read import Looked, look
from maild.cli.inspect_report import quarantined, report
from maild.ingest.prescan import prescan
from maild.ingest.read import read
from maild.ingest.worker import ParseCrash, ParseOverrun, Worker
from maild.model import Message
from tests.policies import default_policy

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
POLICY = default_policy()
KEYS = (
    "file error ms from to cc subject date message_id language text new_text signature attachments forwarded screening"
    " bounce trust thread fields category urgency impact importance priority reasons missing outcome would_send"
).split()


def mail(
    subject: str = "打印机坏了",
    body: str = "三楼的打印机坏了。\n部门：财务部",
    sender: str = "li.lei@corp.example",
    more: str = "",
) -> bytes:
    return (
        f"From: Li Lei <{sender}>\nTo: it@corp.example\nSubject: {subject}\nDate: Mon, 02 Mar 2026 09:00:00 +0800\n"
        f"Message-ID: <1@corp.example>\n{more}Content-Type: text/plain; charset=utf-8\n\n{body}\n"
    ).encode()


def looked(raw: bytes) -> Looked:
    return Looked(file="a.eml", scan=prescan(raw), message=read(raw), ms=1.0)


def test_all_keys_are_there_in_their_order_for_every_kind_of_file() -> None:
    good = looked(mail())
    for each in (
        report(good, POLICY, NOW),
        report(looked(mail(more="Auto-Submitted: auto-replied\n")), POLICY, NOW),
        report(Looked(file="a.eml", error="cannot be opened: no"), POLICY, NOW),
        quarantined(good, "deciding failed"),
    ):
        assert list(each) == KEYS
        assert json.loads(json.dumps(each)) == each


def test_a_report_becomes_a_ticket_with_acknowledgement_and_notice() -> None:
    found = report(looked(mail()), POLICY, NOW)
    assert found["screening"]["verdict"] == "person"
    assert (found["category"], found["priority"]) == ("hardware", "P3")
    assert found["fields"]["department"] == {"value": "财务部", "source": "label"}
    assert "phone" in found["missing"] and "department" not in found["missing"]
    sent = {each["template"]: each for each in found["would_send"]}
    assert sent["requester/acknowledged"] == {
        "to": "li.lei@corp.example", "template": "requester/acknowledged", "subject": "Re: [IT-?] 打印机坏了",
    }  # fmt: skip
    assert "agent/new_ticket" in sent
    assert found["outcome"].startswith("ticketed: new ticket: hardware, P3")


def test_an_automatic_answer_is_classified_and_gets_no_mail() -> None:
    found = report(looked(mail(more="Auto-Submitted: auto-replied\n")), POLICY, NOW)
    assert found["screening"]["verdict"] == "auto_reply"
    assert found["category"] == "hardware" and found["priority"] == "P3"
    assert found["would_send"] == []
    assert found["outcome"].startswith("ignored: auto_reply")


def test_a_tag_is_reported_as_a_claim_and_joins_nothing() -> None:
    found = report(looked(mail("回复：【IT-１２】 打印机坏了")), POLICY, NOW)
    assert found["thread"] == {"ticket": "IT-12", "by": "tag"}
    assert "if IT-12 exists and the writer may write on it" in found["outcome"]


def test_words_of_a_stranger_raise_no_alarm_and_the_reasons_say_so() -> None:
    urgent = mail("ERP down", "urgent: the whole company cannot work", "eve@far.example")
    found = report(looked(urgent), POLICY, NOW)
    assert found["trust"]["verdict"] == "stranger"
    assert found["priority"] == "P3"
    assert found["reasons"][-1].startswith("P3:")
    assert [each["template"] for each in found["would_send"] if each["to"] == "eve@far.example"] == [
        "stranger/received"
    ]


def test_a_listed_agent_without_evidence_is_nobody_special() -> None:
    found = report(looked(mail("[IT-3] Re: x", "#close", "wang.wei@corp.example")), POLICY, NOW)
    assert found["trust"]["verdict"] == "none"


def test_the_mode_of_the_desk_is_told_where_it_holds_mail_back() -> None:
    found = report(looked(mail()), replace(POLICY, mode="observe"), NOW)
    assert found["outcome"].endswith("mode observe: nothing leaves")
    assert found["would_send"]


class Stalls(Worker):
    """A parser that stalls on one mail, dies of another, and reads the rest."""

    def submit(self, raw: bytes, timeout_s: float | None = None) -> "Future[Message]":
        made: Future[Message] = Future()
        if b"stall" in raw:
            made.set_exception(ParseOverrun(f"no result within {timeout_s:g} s"))
        elif b"die" in raw:
            made.set_exception(ParseCrash("the parsing process ended with -11"))
        else:
            made.set_result(read(raw))
        return made


def test_a_stalled_or_crashed_parser_costs_its_own_mail_only(tmp_path: Path) -> None:
    files = []
    for name in ("first", "stall", "missing", "die", "last"):
        files.append(str(tmp_path / f"{name}.eml"))
        if name != "missing":
            (tmp_path / f"{name}.eml").write_bytes(mail(name, f"{name} 打印机"))
    with Stalls() as worker:
        found = [report(each, POLICY, NOW) for each in look(files, worker, 1_000_000)]
    assert [each["file"] for each in found] == files
    assert [each["screening"]["verdict"] for each in found] == [
        "person",
        "quarantine",
        "quarantine",
        "quarantine",
        "person",
    ]
    stalled, missing, died = found[1:4]
    assert stalled["error"] is None
    assert stalled["screening"]["reason"] == "no result within 2 s"
    assert stalled["from"] == {"name": "Li Lei", "address": "li.lei@corp.example"}
    assert (stalled["subject"], stalled["message_id"]) == ("stall", "<1@corp.example>")
    assert stalled["date"] == "2026-03-02T09:00:00+08:00"
    assert "stall 打印机" in stalled["text"]
    assert missing["error"] == "cannot be opened: No such file or directory"
    assert died["screening"]["reason"] == "the parsing process ended with -11"


@pytest.mark.parametrize("size", [3_000, 3_000_000])
def test_a_mail_over_the_limit_is_looked_at_and_not_parsed(tmp_path: Path, size: int) -> None:
    big = tmp_path / "big.eml"
    raw = mail(body="x" * size)
    big.write_bytes(raw)
    with Stalls() as worker:
        (found,) = look([str(big)], worker, 2_000)
    assert found.message is None
    assert found.quarantine == f"{len(raw)} bytes: too large to be read"
    assert found.scan is not None and found.scan.subject == "打印机坏了"
    assert len(found.scan.text) <= 64 * 1024
