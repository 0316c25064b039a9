"""Every mail of tests/corpus through a desk into its database, on SQLite and on PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from maild.ingest.prescan import content_hash
from maild.ingest.read import read
from maild.store import ledger
from tests.corpus.test_corpus import mails
from tests.desks import Steps, prepare, sections

# Nobody stands in their From: there is nobody to answer.
NOBODY = {"charset-nul-and-eight-bit", "rfc822-holding-empty-container"}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_every_mail_of_the_corpus_comes_to_rest_in_the_database_as_it_was_read(
    database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("postgres").database() if database == "postgresql" else ""
    corpus = mails()
    if database == "postgresql":
        # The same code but for the database: a third of the mails will do.
        corpus = dict(list(corpus.items())[::3])
    # Nothing is fetched and nothing sent: no server listens at these ports.
    with Steps(prepare(sections(tmp_path / "desk", 1, 1, url))) as desk:
        now = desk.clock()
        with desk.engine.begin() as connection:
            numbers = ledger.add(
                connection,
                [
                    ledger.Arrival(
                        source="deliver",
                        received=now,
                        fetched=now,
                        size=len(raw),
                        raw=raw,
                        message_id=f"<{name}@corpus.example>",
                        content_hash=content_hash(raw + name.encode()),
                    )
                    for name, raw in corpus.items()
                ],
            )
        desk.receive()
        rows = desk.rows("SELECT id, state, fate, reason FROM inbound")
        assert {row.state for row in rows} == {"done"} and len(rows) == len(corpus)
        fates = {row.id: row.fate for row in rows}
        aside = {name for number, name in zip(numbers, corpus, strict=True) if fates[number] == "quarantined"}
        assert aside == NOBODY & set(corpus)
        entries = {row.inbound: row for row in desk.rows("SELECT id, inbound, text, new_text FROM entry")}
        files: dict[int, list[tuple[str, int, str, bool]]] = {}
        for each in desk.rows("SELECT entry, filename, size, sha256, decoration FROM attachment ORDER BY entry, part"):
            files.setdefault(each.entry, []).append(
                (each.filename or "", each.size, each.sha256, bool(each.decoration))
            )
        shown = 0
        for number, (name, raw) in zip(numbers, corpus.items(), strict=True):
            if number in entries:
                entry, message = entries[number], read(raw)
                assert entry.text == message.text, name
                assert files.get(entry.id, []) == [
                    (each.filename or "", each.size, each.sha256, each.decoration) for each in message.attachments
                ], name
                shown += 1
        assert shown > len(corpus) * 3 // 4
