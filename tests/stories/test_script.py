"""The language of stories: what a script may say, and that a mistake or a wrong turn is named with file and line."""

from pathlib import Path

import pytest

from maild import desk
from maild.store.engine import open_engine
from tests.stories.clients import Pen, Sent
from tests.stories.play import play
from tests.stories.script import Check, Deliver, Expect, Letter, Manner, NobodyElse, Others, Pass, StoryError, read
from tests.stories.stage import START, Memory, copy_template, settings_for, sqlite_template

TITLE = "# A title\n"


def script(folder: Path, text: str) -> Path:
    (folder / "story.txt").write_text(text, encoding="utf-8")
    return folder


def test_every_kind_of_line_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(b"Subject: x\n\ny\n")
    story = read(
        script(
            tmp_path,
            TITLE
            + """
@ desk.mode = "agents"
@ desk.hotline = "8000"
< a.eml
< li.lei@corp.example writes "打印机" cc mary.jones@corp.example attaches "a.png" "b.txt"
  | first line
  |
  |   indented
  + X-Spam-Flag: YES
< li.lei@corp.example replies to agent/note of tom.reed@corp.example [IT-2] without references in the manner of qq
  : 电话 = 8123
< anna.berg@corp.example presses take in agent/new_ticket [IT-1] with the tag [IT-2]
> to li.lei@corp.example [IT-1] requester/acknowledged contains "P3" "受理" not "x" from "IT" attaches "a.png"
> nobody else
> others
~ 90 min
~ 3h business
~ 2 business days
~ until 2024-03-05 09:00
= IT-1 open
""",
        )
    )
    assert story.title == "A title"
    assert story.settings == {"desk": {"mode": "agents", "hotline": "8000"}}
    file, written, reply, press, expect, nobody, others, minutes, hours, days, until, check = story.steps
    assert isinstance(file, Deliver) and file.file == tmp_path / "a.eml"
    assert isinstance(written, Deliver) and written.text == ["first line", "", "  indented"]
    assert written.cc == ["mary.jones@corp.example"] and written.attaches == ["a.png", "b.txt"]
    assert written.headers == [("X-Spam-Flag", "YES")]
    assert isinstance(reply, Deliver) and reply.letter == Letter("agent/note", "tom.reed@corp.example", 2)
    assert (reply.references, reply.manner, reply.filled) == (False, "qq", [("电话", "8123")])
    assert isinstance(press, Deliver) and (press.how, press.verb, press.tag) == ("presses", "take", 2)
    assert isinstance(expect, Expect) and expect.contains == ("P3", "受理") and expect.lacks == ("x",)
    assert expect.sender == "IT" and expect.attached == ("a.png",)
    assert isinstance(nobody, NobodyElse) and isinstance(others, Others)
    assert isinstance(minutes, Pass) and (minutes.unit, minutes.amount) == ("minutes", 90)
    assert isinstance(hours, Pass) and (hours.unit, hours.amount) == ("business_minutes", 180)
    assert isinstance(days, Pass) and (days.unit, days.amount) == ("business_days", 2)
    assert isinstance(until, Pass) and until.until == "2024-03-05 09:00"
    assert isinstance(check, Check) and check.words == ("IT-1", "open")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("? what", "begins with one of"),
        ("< missing.eml", "there is no missing.eml"),
        ("< nobody", "followed by a file.eml or by the address"),
        ('< li.lei@corp.example sings "x"', "writes"),
        ("< li.lei@corp.example writes subject", "quotation marks"),
        ("< li.lei@corp.example replies to nonsense", "is no letter"),
        ("< li.lei@corp.example replies to agent/note in the manner of pine", "is no client"),
        ("< li.lei@corp.example replies to agent/note loudly", "'loudly' says nothing"),
        ("< li.lei@corp.example presses take agent/note", "presses take in"),
        ("> requester/acknowledged", "> to ADDRESS"),
        ("> to li.lei [IT-1] requester/acknowledged", "is no address"),
        ("> to li.lei@corp.example [IT] requester/acknowledged", "tag reads like"),
        ("> to li.lei@corp.example requester/acknowledged holds x", "contains"),
        ("> nobody at all", "nothing stands behind"),
        ("~ a while", "time reads like"),
        ("@ mode = agents", "a setting reads like"),
        ('@ mode = "agents"', "name the section"),
        ("| text", "belongs below a mail"),
    ],
)
def test_a_mistake_is_named_with_its_file_and_line(tmp_path: Path, line: str, why: str) -> None:
    with pytest.raises(StoryError) as caught:
        read(script(tmp_path, TITLE + "\n" + line + "\n"))
    assert str(caught.value).startswith(f"{tmp_path.name}/story.txt:3: ")
    assert why in str(caught.value)


def test_a_script_has_a_title_and_steps(tmp_path: Path) -> None:
    with pytest.raises(StoryError, match="title"):
        read(script(tmp_path, "> nobody\n"))
    with pytest.raises(StoryError, match="no steps"):
        read(script(tmp_path, TITLE))


WRITES = '< tom.reed@corp.example writes "Keyboard is broken"\n  | Three keys of my keyboard are broken.\n'


@pytest.mark.parametrize(
    ("rest", "line", "why"),
    [
        ("> nobody\n", 4, "mails left that the story does not expect"),
        ("~ 1 min\n", 4, "> to tom.reed@corp.example [IT-1] requester/acknowledged"),
        ("> to tom.reed@corp.example requester/closed\n", 4, "no requester/closed to tom.reed@corp.example"),
        ('> to tom.reed@corp.example requester/acknowledged contains "unicorn"\n', 4, "'unicorn' does not stand in it"),
        ('> to tom.reed@corp.example requester/acknowledged not "Keyboard"\n', 4, "'Keyboard' stands in it"),
        ('> to tom.reed@corp.example requester/acknowledged from "Bob"\n', 4, "it comes from"),
        ('> to tom.reed@corp.example requester/acknowledged attaches "x.png"\n', 4, "is not attached"),
        ("> others\n= IT-1 closed\n", 5, "IT-1 is new"),
        ("> others\n= IT-1 new priority P1\n", 5, "priority of IT-1 is 'P3'"),
        ("> others\n= IT-9 new\n", 5, "there is no IT-9"),
        ('> others\n= fields of IT-1 phone "1"\n', 5, "phone is ''"),
        ('> others\n= history of IT-1 has "unicorn"\n', 5, "does not stand in"),
        ('> others\n= history of IT-1 lacks "registered"\n', 5, "'registered' stands in"),
        ('> others\n= entries of IT-1 internal "Three keys"\n', 5, "is public"),
        ("> others\n= ledger held\n", 5, "it was ticketed"),
        ("> others\n= tickets 2\n", 5, "there are 1 tickets"),
        ("> others\n= IT-1 linked to IT-1 as claims\n", 5, "it is linked to"),
        ("> others\n= weather fine\n", 5, "is no ticket"),
        ("> others\n< tom.reed@corp.example replies to requester/closed\n", 5, "has had no requester/closed"),
        ("> others\n< anna.berg@corp.example presses solved in agent/new_ticket\n", 5, "has no button solved"),
        ("> others\n~ until 2024-03-01 09:00\n", 5, "is past"),
    ],
)
def test_a_story_that_goes_another_way_is_named_with_its_file_and_line(
    tmp_path: Path, rest: str, line: int, why: str
) -> None:
    settings = settings_for({}, daemon={"state_dir": str(tmp_path)})
    engine = open_engine(copy_template(sqlite_template(tmp_path), tmp_path / "maild.db"))
    stage = Memory(settings, engine, desk.writer(settings, desk.tokens(settings)))
    try:
        with pytest.raises(StoryError) as caught:
            play(read(script(tmp_path, TITLE + WRITES + rest)), stage)
    finally:
        stage.close()
    assert str(caught.value).startswith(f"{tmp_path.name}/story.txt:{line}: ")
    assert why in str(caught.value)


@pytest.mark.parametrize(
    ("manner", "chinese", "english"),
    [
        ("outlook", "答复: ", "RE: "),
        ("gmail", "回复：", "Re: "),
        ("qq", "回复：", "回复："),
        ("foxmail", "回复: ", "回复: "),
        ("apple", "回复：", "Re: "),
    ],
)
def test_each_client_answers_in_its_own_manner(manner: Manner, chinese: str, english: str) -> None:
    letter = Sent("<a@b>", ("<r@b>",), "Re: [IT-1] x", "first\nsecond", "", START)
    for who, prefix in (("li.lei@corp.example", chinese), ("tom.reed@corp.example", english)):
        made = Pen("x").reply(who, letter, ["mine"], START, manner=manner)
        assert made["Subject"] == f"{prefix}Re: [IT-1] x"
        assert made["In-Reply-To"] == "<a@b>" and made["References"] == "<r@b> <a@b>"
        text = made.get_content()
        assert text.startswith("mine\r\n") and "first" in text and "second" in text
