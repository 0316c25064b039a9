"""The sender and subject of what was forwarded, by language and by the way in which programs write them down."""

import pytest

from maild.ingest.phrases import phrases
from maild.ingest.read import read
from maild.model.message import Forwarded
from tests.unit.client_attributions import ADDRESS, ATTRIBUTIONS, NAME, filled
from tests.unit.client_blocks import FORWARD_LINES, LABELS
from tests.unit.test_client_mails import blocks

PREFIXES = phrases(
    "Fwd: |FW: |转发：|转发: |轉寄: |WG: |TR : |TR: |RV: |ENC: |I: |VS: |VB: |Doorst: |PD: |Пересл: |転送: |전달: |"
    "Fw：|Vl: |İLT: |Továbbítás: "
)


def forwarded(body: str, subject: str = "Fwd: x", kind: str = "plain", headers: str = "") -> Forwarded | None:
    head = f"From: agent@corp.example\n{headers}Subject: {subject}\nContent-Type: text/{kind}; charset=utf-8\n\n"
    return read(f"{head}{body}\n".encode()).forwarded


@pytest.mark.parametrize("language", LABELS)
def test_the_block_below_a_forward_line_names_sender_and_subject(language: str) -> None:
    wrong = {}
    for name, block in blocks(LABELS[language], 1):
        text = "\n".join(
            ["请处理 / FYI", "", FORWARD_LINES[sum(map(ord, language)) % len(FORWARD_LINES)], *block, "", "help"]
        )
        found = forwarded(text)
        author = found and (found.from_.address, found.from_.name)
        expected = ("", NAME) if name == "no addresses" else (ADDRESS, NAME)
        subject = "" if name == "no subject" else "Printer 打印机"
        if found is None or author != expected or found.subject != subject:
            wrong[name] = found
    assert not wrong, wrong


@pytest.mark.parametrize("line", FORWARD_LINES)
def test_every_forward_line_is_known_whatever_the_subject(line: str) -> None:
    block = (
        f"From: {NAME} <{ADDRESS}>\nDate: Mon, 5 Jan 2026 09:00:00 +0800\nSubject: printer\nTo: agent@corp.example\n"
    )
    for text in (
        f"{line}\n{block}\nhelp",
        f"FYI\n\n{line}\n\n{block}\nhelp",
        f"> {line}\n> " + block.replace("\n", "\n> "),
    ):
        found = forwarded(text, "printer")
        assert found is not None and (found.from_.address, found.subject) == (ADDRESS, "printer"), text


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_forwarding_subject_makes_the_first_block_the_original(prefix: str) -> None:
    for language in ("en", "zh-CN", "de", "fr", "ja", "ru date"):
        block = dict(blocks(LABELS[language], 1))["plain"]
        found = forwarded("\n".join(["please look", "", *block, "", "help"]), prefix + "printer")
        assert found is not None and found.from_.address == ADDRESS, language


@pytest.mark.parametrize(
    "text",
    [
        f"---- 转发的邮件 ----\n| 发件人 | {NAME}<{ADDRESS}> |\n| 发送日期 | 2026年01月05日 09:00 |\n"
        "| 收件人 | a@x.example |\n| 主题 | printer |\n\nhelp",
        f"---- Forwarded Message ----\n| From | {NAME}<{ADDRESS}> |\n| Date | 01/05/2026 09:00 |\n"
        "| To | a@x.example |\n| Subject | printer |\n\nhelp",
        f'------ Forwarded Message ------\nFrom "{NAME}" <{ADDRESS}>\nTo "Li Lei" <a@x.example>\n'
        "Date 1/5/2026 9:00:00 AM\nSubject printer\n\nhelp",
        f'------ Weitergeleitete Nachricht ------\nVon "{NAME}" <{ADDRESS}>\nAn "Li Lei" <a@x.example>\n'
        "Datum 05.01.2026 09:00\nBetreff printer\n\nhelp",
        f"---------- Forwarded message ---------\n发件人： *{NAME}* <{ADDRESS}>\nDate: 2026年1月5日周一 09:00\n"
        "Subject: printer\nTo: <a@x.example>\n\nhelp",
        f"---------- Forwarded message ---------\nFrom: {NAME} via Help <{ADDRESS}>\nDate: x\n"
        "Subject: printer\nTo: a\n\nhelp",
    ],
)
def test_blocks_without_colons_and_in_tables_are_read_below_a_forward_line(text: str) -> None:
    found = forwarded(text)
    assert found is not None and (found.from_.address, found.subject) == (ADDRESS, "printer")
    assert found.from_.name.startswith(NAME)


def test_a_table_of_html_is_read_like_a_block() -> None:
    rows = (
        ("发件人", f"{NAME}&lt;{ADDRESS}&gt;"),
        ("日期", "2026年01月05日"),
        ("收件人", "a@x.example"),
        ("主题", "printer"),
    )
    cells = "".join(f"<tr><td>{label}</td><td>{value}</td></tr>" for label, value in rows)
    found = forwarded(
        f"<div>FYI</div><div>---- 转发的邮件 ----</div><table>{cells}</table><div>help</div>", kind="html"
    )
    assert found is not None and (found.from_.address, found.subject) == (ADDRESS, "printer")


@pytest.mark.parametrize("language", ["en", "zh-CN", "zh-TW", "de", "fr", "es", "it", "ja", "ko", "ru"])
def test_a_reply_is_no_forward_whatever_it_quotes(language: str) -> None:
    reply = "In-Reply-To: <it-1@corp.example>\n"
    for name, block in blocks(LABELS[language], 0):
        text = "\n".join(["it works again", "", *block, "", "please try"])
        assert forwarded(text, "Re: printer", headers=reply) is None, name
    for form in ATTRIBUTIONS[language]:
        older = "> ---------- Forwarded message ---------\n> From: X <x@y.example>\n> Date: a\n> To: b"
        text = f"it works again\n\n{filled(form)}\n{older}"
        assert forwarded(text, "Re: printer", headers=reply) is None, form
