"""People who are away and people who only speak of it: automatic answers by language, and their look-alikes."""

from datetime import date
from email.header import Header
from pathlib import Path

import pytest

from maild.ingest.away_dates import return_date
from maild.ingest.read import read

ANSWERS = "In-Reply-To: <it-1@corp.example>\n"
# Our own words below an answer must not make it ours.
QUOTED = (
    "\nOn Mon, 5 Jan 2026 at 08:00, IT <it@corp.example> wrote:\n"
    "> This is an automatic reply. I am out of the office until 12 January. In urgent cases please contact Han.\n"
)


def sections(name: str) -> list[tuple[list[str], str]]:
    """(head fields, text) of each mail in a file of them."""
    pieces = Path(__file__).with_name(name).read_text("utf-8").split("=== ")[1:]
    return [(head.split(" | "), text) for head, _, text in (piece.partition("\n") for piece in pieces)]


def mail(subject: str, text: str, headers: str = "") -> bytes:
    title = Header(subject, "utf-8").encode()
    return (
        f"From: Han <han@far.example>\nTo: it@corp.example\nDate: Mon, 5 Jan 2026 09:00:00 +0800\n{headers}"
        f"Subject: {title}\nContent-Type: text/plain; charset=utf-8\n\n{text}"
    ).encode()


AWAY = [(head[0], head[1], head[2], text) for head, text in sections("away_notices.txt")]
PEOPLE = [(head[0], text) for head, text in sections("people_away.txt")]
CHALLENGES = [
    "To deliver your message, please confirm that you are a person: https://x.example/c/1",
    "I apologise for this automatic reply: to control spam, I now allow incoming messages from approved senders only.",
    "boxbe: han@far.example has not approved you yet. Your message is waiting in the guest list.",
    "您好，为防止垃圾邮件，请点击以下链接验证发件人身份。",
    "Ihre Anfrage ist bei uns eingegangen. Ticketnummer: 4711",
    "Your request (4711) has been received and is being reviewed by our support staff.",
    "A ticket has been created for your request. The ticket number is 4711.",
    "您的工单已受理，编号 4711，我们会尽快处理。",
    "您的问题已提交成功，工单编号：4711。",
    "お問い合わせを受け付けました。受付番号: 4711",
    "문의가 접수되었습니다. 접수번호 4711",
    "Votre demande a bien été enregistrée sous le numéro 4711.",
    "Hemos recibido su solicitud con el número 4711.",
    "Recebemos a sua solicitação, protocolo 4711.",
    "Abbiamo ricevuto la sua richiesta numero 4711.",
    "We hebben uw verzoek ontvangen, nummer 4711.",
    "Vi har mottagit ditt ärende, nummer 4711.",
    "Otrzymaliśmy Twoje zgłoszenie nr 4711.",
    "Ваша заявка принята, номер 4711.",
]


@pytest.mark.parametrize(("name", "subject", "until", "text"), AWAY)
def test_an_out_of_office_is_known_in_every_language_with_the_day_of_return(
    name: str, subject: str, until: str, text: str
) -> None:
    expected = ("out_of_office", date.fromisoformat(until) if until != "-" else None)
    for headers, title in (
        (ANSWERS, subject),
        (ANSWERS + "Auto-Submitted: auto-replied\n", subject),
        (ANSWERS + "X-Autoreply: yes\n", "Re: printer"),
    ):
        found = read(mail(title, text, headers)).automatic
        assert (found.verdict, found.until) == expected, (name, title, headers)


def test_notes_agent_is_known_by_its_subject_alone() -> None:
    found = read(mail("AUTO: Han Meimei is out of the office (returning 12.01.2026)", 'To: "Does it work?"')).automatic
    assert (found.verdict, found.until) == ("out_of_office", date(2026, 1, 12))


@pytest.mark.parametrize(("subject", "text"), PEOPLE)
def test_a_person_who_speaks_of_being_away_stays_a_person(subject: str, text: str) -> None:
    for title in (subject, f"Re: {subject}", f"回复：{subject}", f"[IT-12] {subject}"):
        for headers in ("", ANSWERS):
            for body in (text, f"Hello,\n\n{text}\nThanks\nLi Lei\n", text + QUOTED, f"你好，\n{text}\n谢谢\n李雷\n"):
                found = read(mail(title, body, headers)).automatic
                assert found.verdict == "person", (title, headers, found)


@pytest.mark.parametrize("text", CHALLENGES)
def test_a_machine_that_acknowledges_or_challenges_is_an_automatic_answer(text: str) -> None:
    for headers in ("Auto-Submitted: auto-generated\n", "X-OTRS-Loop: x@y.example\n", "Return-Path: <>\n"):
        found = read(mail("Re: printer", text, headers + ANSWERS)).automatic
        assert found.verdict == "auto_reply", (headers, found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("back 01/12/2026", date(2026, 1, 12)),
        ("de retour le 12/01/2026", date(2026, 1, 12)),
        ("until 02/03/2026", None),
        ("bis 12. 1. 2026", date(2026, 1, 12)),
        ("born 1970-01-01, call 2031-01-01", None),
        ("until 31 April 2026", None),
        ("2026. január 12-ig", date(2026, 1, 12)),
        ("12 Ιανουαρίου 2026", date(2026, 1, 12)),
        ("2026년 1월 12일까지", date(2026, 1, 12)),
        ("until 30 December", date(2026, 12, 30)),
        ("1月12日から1月19日まで", date(2026, 1, 19)),
    ],
)
def test_a_day_of_return_is_read_only_where_it_can_be_meant(text: str, expected: date | None) -> None:
    assert return_date(text, date(2026, 1, 5)) == expected


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("I am out of the office and back on Monday.", date(2026, 1, 12)),
        ("Out today, back in the office tomorrow.", date(2026, 1, 8)),
        ("I return to work next Tuesday.", date(2026, 1, 13)),
        ("I will be returning on Wednesday", date(2026, 1, 14)),
        ("我正在休假，周五上午回来上班。", date(2026, 1, 9)),
        ("出差中，下周一返岗。", date(2026, 1, 12)),
        ("本人外出，明天回来。", date(2026, 1, 8)),
        ("休假中，星期天才回公司。", date(2026, 1, 11)),
        # A weekday that says something else, and a date beside one.
        ("I am away. In urgent cases call Han on Monday.", None),
        ("每周一例会，请联系韩梅梅。", None),
        ("I am back on Monday, 19 January.", date(2026, 1, 19)),
    ],
)
def test_where_only_a_weekday_names_the_return_it_is_the_next_one(text: str, until: date | None) -> None:
    # A Wednesday.
    assert return_date(text, date(2026, 1, 7)) == until
