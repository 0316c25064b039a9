"""RFC 3464 reports in their broken forms, and people's own mails that show or tell of a report."""

from email.header import Header

import pytest

from maild.ingest.read import read

GONE, TWO = "gone@far.example", "two@far.example"
GROUPS: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "one of two reached": (
        "Final-Recipient: rfc822; ok@far.example\nAction: delivered\nStatus: 2.0.0\n\n"
        f"Final-Recipient: rfc822;{GONE}\nAction: failed\nStatus: 5.1.1",
        [(GONE, "5.1.1")],
    ),
    "two failed": (
        f"Final-Recipient: rfc822; {GONE}\nAction: failed\nStatus: 5.1.1\n\n"
        f"Final-Recipient: rfc822; {TWO}\nAction: failed\nStatus: 5.2.2",
        [(GONE, "5.1.1"), (TWO, "5.2.2")],
    ),
    "the failed one goes first": (
        f"Final-Recipient: rfc822; {TWO}\nAction: delayed\nStatus: 4.4.7\n\n"
        f"Final-Recipient: rfc822; {GONE}\nAction: failed\nStatus: 5.1.1",
        [(GONE, "5.1.1"), (TWO, "4.4.7")],
    ),
    "capitals, brackets and a comment": (
        f"Final-Recipient: RFC822; <{GONE}>\nAction: FAILED\nStatus: 5.1.1 (bad address)",
        [(GONE, "5.1.1")],
    ),
    "no address type": (f"Final-Recipient: {GONE}\nAction: failed\nStatus: 5.1.1", [(GONE, "5.1.1")]),
    "original recipient only": (f"Original-Recipient: rfc822;{GONE}\nAction: failed\nStatus: 5.1.1", [(GONE, "5.1.1")]),
    "utf-8 address": (f"Final-Recipient: utf-8; {GONE}\nAction: failed\nStatus: 5.1.1", [(GONE, "5.1.1")]),
    "a final recipient that is none": (
        f"Original-Recipient: rfc822;{GONE}\nFinal-Recipient: local; gone\nAction: failed\nStatus: 5.1.1",
        [(GONE, "5.1.1")],
    ),
    "X.400": (
        f"Final-Recipient: x400; /S=gone/\nOriginal-Recipient: rfc822; {GONE}\nAction: failed\nStatus: 5.1.1",
        [(GONE, "5.1.1")],
    ),
    "status in the diagnostic code": (
        f"Final-Recipient: rfc822; {GONE}\nAction: failed\nStatus: \nDiagnostic-Code: smtp; 550 5.7.1 no",
        [(GONE, "5.7.1")],
    ),
    "no status": (
        f"Final-Recipient: rfc822; {GONE}\nAction: failed\nDiagnostic-Code: smtp; 550 no such user",
        [(GONE, "5.0.0")],
    ),
    "no action": (f"Final-Recipient: rfc822; {GONE}\nStatus: 5.1.1", [(GONE, "5.1.1")]),
    "folded": (f"Final-Recipient: rfc822;\n {GONE}\nAction:\n failed\nStatus:\n 5.1.1", [(GONE, "5.1.1")]),
    "no empty line between groups": (
        f"Final-Recipient: rfc822; {GONE}\nAction: failed\nStatus: 5.1.1\n"
        f"Final-Recipient: rfc822; {TWO}\nAction: failed\nStatus: 5.1.1",
        [(GONE, "5.1.1"), (TWO, "5.1.1")],
    ),
    "said twice": (
        "\n\n".join([f"Final-Recipient: rfc822; {GONE}\nAction: failed\nStatus: 5.1.1"] * 2),
        [(GONE, "5.1.1")],
    ),
    "xtext": (
        "Original-Recipient: rfc822;gone+40far.example\nFinal-Recipient: rfc822; gone+40far.example\n"
        "Action: failed\nStatus: 5.1.1",
        [(GONE, "5.1.1")],
    ),
}
KINDS = ("multipart/report; report-type=delivery-status", "multipart/report", "multipart/mixed", "Multipart/Report")


def report(groups: str, kind: str = KINDS[0]) -> str:
    return (
        "From: Mail Delivery System <MAILER-DAEMON@mx.example>\nTo: it@corp.example\n"
        f"Subject: Undelivered Mail Returned to Sender\nContent-Type: {kind}; boundary=b\n\n--b\n\nSee below.\n\n"
        f"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n{groups}\n\n"
        f"--b\nContent-Type: text/rfc822-headers\n\nFrom: it@corp.example\nTo: {GONE}, {TWO}\n"
        "Message-ID: <it-12@corp.example>\n\n--b--\n"
    )


@pytest.mark.parametrize("name", GROUPS)
def test_the_fields_of_a_report_name_who_failed_in_all_their_forms(name: str) -> None:
    groups, expected = GROUPS[name]
    for kind in KINDS:
        found = read(report(groups, kind).encode()).bounce
        assert found is not None, kind
        assert [(one.address, one.status) for one in found.recipients] == expected, kind
        assert found.message_id == "<it-12@corp.example>", kind


def test_a_filters_letter_round_a_report_gives_what_the_report_says() -> None:
    inner = report(GROUPS["two failed"][0])
    raw = (
        "From: Mail Delivery Subsystem <MAILER-DAEMON@filter.example>\nTo: it@corp.example\n"
        "Subject: Returned mail: User unknown\nContent-Type: multipart/mixed; boundary=o\n\n--o\n\n"
        "----- The following addresses had permanent delivery errors -----\n\n"
        f"--o\nContent-Type: message/rfc822\n\n{inner}\n--o--\n"
    )
    found = read(raw.encode()).bounce
    assert found is not None
    assert [(one.address, one.status) for one in found.recipients] == GROUPS["two failed"][1]


SHOWN = [
    "请帮忙看看这封退信\n\n---------- Forwarded message ---------\n"
    "From: Mail Delivery System <MAILER-DAEMON@mx.example>\nDate: Mon, 5 Jan 2026\n"
    "Subject: Undelivered Mail Returned to Sender\nTo: <li@corp.example>\n\n"
    "This is the mail system at host mx.example.\n\nI'm sorry to have to inform you that your message could not\n"
    "be delivered to one or more recipients.\n\n<gone@far.example>: host mx[192.0.2.1] said: 550 5.1.1 User unknown\n",
    "What is this?\n\n> <gone@far.example>: 550 5.1.1 User unknown, could not be delivered",
    "My mail to gone@far.example could not be delivered, it was rejected: 550 5.1.1 user unknown.",
    "我给 gone@far.example 发的邮件被退回，提示 550 5.1.1 收件人不存在，无法投递，请帮忙处理",
    "Meine Mail an gone@far.example konnte nicht zugestellt werden: 550 5.1.1, user unknown. Danke für Hilfe",
]
TITLES = [
    "Fwd: Undelivered Mail Returned to Sender",
    "Re: Undelivered Mail Returned to Sender",
    "Undelivered Mail Returned to Sender",
    "please look: mail returned to sender",
    "退信求助",
    "邮件被退回",
    "转发: 系统退信",
    "Mail unzustellbar",
]


@pytest.mark.parametrize("subject", TITLES)
def test_a_person_who_shows_a_report_or_tells_of_one_is_a_person(subject: str) -> None:
    head = f"From: Li Lei <li@corp.example>\nTo: it@corp.example\nSubject: {Header(subject, 'utf-8').encode()}\n"
    for text in SHOWN:
        message = read(f"{head}Content-Type: text/plain; charset=utf-8\n\n{text}\n".encode())
        assert message.bounce is None and message.automatic.verdict == "person", text
    attached = f"Content-Type: message/rfc822\n\n{report(GROUPS['two failed'][0])}"
    mixed = f"Content-Type: multipart/mixed; boundary=o\n\n--o\n\nWhat is this?\n\n--o\n{attached}\n--o--\n"
    assert read((head + mixed).encode()).bounce is None
