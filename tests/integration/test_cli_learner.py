"""`maild learner`: how it stands, learn now, forget, explain."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from maild import desk
from maild.desk import utc_now
from maild.store.engine import open_engine
from tests.integration.test_learning import ticket
from tests.office import Indoors

TRIAGE = "[triage]\nlearn_from_tickets = 4\n"


@pytest.fixture(scope="module", autouse=True)
def one_worker() -> Iterator[None]:
    yield
    Indoors.close()


@pytest.fixture
def office(tmp_path: Path) -> Indoors:
    made = Indoors(tmp_path, TRIAGE)
    made.told("db", "upgrade")
    return made


def corrected(office: Indoors, count: int, becomes: str, subject: str = "Carousel", words: str = "") -> None:
    engine = open_engine(desk.database_url(office.settings))
    for n in range(count):
        at = utc_now() - timedelta(days=2)
        ticket(engine, n, becomes=becomes, at=at, subject=subject, words=words or "The visitor carousel is stuck.")
    engine.dispose()


def test_before_anything_is_learned_it_says_so(office: Indoors) -> None:
    out = office.told("learner", "show")
    assert "nothing learned yet: the rules decide" in out
    assert "from 4 tickets on, if better by 1 % of the mails" in out
    found = office.json("learner", "show")
    assert (found["on"], found["in_use"], found["tickets"], found["new_corrections"]) == (True, False, 0, 0)
    assert "so the rules decide" in office.told("learner", "explain", "The carousel is stuck")


def test_learning_now_is_shown_with_its_figures_words_and_who_asked(office: Indoors) -> None:
    corrected(office, 4, "hardware")
    assert "4; learned at night" in office.told("learner", "show")
    out = office.told("learner", "train")
    assert "Learned from 4 tickets: in use, better than the rules: right in 100 %" in out
    out = office.told("learner", "show")
    assert "in use since" in out
    assert "100.0 % as learned, 0.0 % by the rules alone" in out
    assert "4 corrected by agents, 0 confirmed as they were" in out
    assert "Hardware" in out and "carousel, stuck, visitor" in out
    assert "the admin " in out
    found = office.json("learner", "show", "--words", "1")
    assert (found["in_use"], found["tickets"], found["corrections"]) == (True, 4, 4)
    assert found["words"]["hardware"] == ["carousel"]
    assert (found["figures"]["better"], found["figures"]["worse"]) == (4.0, 0.0)


def test_what_does_not_teach_is_told_with_its_reason(office: Indoors) -> None:
    office.file.write_text(office.file.read_text() + 'learn_not_from = ["wang.wei@corp.example"]\n')
    corrected(office, 4, "hardware")
    out = office.told("learner", "train")
    assert "Learned from 0 tickets: not in use, not enough tickets" in out
    assert "4 left out: corrected by an agent in [triage] learn_not_from" in out


def test_words_of_restricted_tickets_are_shown_nowhere(office: Indoors) -> None:
    corrected(office, 6, "security", words="The falcon dossier lies open.", subject="Falcon")
    assert "in use" in office.told("learner", "train")
    for out in (
        office.told("learner", "show"),
        office.told("learner", "show", "--json"),
        office.told("learner", "explain", "dossier", "--subject", "what is this"),
    ):
        assert "falcon" not in out.lower()
    assert "kept back: the category is restricted" in office.told("learner", "show")
    out = office.told("learner", "explain", "the dossier")
    assert "category Security incident (learned from 6 tickets" in out
    assert "dossier +" not in out


def test_a_text_is_explained_word_by_word(office: Indoors) -> None:
    corrected(office, 4, "hardware")
    office.told("learner", "train")
    out = office.told("learner", "explain", "The carousel at gate 2")
    assert "By the rules: category other: no known word" in out
    assert "As learned:   category Hardware: “carousel” (learned from 4 tickets; the rules alone say Other)" in out
    assert "carousel +" in out
    out = office.told("learner", "explain", "-", "--subject", "VPN", stdin="连不上".encode())
    assert "By the rules: category Network" in out


def test_forgetting_asks_and_writes_who_and_why(office: Indoors) -> None:
    corrected(office, 4, "hardware")
    office.told("learner", "train")
    refused = office.run("learner", "reset")
    assert refused.returncode == 64 and b"give --yes" in refused.stderr
    assert office.json("learner", "show")["in_use"] is True
    office.told("learner", "reset", "--reason", "the teams were reorganised", "--yes")
    out = office.told("learner", "show")
    assert "forgotten on" in out and "the teams were reorganised" in out
    assert office.json("learner", "show")["new_corrections"] == 0
    # What was corrected before teaches no more.
    assert "Learned from 0 tickets" in office.told("learner", "train")


def test_switched_off_it_says_so_and_does_not_learn(office: Indoors) -> None:
    office.file.write_text(office.file.read_text() + "learn = false\n")
    assert "off ([triage] learn = false)" in office.told("learner", "show")
    refused = office.run("learner", "train")
    assert refused.returncode == 78 and b"set [triage] learn = true first" in refused.stderr
