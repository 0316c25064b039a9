"""Delivery reports of all kinds."""

import pytest

from maild.ingest.read import read
from maild.model.message import Bounce

DSN = """From: Mail Delivery System <MAILER-DAEMON@mx.example>
To: it@corp.example
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

I could not deliver your message.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}

--b
Content-Type: text/rfc822-headers

From: it@corp.example
To: gone@far.example
Message-ID: <it-12@corp.example>

--b--
"""
QMAIL = """From: MAILER-DAEMON@mx.example
To: it@corp.example
Subject: failure notice

Hi. This is the qmail-send program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.

<gone@far.example>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

Message-ID: <it-13@corp.example>
From: it@corp.example
To: gone@far.example
Subject: x
"""
QQ = """From: "QQMail" <PostMaster@qq.example>
To: it@corp.example
Subject: 系统退信
Content-Type: text/plain; charset=utf-8

很抱歉您发送的邮件被退回，以下是该邮件的相关信息：
收件人：gone@far.example
退信原因：收件人地址不存在，无法投递 550 5.1.1
"""


def bounce(raw: str) -> Bounce:
    found = read(raw.encode()).bounce
    assert found is not None
    return found


def test_a_report_names_recipient_status_and_the_mail_that_failed() -> None:
    found = bounce(DSN.format(recipient="gone@far.example", action="failed", status="5.1.1"))
    (one,) = found.recipients
    assert (one.address, one.action, one.status, one.permanent) == ("gone@far.example", "failed", "5.1.1", True)
    assert found.message_id == "<it-12@corp.example>"


def test_a_delay_is_a_bounce_that_is_not_permanent() -> None:
    (one,) = bounce(DSN.format(recipient="gone@far.example", action="delayed", status="4.4.1")).recipients
    assert (one.action, one.permanent) == ("delayed", False)


def test_a_success_report_is_no_bounce() -> None:
    message = read(DSN.format(recipient="a@far.example", action="delivered", status="2.0.0").encode())
    assert message.bounce is None
    assert message.automatic.verdict == "auto_generated"


def test_a_recipient_without_an_address_is_found_elsewhere() -> None:
    (one,) = bounce(DSN.format(recipient="system", action="failed", status="5.0.0")).recipients
    assert one.address == "gone@far.example"


@pytest.mark.parametrize("raw", [QMAIL, QQ])
def test_reports_without_parts_are_read_from_their_words(raw: str) -> None:
    (one,) = bounce(raw).recipients
    assert (one.address, one.status) == ("gone@far.example", "5.1.1")


def test_the_mail_that_failed_is_found_in_the_copy_below() -> None:
    assert bounce(QMAIL).message_id == "<it-13@corp.example>"


def test_a_person_who_writes_about_a_bounce_is_a_person() -> None:
    body = "我给客户发的邮件总是被退回，说 550 5.1.1，请帮我看看 a@b.example\n"
    raw = "From: Li <li@corp.example>\nSubject: 邮件退信\n\n" + body
    message = read(raw.encode())
    assert message.bounce is None
    assert message.automatic.verdict == "person"


def test_an_attached_report_does_not_make_a_bounce_of_a_persons_mail() -> None:
    inner = DSN.format(recipient="gone@far.example", action="failed", status="5.1.1")
    raw = (
        "From: Li <li@corp.example>\nSubject: look\nContent-Type: multipart/mixed; boundary=o\n\n--o\n\nWhat is this?\n"
        f"--o\nContent-Type: message/rfc822\n\n{inner}\n--o--\n"
    )
    assert read(raw.encode()).bounce is None
