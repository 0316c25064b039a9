"""Mails are composed here: a Mail, its ticket and two signed ids become the bytes that go over the wire.

This is the only user of jinja2. Templates come from the package or from the operator's folder, never from mail text,
and see only what view.py shows them.
"""

import re
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import fields as fields_of
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import (
    BaseLoader,
    Environment,
    StrictUndefined,
    Template,
    TemplateNotFound,
    TemplateSyntaxError,
    UndefinedError,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from maild.data import data_dir
from maild.model import Attachment, Mail, Policy, Ticket
from maild.outbound import sample_cases, samples
from maild.outbound.actions import Button
from maild.outbound.headers import encoded, file_name, mailbox, message_ids, recipient, references
from maild.outbound.inline import pictures
from maild.outbound.letters import LETTERS
from maild.outbound.mime import build, encoded_size
from maild.outbound.picture import DeskView, PersonView, TicketView, View
from maild.outbound.style import inline, parse_style
from maild.outbound.subject import subject_for, tag
from maild.outbound.view import view_of
from maild.outbound.wrap import COLUMNS, short, wrapped
from maild.tokens import Tokens

FALLBACK_LANGUAGE = "en"
# Room for the head and both bodies when attachments are counted against the size of a message.
_BODY_BYTES = 600_000

_FORMS = (".txt", ".html")
# The values that hold what somebody wrote, or a server said; all others are the desk's own sentences.
_SAID = ("text", "summary", "detail", "words")

# A folder of letters is named by its language (RFC 5646); others, like macros/, lie beside them.
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")
# How jinja2 says that a picture has no such field.
_UNKNOWN = re.compile(r"object' has no attribute '(\w{1,60})'|^'(?!None)(\w{1,60})' is undefined")

# A web address in an agent's words; Chinese punctuation ends it, since no blank stands before it.
_WEB = re.compile("https?://[!#-;=?-~]{1,2000}")


class TemplateMistake(ValueError):
    """A letter's template cannot be used; the message names the file and what to do."""


@dataclass(frozen=True, slots=True)
class Ids:
    """Two signed ids of one mail: its own, and a second one for References, since some relays rewrite Message-IDs."""

    message_id: str
    reference: str


@dataclass(frozen=True, slots=True)
class Composed:
    """A mail that is fixed for ever: its bytes (CRLF), subject and id, and the names of files that did not fit."""

    raw: bytes
    subject: str
    message_id: str
    left_out: tuple[str, ...] = ()


class Composer:
    """Writes letters for one policy. Compiled templates are kept, so make one Composer and keep it."""

    def __init__(self, policy: Policy, tokens: Tokens, override_dir: Path | None = None) -> None:
        self._policy = policy
        self._tokens = tokens
        self._loader = _Letters(data_dir() / "templates", override_dir)
        self._env = _environment(self._loader)
        self._ready: dict[tuple[str, str], tuple[Template, Template]] = {}
        self._zone = ZoneInfo(policy.desk.zone)

    def compose(
        self,
        mail: Mail,
        ticket: Ticket | None,
        ids: Ids,
        now: datetime,
        files: Sequence[tuple[Attachment, bytes]] = (),
    ) -> Composed:
        """The mail as it will be sent. `now` is aware. `files` are the attachments to send along, with their bytes.

        Raises TemplateMistake for a letter that cannot be rendered, HeaderError if the result would not carry exactly
        the fields meant. A file that does not fit is left out and named; the text always goes.
        """
        fitting, left_out = _fitting(mail, files, self._policy)
        attached = None
        if files:
            attached = frozenset((item.filename or item.content_type, item.size) for item, _ in fitting)
        if mail.template not in LETTERS:
            raise TemplateMistake(f"there is no letter {mail.template}: letters.py lists those that there are")
        # Only a notice shows what somebody sent: what goes to a requester carries files as files.
        shown = pictures(fitting, ids.message_id) if mail.audience in ("agent", "lead") else ()
        view = view_of(mail, ticket, self._policy, self._tokens, now, attached, shown)
        text, html = self.render(mail.template, mail.language, view)
        subject = subject_for(mail, ticket, self._policy)
        fields = self._fields(mail, ticket, subject, ids, now)
        return Composed(build(fields, text, html, fitting, ids.message_id, shown), subject, ids.message_id, left_out)

    def render(self, letter: str, language: str, view: View) -> tuple[str, str]:
        """Text and HTML of one letter."""
        names = {
            "desk": view.desk, "to": view.to, "t": view.t, "v": view.v, "buttons": view.buttons,
            "public": view.public, "kind": view.kind, "language": view.language, "done": view.done,
        }  # fmt: skip
        try:
            plain, rich = self._templates(letter, language)
            text, html = plain.render(names).strip(), rich.render(names).strip()
        # A template is an operator's program: it may fail in any way, and each must name the file.
        except Exception as error:
            raise TemplateMistake(
                f"the template {_place(error) or f'{language}/{letter}'} cannot be used: {_named(error)}; "
                "mend it, or remove it from the templates folder of this site to get the shipped one"
            ) from error
        return wrapped(text, _own_lines(view)) + "\n", html + "\n"

    def check_templates(self) -> list[str]:
        """Renders every letter in every language with examples; the mistakes, each once, empty when all is well."""
        mistakes = self._loader.strangers()
        for language in self._loader.languages():
            for case in sample_cases.cases(language):
                view = view_of(case.mail, case.ticket, samples.POLICY, self._tokens, case.now, None)
                try:
                    text, html = self.render(case.mail.template, language, view)
                except TemplateMistake as mistake:
                    mistakes.append(str(mistake))
                    continue
                if not text.strip() or "<" not in html:
                    mistakes.append(f"the template {language}/{case.mail.template} renders to nothing")
        return list(dict.fromkeys(mistakes))

    def languages(self) -> tuple[str, ...]:
        """Every language in which there are letters, the fallback first."""
        return self._loader.languages()

    def replaced(self) -> tuple[str, ...]:
        """The shipped files, by their paths below templates/, in whose place this site has its own; in order."""
        return self._loader.replaced()

    def misplaced(self) -> list[str]:
        """A sentence for each file of this site's folder that replaces nothing."""
        return self._loader.strangers()

    def _templates(self, letter: str, language: str) -> tuple[Template, Template]:
        pair = self._ready.get((letter, language))
        if pair is None:
            spoken = self._loader.nearest(language, letter)
            pair = (
                self._env.get_template(f"{spoken}/{letter}.txt"),
                self._env.get_template(f"{spoken}/{letter}.html"),
            )
            self._ready[letter, language] = pair
        return pair

    def _fields(
        self, mail: Mail, ticket: Ticket | None, subject: str, ids: Ids, now: datetime
    ) -> list[tuple[str, str]]:
        """The head of the mail, in order (PRODUCT §2.3, §3.4)."""
        desk = self._policy.desk
        fields = [
            ("From", mailbox(desk.address, mail.author or desk.name.for_(mail.language))),
            ("To", recipient(mail.to)),
            ("Subject", encoded(subject)),
            ("Date", format_datetime(now.astimezone(self._zone))),
            ("Message-ID", ids.message_id),
        ]
        parent = message_ids((mail.answers,))
        if parent:
            fields.append(("In-Reply-To", parent[0]))
        fields.append(("References", references(mail.references, ids.reference, mail.answers)))
        if mail.automatic:
            fields.append(("Auto-Submitted", "auto-replied" if parent else "auto-generated"))
            fields.append(("X-Auto-Response-Suppress", "All"))
            # Old vacation programs know nothing but this. Not for our own people: some clients sort it away as a
            # newsletter, and their programs know the fields above.
            if mail.audience == "stranger":
                fields.append(("Precedence", "bulk"))
        else:
            # "All" would also hold back the report that a person's mail could not be delivered.
            fields.append(("X-Auto-Response-Suppress", "OOF, AutoReply"))
        fields.append(("X-Maild-Loop", desk.address))
        if mail.audience in ("agent", "lead") and ticket is not None:
            fields.append(("X-Maild-Ticket", tag(ticket, self._policy)))
            fields.append(("X-Maild-Kind", mail.template.partition("/")[2]))
            fields.append(("X-Maild-Priority", ticket.priority))
            fields.append(("X-Maild-Team", encoded(ticket.team)))
            if ticket.priority == "P1":
                fields.append(("Importance", "high"))
        return [(name, value) for name, value in fields if value]


class _Letters(BaseLoader):
    """Templates from the operator's folder, file by file, else from ours; HTML gets its styles on the way in."""

    def __init__(self, shipped: Path, override: Path | None) -> None:
        self._folders = [folder for folder in (override, shipped) if folder is not None]
        style = self._find("_layout/style.css")
        if style is None:
            raise TemplateMistake(f"{shipped}/_layout/style.css is missing: install maild again")
        self._rules: Mapping[str, str] = parse_style(style.read_text(encoding="utf-8"))

    def _find(self, name: str) -> Path | None:
        return next((folder / name for folder in self._folders if (folder / name).is_file()), None)

    def nearest(self, language: str, letter: str) -> str:
        """The language in which there is such a letter: this one, else another kind of it (zh-TW: zh-CN), else en."""
        kin = [one for one in self.languages() if one.partition("-")[0] == language.partition("-")[0]]
        return next((one for one in (language, *kin) if self._find(f"{one}/{letter}.txt")), FALLBACK_LANGUAGE)

    def languages(self) -> tuple[str, ...]:
        """Every language that has a folder, the fallback first."""
        found = {path.name for folder in self._folders if folder.is_dir() for path in folder.iterdir() if path.is_dir()}
        return (
            FALLBACK_LANGUAGE,
            *sorted(one for one in found if _LANGUAGE.fullmatch(one) and one != FALLBACK_LANGUAGE),
        )

    def replaced(self) -> tuple[str, ...]:
        """What the operator's folder replaces, and the letters in languages that are not shipped."""
        found = (
            path.relative_to(folder).as_posix()
            for folder in self._folders[:-1]
            if folder.is_dir()
            for path in folder.rglob("*")
            if path.is_file()
        )
        return tuple(sorted(name for name in found if self._known(name)))

    def _known(self, name: str) -> bool:
        letter, _, ending = name.partition("/")[2].rpartition(".")
        return (self._folders[-1] / name).is_file() or (letter in LETTERS and ending in ("txt", "html"))

    def strangers(self) -> list[str]:
        """Files of the operator's folder that replace nothing: most likely misspelt."""
        mistakes: list[str] = []
        for folder in self._folders[:-1]:
            if not folder.is_dir():
                mistakes.append(f"the templates folder {folder} does not exist: make it, or remove the setting")
                continue
            for path in sorted(folder.rglob("*")):
                known = self._known(path.relative_to(folder).as_posix())
                if path.is_file() and not known and path.name[0] not in "._":
                    mistakes.append(f"the template {path} replaces no letter and will never be used: check its name")
        return mistakes

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, None]:
        path = self._find(template)
        if path is None:
            raise TemplateNotFound(template)
        try:
            # Notepad puts a byte order mark in front.
            source = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            line = path.read_bytes().count(b"\n", 0, error.start) + 1
            raise TemplateSyntaxError("it is not UTF-8: save it as UTF-8", line, template, str(path)) from error
        return (inline(source, self._rules) if template.endswith(".html") else source), str(path), None


def _place(error: BaseException) -> str:
    """`FILE, line N` of the template in which an error arose, the innermost one; empty when it tells none.

    jinja2 puts the template's own file and line into the traceback of what goes wrong while it is rendered.
    """
    if isinstance(error, TemplateSyntaxError):
        return f"{error.filename or error.name}, line {error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    return next((f"{at.filename}, line {at.lineno}" for at in reversed(frames) if at.filename.endswith(_FORMS)), "")


def _named(error: BaseException) -> str:
    """What is wrong, for one who wrote a letter and never saw our classes."""
    unknown = _UNKNOWN.search(str(error)) if isinstance(error, UndefinedError) else None
    return (
        f"nothing is called {unknown[1] or unknown[2]} here (templates/README.md lists the names)"
        if unknown
        else str(error)
    )


class _Sandbox(ImmutableSandboxedEnvironment):
    """jinja2's sandbox. The fields of our own pictures are read straight: each look-up of the sandbox costs 3 µs, a
    letter makes fifty, and a frozen picture of texts has nothing to guard. Everything else takes the guarded way."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if attribute in _PICTURE_FIELDS.get(type(obj), ()):
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)


_PICTURE_FIELDS: Mapping[type, frozenset[str]] = {
    kind: frozenset(one.name for one in fields_of(kind)) for kind in (DeskView, PersonView, TicketView, Button)
}


def _environment(loader: BaseLoader) -> Environment:
    env = _Sandbox(
        loader=loader,
        undefined=StrictUndefined,
        autoescape=lambda name: name is not None and name.endswith(".html"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        cache_size=-1,
    )
    env.filters["lines"] = _lines
    env.filters["linked"] = _linked
    env.filters["size"] = _size
    env.filters["short"] = short
    return env


def _own_lines(view: View) -> list[str]:
    """The long lines that are not the desk's own: what somebody wrote is passed on as it was written."""
    said = [text for key in _SAID if isinstance(text := view.v.get(key), str)]
    if view.t is not None:
        said += [view.t.summary, *(value for _, value in view.t.rows)]
    return [line for text in said for line in map(str.rstrip, text.split("\n")) if len(line) > COLUMNS // 3]


def _lines(text: object) -> Markup:
    """Plain text in HTML with its line breaks and its indents: white-space rules are unknown to Outlook."""
    safe = str(escape(str(text)))
    if "  " in safe:
        safe = safe.replace("  ", "&nbsp; ")
    return Markup(safe.replace("\n", "<br>\n"))


def _linked(text: object) -> Markup:
    """Like `lines`, with web addresses to click on: for words of our own agents only. The link is what it shows."""
    plain = str(text)
    parts: list[str] = []
    at = 0
    for found in _WEB.finditer(plain):
        address = found.group().rstrip(".,;:!?)")
        parts += (_lines(plain[at : found.start()]), f'<a href="{escape(address)}">{escape(address)}</a>')
        at = found.start() + len(address)
    return Markup("".join([*parts, _lines(plain[at:])]))


def _size(count: object) -> str:
    """A number of bytes for people: 840 B, 12 kB, 3.4 MB."""
    size = int(str(count))
    if size < 1000:
        return f"{size} B"
    return f"{size / 1000:.0f} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"


def _fitting(
    mail: Mail, files: Sequence[tuple[Attachment, bytes]], policy: Policy
) -> tuple[list[tuple[Attachment, bytes]], tuple[str, ...]]:
    """The files that go along, in their own order, and the names of the others. Pictures are chosen first: a
    screenshot says what the matter is; then the small ones, so that one big file does not push out all others."""
    if not files:
        return [], ()
    room = policy.message_bytes - _BODY_BYTES
    # A notice carries little; what somebody asks for is limited by the size of a mail alone.
    notice = policy.notice_attachment_bytes if mail.audience != "requester" and not mail.filed else None
    chosen: set[int] = set()
    order = sorted(
        range(len(files)), key=lambda at: (not files[at][0].content_type.startswith("image/"), len(files[at][1]))
    )
    for at in order:
        size = len(files[at][1])
        if encoded_size(size) <= room and (notice is None or size <= notice):
            chosen.add(at)
            room -= encoded_size(size)
            notice = None if notice is None else notice - size
    kept = [pair for at, pair in enumerate(files) if at in chosen]
    left = [file_name(item.filename, item.index, item.content_type)
            for at, (item, _) in enumerate(files) if at not in chosen]  # fmt: skip
    return kept, tuple(left)
