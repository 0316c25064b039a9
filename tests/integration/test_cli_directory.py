"""`maild directory` and its line in `maild check`, as an operator runs them."""

import json
from pathlib import Path

import pytest

from tests.office import Desk

PEOPLE = (
    "工号,姓名,部门,分机,邮箱,别名,直属上级,VIP,共享邮箱\n"
    "1,李雷,财务部,8123,li.lei@corp.example,lily@corp.example,韩梅梅,,\n"
    "2,韩梅梅,财务部,8100,han@corp.example,,,是,\n"
    "3,财务部公共邮箱,财务部,,finance@corp.example,,,,是\n"
)


@pytest.fixture
def office(tmp_path: Path) -> Desk:
    made = Desk(tmp_path)
    made.told("db", "upgrade")
    return made


def listed(office: Desk, folder: Path, people: str) -> Path:
    """The desk with a directory of these people."""
    table = folder / "people.csv"
    table.write_text(people, encoding="gbk")
    if "[directory]" not in office.file.read_text(encoding="utf-8"):
        with office.file.open("a", encoding="utf-8") as config:
            config.write(f'\n[directory]\nsource = "csv"\ncsv = "{table}"\n')
    return table


def test_it_is_taken_over_and_shown_by_any_address(office: Desk, tmp_path: Path) -> None:
    listed(office, tmp_path, PEOPLE)
    assert office.told("directory", "sync") == "3 people: 3 new, 0 changed, 0 left\n"
    shown = office.told("directory", "show", "Lily+x@corp.example")
    assert "李雷" in shown and "han@corp.example" in shown and "8123" in shown
    found = office.json("directory", "show", "finance@corp.example")
    assert (found["shared"], found["vip"], found["addresses"]) == (True, False, ["finance@corp.example"])


def test_a_directory_that_has_lost_its_people_needs_a_person_s_word(office: Desk, tmp_path: Path) -> None:
    table = listed(office, tmp_path, PEOPLE)
    office.told("directory", "sync")
    table.write_text("\n".join(PEOPLE.split("\n")[:2]) + "\n", encoding="gbk")
    refused = office.run("directory", "sync")
    assert refused.returncode == 65 and "2 of the 3 people" in refused.stderr.decode() and b"--sure" in refused.stderr
    assert office.told("directory", "sync", "--sure").startswith("1 people")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("directory", "sync"), 78, "names no source"),
        (("directory", "show", "nobody@corp.example"), 66, "is nobody in the directory"),
    ],
)
def test_every_end_has_its_code_and_a_line(office: Desk, arguments: tuple[str, ...], code: int, words: str) -> None:
    ended = office.run(*arguments)
    assert ended.returncode == code and words in ended.stderr.decode()


def test_check_says_what_the_directory_holds_and_what_cannot_be_used(office: Desk, tmp_path: Path) -> None:
    listed(office, tmp_path, PEOPLE + "4,王芳,销售部,,没有,,,,\n")
    found = [
        each for each in json.loads(office.run("check", "--offline", "--json").stdout) if each["what"] == "directory"
    ]
    assert [each["level"] for each in found] == ["ok", "warn"]
    assert "3 entries by csv: 1 aliases, 1 shared mailboxes, 1 VIPs" in found[0]["detail"]
    assert "row 5" in found[1]["detail"]
    (tmp_path / "people.csv").unlink()
    (gone,) = [
        each for each in json.loads(office.run("check", "--offline", "--json").stdout) if each["what"] == "directory"
    ]
    assert gone["level"] == "fail" and "cannot read" in gone["detail"] and gone["remedy"]
