"""Text from mails on a terminal: shown, never obeyed."""

import pytest

from maild.cli.terminal import shown, text


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("plain", "plain"),
        ("三楼　打印机", "三楼　打印机"),
        ("a\tb\xa0c", "a b c"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x9b31m", "\\x9b31m"),
        ("line\nbreak\r", "line\\nbreak\\r"),
        ("up\u2028down", "up\\u2028down"),
        ("evil\u202egnp.exe", "evil\\u202egnp.exe"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("\x00", "\\x00"),
        ("\ud800", "\\ud800"),
    ],
)
def test_control_and_invisible_characters_are_shown_as_escapes(given: str, wanted: str) -> None:
    assert shown(given) == wanted


def test_markup_of_a_mail_stays_text() -> None:
    assert text("[bold red]now[/]").plain == "[bold red]now[/]"
    assert text("[bold red]now[/]").spans == []
