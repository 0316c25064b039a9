"""What mail programs put around an answer, by client, language and layout: the new text is known by construction.

Each test goes through every layout of one form and names those that came out wrong.
"""

import html
import textwrap
from collections.abc import Iterator

import pytest

from maild.ingest.html import html_text
from maild.ingest.phrases import phrases
from maild.ingest.quotes import new_text
from tests.unit.client_attributions import ADDRESS, ATTRIBUTIONS, NAME, filled
from tests.unit.client_blocks import DATES, FOOTERS, FORWARD_LINES, LABELS, SEPARATORS

ANSWER = ["Hello, it works again / 可以了", "", "Room 312, ext. 8123", "", "Regards,", "Li Lei"]
ASKED = ["please restart it", "", "and tell us the room / 请告知房间"]
ATTRIBUTION_FORMS = [(language, filled(form)) for language, forms in ATTRIBUTIONS.items() for form in forms]
WROTE = ["On Sun, 4 Jan 2026 at 08:00, Li Lei <lei@corp.example> wrote:", ""]


def words(lines: list[str]) -> list[str]:
    return " ".join(lines).split()


def cut(lines: list[str]) -> list[str]:
    return words(new_text("\n".join(lines).split("\n")).text.split("\n"))


def cut_html(source: str) -> list[str]:
    rendered = html_text(source)
    return words(new_text(rendered.lines, rendered.marks).text.split("\n"))


def quoted(lines: list[str]) -> list[str]:
    return [f"> {line}" if line else ">" for line in lines]


def paragraphs(lines: list[str]) -> str:
    return "".join(f"<div>{html.escape(line) or '<br>'}</div>" for line in lines)


def wrapped(line: str, width: int) -> list[str]:
    return [part for piece in line.split("\n") for part in textwrap.wrap(piece, width, break_long_words=False)]


def attributions(line: str) -> Iterator[tuple[str, list[str], list[str]]]:
    """(layout, the mail's lines, the new text's) for an attribution line."""
    first = line.split("\n")
    yield "quote below", [*ANSWER, "", *first, *quoted(ASKED)], ANSWER
    yield "quote below an empty line", [*ANSWER, "", *first, "", *quoted(ASKED), ""], ANSWER
    yield "no marks", [*ANSWER, "", *first, "", *ASKED], ANSWER
    yield "no marks, no empty lines", [*ANSWER, *first, *ASKED], ANSWER
    yield "wrapped at 76", [*ANSWER, "", *wrapped(line, 76), *quoted(ASKED)], ANSWER
    yield "wrapped at 60", [*ANSWER, "", *wrapped(line, 60), "", *ASKED], ANSWER
    yield "answer below", [*first, *quoted(ASKED), "", *ANSWER], ANSWER
    inline = [*first, "> restart it?", "Did so.", "", "> which room?", ">", "312"]
    yield "answers between", inline, ["Did so.", "312"]
    yield "signature before", [*ANSWER, "", "-- ", "Li Lei, Finance", "", *first, *quoted(ASKED)], ANSWER
    yield "phone footer before", [*ANSWER, "", "Sent from my iPhone", "", *first, *quoted(ASKED)], ANSWER
    nested = [*ASKED, "", *WROTE, *quoted(ANSWER)]
    yield "older history inside", [*ANSWER, "", *first, *quoted(nested)], ANSWER
    yield "older history inside, no marks", [*ANSWER, "", *first, "", *nested], ANSWER
    yield "quoted itself", [*ANSWER, "", *[f"> {part}" for part in first], ">", *quoted(quoted(ASKED))], ANSWER
    yield "blanks at the end", [*ANSWER, "", *[f"{part}   " for part in first], *quoted(ASKED)], ANSWER
    yield "indented", [*ANSWER, "", *[f"  {part}" for part in first], *quoted(ASKED)], ANSWER
    yield "no-break blanks", [*ANSWER, "", *[part.replace(" ", "\u00a0") for part in first], *quoted(ASKED)], ANSWER
    yield "bidi and zero width", [*ANSWER, "", *[f"\u200b\u202a{part}\u202c\u200e" for part in first], *ASKED], ANSWER
    yield "Apple's mark below", [*ANSWER, "", *first, "\ufeff", *quoted(ASKED)], ANSWER
    yield "bold", [*ANSWER, "", *[f"*{part.strip()}*" for part in first], *quoted(ASKED)], ANSWER


@pytest.mark.parametrize(("language", "line"), ATTRIBUTION_FORMS)
def test_an_attribution_line_is_cut_in_every_layout(language: str, line: str) -> None:
    failed = {name: cut(lines) for name, lines, kept in attributions(line) if cut(lines) != words(kept)}
    assert not failed, (language, line, failed)


@pytest.mark.parametrize(("language", "line"), ATTRIBUTION_FORMS)
def test_an_attribution_line_in_html_is_cut_with_or_without_the_clients_own_classes(language: str, line: str) -> None:
    above, said, below = paragraphs(ANSWER), html.escape(line).replace("\n", "<br>"), paragraphs(ASKED)
    sources = {
        "gmail": f'{above}<br><div class="gmail_quote gmail_quote_container"><div class="gmail_attr">{said}<br>'
        f'</div><blockquote class="gmail_quote" style="margin:0">{below}</blockquote></div>',
        "blockquote": f"{above}<p>{said}</p><blockquote>{below}</blockquote>",
        "cite": f'{above}<div><br><blockquote type="cite"><div>{said}</div><br>{below}</blockquote></div>',
        "thunderbird": f'{above}<div class="moz-cite-prefix">{said}<br></div>'
        f'<blockquote type="cite">{below}</blockquote>',
        "yahoo": f'{above}<div id="yahoo_quoted_1" class="yahoo_quoted"><div>{said}</div><div>{below}</div></div>',
        "proton": f'{above}<div class="protonmail_quote">{said}<br><blockquote type="cite">{below}</blockquote></div>',
        "spark": f'{above}<div name="messageReplySection">{said}<br><blockquote>{below}</blockquote></div>',
        "netease": f'{above}<div class="ntes-mailmaster-quote"><div>{said}</div><blockquote>{below}</blockquote></div>',
        "outlook copy": f'{above}<div class="x_gmail_quote"><div class="x_gmail_attr">{said}</div>{below}</div>',
        "zimbra": f'{above}<hr id="zwchr"><div>{said}</div><div>{below}</div>',
        "no classes": f"{above}<div><br></div><div>{said}</div><div><br></div>{below}",
        "answer below": f"<p>{said}</p><blockquote>{below}</blockquote>{above}",
    }
    failed = {name: cut_html(source) for name, source in sources.items() if cut_html(source) != words(ANSWER)}
    assert not failed, (language, line, failed)


def blocks(labels: tuple[str, ...], number: int) -> Iterator[tuple[str, list[str]]]:
    """(layout, lines) of header blocks with these labels."""
    author, sent, to, subject = labels
    date = DATES[number % len(DATES)]
    rows = [
        (author, f"{NAME} <{ADDRESS}>"),
        (sent, date),
        (to, "Li Lei <lei@corp.example>"),
        (subject, "Printer 打印机"),
    ]
    plain = [f"{label}: {value}" for label, value in rows]
    yield "plain", plain
    yield "tight", [f"{label}:{value}" for label, value in rows]
    yield "blank before the colon", [f"{label} : {value}" for label, value in rows]
    yield "no-break blank before the colon", [f"{label}\u00a0: {value}" for label, value in rows]
    yield "wide colon", [f"{label}：{value}" for label, value in rows]
    yield "tabs", [f"{label}:\t{value}" for label, value in rows]
    yield "starred", [f"*{label}:* {value}" for label, value in rows]
    yield "starred words", [f"*{label}*: {value}" for label, value in rows]
    yield "other order", [plain[3], plain[0], plain[2], plain[1]]
    yield "date second", [plain[0], plain[2], plain[1], plain[3]]
    yield "no subject", plain[:3]
    yield "no addresses", [f"{author}: {NAME}", plain[1], f"{to}: Li Lei", plain[3]]
    yield "mailto", [f"{author}: {NAME} [mailto:{ADDRESS}]", *plain[1:]]
    yield (
        "wrapped recipients",
        [*plain[:2], plain[2] + ";", " Han Meimei <han@corp.example>;", " Wei <wei@x.example>", plain[3]],
    )
    yield "copies and attachments", [*plain[:3], "Cc: Han <han@corp.example>", plain[3], "Attachments: a.pdf"]
    yield "empty lines between", [part for line in plain for part in (line, "")][:-1]
    yield "blanks around", [f" {line}  " for line in plain]
    yield "bidi and zero width", [f"\u200b\u202a{line}\u202c" for line in plain]


@pytest.mark.parametrize("language", LABELS)
def test_a_header_block_and_everything_below_it_is_cut(language: str) -> None:
    failed = {}
    first = sum(map(ord, language))
    for number in (first, first + 3):
        for name, block in blocks(LABELS[language], number):
            for above in ([""], ["", "_" * 32, ""], ["", "-----Original Message-----"], ["", "-" * 60], []):
                mail = [*ANSWER, *above, *block, "", *ASKED, "", *WROTE, *quoted(ANSWER)]
                if cut(mail) != words(ANSWER):
                    failed[name, number, tuple(above)] = cut(mail)
    assert not failed, (len(failed), failed)


@pytest.mark.parametrize("language", LABELS)
def test_a_header_block_in_html_is_cut_however_it_is_built(language: str) -> None:
    author, sent, to, subject = LABELS[language]
    rows = [(author, f"{NAME} <{ADDRESS}>"), (sent, DATES[0]), (to, "Li Lei <lei@corp.example>"), (subject, "Printer")]
    bold = [f"<b>{label}:</b> {html.escape(value)}" for label, value in rows]
    above, below, lines = paragraphs(ANSWER), paragraphs(ASKED), "<br>".join(bold)
    cells = "".join(f"<tr><td>{label}:</td><td>{html.escape(value)}</td></tr>" for label, value in rows)
    spans = "".join(f"<p class=MsoNormal><span>{line}</span></p>" for line in bold)
    sources = {
        "outlook": f'{above}<div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm">'
        f"<p class=MsoNormal>{lines}</p></div></div>{below}",
        "outlook web": f'{above}<div id="appendonsend"></div><hr style="width:98%">'
        f'<div id="divRplyFwdMsg">{lines}</div>{below}',
        "outlook mobile": f'{above}<div id="mail-editor-reference-message-container"><div>{lines}</div>{below}</div>',
        "foxmail": f'{above}<blockquote><div>&nbsp;</div><div style="border:none;border-top:solid #B5C4DF 1.0pt">'
        f"<div>{'</div><div>'.join(bold)}</div></div><div>{below}</div></blockquote>",
        "foxmail without a quote": f'{above}<div style="border:none;border-top:solid #B5C4DF 1.0pt">'
        f"<div>{'</div><div>'.join(bold)}</div></div><div>{below}</div>",
        "no classes": f"{above}<br>{lines}<br><br>{below}",
        "table": f"{above}<hr><table>{cells}</table>{below}",
        "paragraphs": f"{above}<hr>{spans}{below}",
        "qq": f'{above}<div><br></div><div style="font-size:12px;padding:2px 0;">------------------&nbsp;原始邮件&nbsp;'
        f'------------------</div><div style="background:#efefef;"><div>{"</div><div>".join(bold)}</div></div>{below}',
    }
    failed = {name: cut_html(source) for name, source in sources.items() if cut_html(source) != words(ANSWER)}
    assert not failed, failed


@pytest.mark.parametrize("line", [html.unescape(line) for line in SEPARATORS])
def test_a_separator_line_cuts_also_without_a_header_block(line: str) -> None:
    for shape in (line, f" {line} ", f"*{line}*", line.upper(), line.replace(" ", "\u00a0"), f"\u200b{line}\u200e"):
        assert cut([*ANSWER, "", shape, "", *ASKED]) == words(ANSWER), shape
    assert cut([*ANSWER, "", line, f"From: {NAME} <{ADDRESS}>", "Subject: x", *ASKED]) == words(ANSWER)


@pytest.mark.parametrize("line", FORWARD_LINES)
def test_the_comment_above_a_forward_line_is_the_new_text(line: str) -> None:
    for shape in (line, f"{line} ", line.replace(" ", "\u00a0"), f"*{line}*"):
        found = new_text([*ANSWER, "", shape, f"From: {NAME} <{ADDRESS}>", "Subject: x", "", *ASKED])
        assert words([found.text]) == words(ANSWER), shape
        assert found.forward_at is not None, shape


@pytest.mark.parametrize("line", FOOTERS)
def test_a_phones_footer_goes_and_all_below_it(line: str) -> None:
    for shape in (line, f"{line} ", f"{line}.", f"*{line}*", f"<{line}>", f"[{line}]", f"{line} <https://x.example/y>"):
        assert cut([*ANSWER, "", shape]) == words(ANSWER), shape
        assert cut([*ANSWER, "", shape, "", "Corp Ltd"]) == words(ANSWER), shape


NOTICES = phrases(
    "This e-mail and any attachments are confidential.|CONFIDENTIALITY NOTICE: for the addressee only.|"
    "*Disclaimer* This message is for its reader.|Diese E-Mail enthält vertrauliche Informationen.|"
    "Ce message et toutes les pièces jointes sont confidentiels.|Este mensaje y sus anexos son confidenciales.|"
    "Questo messaggio è confidenziale.|Данное сообщение конфиденциально.|本邮件及其附件含有保密信息。|"
    "免责声明：仅供收件人使用。|このメールは機密情報を含みます。|이 메일은 기밀입니다."
)


@pytest.mark.parametrize("line", NOTICES)
def test_a_disclaimer_below_the_history_goes_and_one_in_the_text_stays(line: str) -> None:
    below = [*WROTE[:1], *quoted(ASKED), "", line, "If it is not for you, delete it."]
    assert cut([*ANSWER, "", *below]) == words(ANSWER)
    assert cut([*WROTE[:1], *quoted(ASKED), "", *ANSWER, "", line, "Delete it."]) == words(ANSWER)
    assert cut([line, *ANSWER]) == words([line, *ANSWER])


@pytest.mark.parametrize(
    "line",
    [
        "This email has been checked for viruses by Avast antivirus software.",
        "Virus-free. www.avast.com",
        "Diese E-Mail wurde von Avast Antivirus-Software auf Viren geprüft.",
    ],
)
def test_a_scanners_line_goes_with_or_without_a_history(line: str) -> None:
    assert cut([*ANSWER, "", line, "https://www.avast.example/antivirus"]) == words(ANSWER)
    assert cut([*ANSWER, "", *WROTE[:1], *quoted(ASKED), "", line]) == words(ANSWER)
