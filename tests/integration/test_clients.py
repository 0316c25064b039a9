"""Other mail programs at work on the same mailbox (PEERS C1 and C2): no mail is skipped, and none comes twice."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import pytest

from maild.fetch import Gap
from tests import servers
from tests.desks import Box, Steps, looking, mail, prepare, prepared, running, sections
from tests.fake_mailbox import FakeMailbox
from tests.other_clients import OtherClients, all_decided, faults, kept
from tests.sink import Sink

SECONDS = 6.0


@pytest.mark.timeout(120)
def test_c02_whatever_other_programs_do_to_the_mailbox_each_mail_left_to_maild_is_one_ticket(
    tmp_path: Path, box: Box, sink: Sink
) -> None:
    """Also F05, F19, C1: read, flagged, moved, copied, expunged and appended, while the real daemon works."""
    seed = os.environ.get("MAILD_SEED", "1")
    settings = prepared(tmp_path, box, sink.port)
    clients = OtherClients(box.dovecot.imap_port, box.login, seed)
    with looking(settings.database.url) as engine, running(settings) as daemon:
        clients.work(SECONDS)
        servers.wait_until(partial(all_decided, engine, clients), "all decided", 60, 0.1)
        print(f"seed {seed}: {dict(clients.did)}, {len(kept(clients))} of {len(clients.appended)} left to maild")
        assert faults(engine, clients) == []
        assert len(kept(clients)) > 10 and clients.taken
        (fetcher,) = daemon._fetchers
        assert fetcher.gap in (None, Gap())


AT_ONCE = {
    "MOVE": "* CAPABILITY IMAP4rev1 UIDPLUS MOVE\r\n{tag} OK done\r\n",
    "UIDPLUS": "* CAPABILITY IMAP4rev1 UIDPLUS\r\n{tag} OK done\r\n",
}


@pytest.mark.parametrize("way", AT_ONCE)
def test_c01_six_waiting_mails_are_six_tickets_on_a_server_that_expunges_at_once(
    tmp_path: Path, sink: Sink, way: str
) -> None:
    """Gmail drops a mail when it is marked as deleted: sequence numbers shift under whoever uses them."""
    with FakeMailbox({uid: mail(f"m{uid}") for uid in (3, 5, 8, 9, 20, 21)}, CAPABILITY=AT_ONCE[way]) as box:
        box.expunge_at_once()
        settings = prepare(sections(tmp_path / "desk", box.imap.port, sink.port))
        with Steps(settings) as desk:
            desk.cycle()
            desk.cycle()
            desk.fetch()
            assert desk.rows("SELECT uid, fate FROM inbound ORDER BY uid") == [
                (uid, "ticketed") for uid in (3, 5, 8, 9, 20, 21)
            ]
            assert desk.rows("SELECT count(*) FROM ticket") == [(6,)]
        assert box.mails == {}
        # No command names a mail by its place.
        named = [line for line in box.imap.heard if any(word in line for word in ("FETCH", "STORE", "MOVE", "COPY"))]
        assert named and all(" UID " in line for line in named)


def test_c01_mails_that_come_while_others_are_filed_away_are_not_skipped(tmp_path: Path, box: Box, sink: Sink) -> None:
    with Steps(prepared(tmp_path, box, sink.port)) as desk:
        for n in range(6):
            box.deliver(mail(f"a{n}"))
            desk.fetch()
            box.deliver(mail(f"b{n}"))
            desk.receive()
            desk.fetch()
        desk.cycle()
        desk.fetch()
        assert desk.rows("SELECT count(*) FROM ticket") == [(12,)]
        assert (box.count(), box.count("maild/Processed")) == (0, 12)
