"""All letters with sample data as files, for a support manager to look through: `maild templates preview`.

Each letter is composed as the daemon would and taken apart again, so what is looked at is what would be sent.
"""

import email
import email.policy
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from email.message import EmailMessage
from html import escape
from itertools import groupby
from pathlib import Path

from maild.model import Desk
from maild.outbound.compose import Composer, Ids, TemplateMistake
from maild.outbound.letters import LETTERS
from maild.outbound.sample_cases import Case, cases, policy
from maild.outbound.titles import title
from maild.tokens import Tokens

PAGE = "index.html"
# By this line a folder of ours is known again, so that a second look may replace the first.
_MARK = '<meta name="generator" content="maild templates preview">'
_DARK = "(prefers-color-scheme: dark)"
_IDS = Ids("<example@corp.example>", "<example.reference@corp.example>")
_LANGUAGES = {"en": "English", "zh-CN": "中文"}


class NotEmpty(ValueError):
    """The folder holds something else; the message says so."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One example of one letter in one language. `stem` is its path without an ending; `mistake` says why there is
    nothing to be seen, else it is empty."""

    letter: str
    case: str
    language: str
    stem: str
    subject: str = ""
    text: str = ""
    size: int = 0
    mistake: str = ""


def write(folder: Path, desk: Desk | None, tokens: Tokens, override: Path | None) -> list[Shot]:
    """Write every example in every language as .html, .txt and .eml, and an index.html to look through them.

    The names, telephone number and tag are those of `desk`, if one is given; everything else is made up, and the
    buttons write to nobody. Raises NotEmpty for a folder that holds anything but an earlier preview, OSError when it
    can't be written.
    """
    _claim(folder)
    shots: list[Shot] = []
    for language in Composer(policy("en"), tokens, override).languages():
        sample = policy(language)
        if desk is not None:
            shown = replace(sample.desk, name=desk.name, hotline=desk.hotline, prefix=desk.prefix)
            sample = replace(sample, desk=shown)
        composer = Composer(sample, tokens, override)
        shots += [_shot(case, language, folder, composer) for case in cases(language)]
    (folder / PAGE).write_text(_page(shots, composer.replaced(), composer.misplaced()), encoding="utf-8")
    return shots


def _claim(folder: Path) -> None:
    """Make the folder, or take away what an earlier preview wrote there."""
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / PAGE
    if not any(folder.iterdir()):
        return
    if not page.is_file() or _MARK not in page.read_text(encoding="utf-8", errors="replace"):
        raise NotEmpty(f"{folder} holds other files: name an empty folder, or one that is not there yet")
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in (".html", ".txt", ".eml"):
            path.unlink()


def _shot(case: Case, language: str, folder: Path, composer: Composer) -> Shot:
    letter = case.mail.template
    stem = f"{language}/{letter}" + "".join(f"-{word}" for word in re.findall(r"\w+", case.name.lower()))
    try:
        composed = composer.compose(case.mail, case.ticket, _IDS, case.now)
    except TemplateMistake as mistake:
        return Shot(letter, case.name, language, stem, mistake=str(mistake))
    text, html = bodies(composed.raw)
    (folder / stem).parent.mkdir(parents=True, exist_ok=True)
    for ending, content in (
        (".txt", text),
        (".html", html),
        # A frame shows one of the two looks whatever the reader's own screen is set to.
        (".light.html", html.replace(_DARK, "not all")),
        (".dark.html", html.replace(_DARK, "all").replace("<body", '<body bgcolor="#14181d"', 1)),
    ):
        (folder / f"{stem}{ending}").write_text(content, encoding="utf-8")
    (folder / f"{stem}.eml").write_bytes(composed.raw)
    return Shot(letter, case.name, language, stem, composed.subject, text, len(composed.raw))


def bodies(raw: bytes) -> tuple[str, str]:
    """Text and HTML of one of our mails, as a client decodes them."""
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    parts = [mail.get_body((kind,)) for kind in ("plain", "html")] if isinstance(mail, EmailMessage) else []
    text, html = (str(part.get_content()).replace("\r\n", "\n") if part is not None else "" for part in parts)
    return text, html


def _page(shots: Sequence[Shot], replaced: Sequence[str], misplaced: Sequence[str]) -> str:
    """The page to look through. It runs no script: what is chosen at its top is chosen by CSS alone."""
    languages = list(dict.fromkeys(shot.language for shot in shots))
    letters = {letter: list(some) for letter, some in groupby(sorted(shots, key=_order), key=lambda shot: shot.letter)}
    mistakes = list(dict.fromkeys([*misplaced, *(shot.mistake for shot in shots if shot.mistake)]))
    choices = (
        ("form", {"desktop": "Desktop", "phone": "Phone", "text": "Text"}),
        ("look", {"light": "Light", "dark": "Dark"}),
        ("language", {**{one: _LANGUAGES.get(one, one) for one in languages}, "both": "All languages"}),
    )
    return "".join(
        (
            f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">{_MARK}',
            '<meta name="viewport" content="width=device-width, initial-scale=1"><title>Letters of the desk</title>',
            f"<style>{_CSS}{''.join(_chosen(name, list(options)) for name, options in choices)}</style></head><body>",
            *(_radios(name, options) for name, options in choices),
            "<header><b>Letters of the desk</b>",
            *(_labels(name, options) for name, options in choices),
            "</header><nav>",
            *_menu(letters, replaced),
            "</nav><main>",
            f"<p>{len(letters)} letters, {len(shots)} examples in {len(languages)} languages. Names and events are"
            " made up; the buttons write to nobody.</p>",
            *(f'<p class="mistake">{escape(mistake)}</p>' for mistake in mistakes),
            *(_section(letter, some, replaced) for letter, some in letters.items()),
            "</main></body></html>\n",
        )
    )


def _order(shot: Shot) -> int:
    return list(LETTERS).index(shot.letter)


def _radios(name: str, options: Mapping[str, str]) -> str:
    return "".join(
        f'<input type="radio" name="{name}" id="{name}-{value}"{" checked" if not at else ""}>'
        for at, value in enumerate(options)
    )


def _labels(name: str, options: Mapping[str, str]) -> str:
    labels = "".join(f'<label for="{name}-{value}">{escape(title)}</label>' for value, title in options.items())
    return f"<span>{labels}</span>"


def _chosen(name: str, values: Sequence[str]) -> str:
    """The rules of one choice: what is not chosen is hidden, what is chosen is marked."""
    rules = [
        f"#{name}-{value}:checked~header label[for={name}-{value}]{{background:#2467c9;color:#fff}}" for value in values
    ]
    rules += [
        f"#{name}-{value}:checked~main .{name}-{other}{{display:none}}"
        for value in values
        for other in values
        if value not in (other, "both") and other != "both"
    ]
    return "".join(rules)


def _menu(letters: Mapping[str, Sequence[Shot]], replaced: Sequence[str]) -> Iterator[str]:
    for audience, names in groupby(letters, key=lambda letter: letter.partition("/")[0]):
        yield f"<h3>{escape(audience)}</h3>"
        for letter in names:
            mark = " ✎" if _own(letter, replaced) else ""
            yield f'<a href="#{letter}">{escape(title(letter).en)}{mark}</a>'


def _own(letter: str, replaced: Sequence[str]) -> list[str]:
    return [name for name in replaced if name.partition("/")[2].rpartition(".")[0] == letter]


def _section(letter: str, shots: Sequence[Shot], replaced: Sequence[str]) -> str:
    words = title(letter)
    names = f"{escape(words.en)} · {escape(words.zh)}"
    own = ", ".join(_own(letter, replaced))
    return (
        f'<section id="{letter}"><h2>{names} <code>{escape(letter)}</code></h2>'
        + (f'<p class="own">This site has its own {escape(own)}.</p>' if own else "")
        + "".join(_example(shot) for shot in shots)
        + "</section>"
    )


def _example(shot: Shot) -> str:
    name = f"{_LANGUAGES.get(shot.language, shot.language)}{f' · {shot.case}' if shot.case else ''}"
    top = f'<article class="language-{shot.language}"><h4>{escape(name)}</h4>'
    if shot.mistake:
        return f'{top}<p class="mistake">{escape(shot.mistake)}</p></article>'
    links = " · ".join(f'<a href="{shot.stem}.{ending}">{ending}</a>' for ending in ("html", "txt", "eml"))
    frames = "".join(
        f'<iframe class="form-{form} look-{look}" loading="lazy" title="{escape(name)}" src="{shot.stem}.{look}.html">'
        "</iframe>"
        for form in ("desktop", "phone")
        for look in ("light", "dark")
    )
    return (
        f"{top}<p><b>{escape(shot.subject)}</b> <small>{shot.size} bytes · {links}</small></p>{frames}"
        f'<pre class="form-text">{escape(shot.text)}</pre></article>'
    )


_CSS = (
    "body{margin:0;"
    "font:15px/1.5 -apple-system,'Segoe UI','PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif;"
    "color:#1f2933;background:#e7eaee}body>input{position:absolute;opacity:0}"
    "nav a::first-letter,h2::first-letter{text-transform:uppercase}"
    "header{position:sticky;top:0;z-index:1;padding:10px 16px;background:#fff;border-bottom:1px solid #ccd2d9}"
    "header span{display:inline-block;margin-left:20px}label{padding:8px 12px;cursor:pointer;border-radius:6px}"
    "nav{position:fixed;top:60px;bottom:0;width:230px;overflow:auto;padding:0 16px}nav a{display:block;padding:2px 0}"
    "nav h3{margin:14px 0 2px;font-size:13px;text-transform:uppercase;color:#5b6570}a{color:#1d57ad}"
    "main{margin-left:262px;padding:12px 20px}section{scroll-margin-top:60px}h2{margin:28px 0 8px}"
    "code{font-size:13px;font-weight:normal;color:#5b6570}"
    "article{display:inline-block;vertical-align:top;margin:0 18px 18px 0;padding:12px;background:#fff;"
    "border-radius:8px}"
    "article p{margin:0 0 8px;max-width:640px}h4{margin:0}iframe{border:1px solid #ccd2d9;height:640px;width:680px;"
    "max-width:100%}iframe.form-phone{width:360px}pre{width:80ch;max-width:100%;overflow:auto;"
    "font:13px/1.5 'DejaVu Sans Mono','Noto Sans Mono CJK SC',monospace}"
    ".mistake{padding:10px 14px;background:#fdecea;color:#8a1c12}.own{color:#8a5a00}"
    "@media(max-width:900px){nav{display:none}main{margin:0}}"
)
