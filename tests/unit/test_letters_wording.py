"""What letters and helps say in words: true of what happened, and in the desk's own numbers."""

import re

import pytest
import typer

from maild.cli.app import app
from maild.data import data_dir
from maild.model import Address, Mail
from maild.outbound.compose import Composer, Ids
from maild.outbound.preview import bodies
from maild.outbound.sample_cases import cases, policy
from maild.tokens import Tokens

TOKENS = Tokens([b"0123456789abcdef0123456789abcdef"], "corp.example")
TAKEN = ("#take", True, "")
REFUSED = ("#priority P9", False, "no priority")
BESIDE = ("#take", False, "because of the other line")
REMARK = ("", False, "kept as an internal note")


def transcript(language: str, lines: tuple[tuple[str, bool, str], ...], text: str) -> str:
    case = next(each for each in cases(language) if each.mail.template == "agent/transcript")
    mail = Mail(
        template="agent/transcript",
        to=Address("wang.wei@corp.example", "Wang Wei"),
        audience="agent",
        language=language,
        reply="internal",
        values={"lines": lines, "text": text},
    )
    composed = Composer(policy(language), TOKENS).compose(
        mail, case.ticket, Ids("<a@corp.example>", "<b@corp.example>"), case.now
    )
    return bodies(composed.raw)[0]


@pytest.mark.parametrize(
    ("lines", "text", "english", "chinese"),
    [
        ((TAKEN,), "", "IT-1042: done", "IT-1042 命令已执行"),
        ((TAKEN, REMARK), "", "IT-1042: done", "IT-1042 命令已执行"),
        ((TAKEN, REFUSED), "", "IT-1042: some commands were not", "IT-1042 有命令没有执行"),
        ((BESIDE, REFUSED), "my words", "IT-1042: nothing was done", "IT-1042 没有执行"),
        ((REMARK,), "", "IT-1042: about your mail", "IT-1042 关于您的邮件"),
    ],
)
def test_a_transcript_s_first_line_says_what_happened(
    lines: tuple[tuple[str, bool, str], ...], text: str, english: str, chinese: str
) -> None:
    """A remark is no command that failed, and where nothing at all was done or sent, it says so."""
    for language, first, nothing in (
        ("en", english, "of it was sent to anybody"),
        ("zh-CN", chinese, "没有转发给任何人"),
    ):
        shown = transcript(language, lines, text)
        assert f"\n{first}" in shown
        assert (nothing in shown) == bool(text)
        assert not re.search(r"^[✗✓] ?[:：]", shown, re.MULTILINE)


def test_examples_in_letters_have_the_desk_s_own_prefix() -> None:
    templates = data_dir() / "templates"
    wrong = [str(path) for path in templates.rglob("*.*") if re.search(r"\bIT-\d", path.read_text("utf-8"))]
    assert not [path for path in wrong if not path.endswith("README.md")]


def test_no_help_has_words_in_brackets_that_a_terminal_takes_for_a_style() -> None:
    """The help is marked-up text: `[screening]` in it would be swallowed."""
    click = typer.main.get_command(app)
    helps = {"": click.help or ""}
    for name, command in getattr(click, "commands", {}).items():
        helps[name] = command.help or ""
        helps |= {f"{name} {sub}": each.help or "" for sub, each in getattr(command, "commands", {}).items()}
    assert len(helps) > 30
    assert not [name for name, text in helps.items() if re.search(r"(?<!\\)\[[a-z_ ]+\]", text)]
