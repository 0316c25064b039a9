"""`also_watch` on a real Dovecot: what the site's filter put into a junk folder is held for people, not answered."""

from __future__ import annotations

from pathlib import Path

from maild.store.engine import open_engine
from tests import servers
from tests.desks import Box, ask, mail, prepared, running


def test_mail_in_a_junk_folder_is_held_with_its_reason_and_stays_there(
    tmp_path: Path, box: Box, sink: servers.Sink
) -> None:
    box.dovecot.deliver(box.login, mail("junk"), "Junk")
    settings = prepared(tmp_path, box, sink.port, mailbox={"also_watch": ["Junk"]})
    engine = open_engine(settings.database.url)
    with running(settings):
        box.deliver(mail("good"))
        done = "SELECT count(*) FROM inbound WHERE state = 'done'"
        servers.wait_until(lambda: ask(engine, done)[0][0] == 2, "both mails to be decided")
    rows = {row[0]: (row[1], row[2]) for row in ask(engine, "SELECT mailbox, fate, reason FROM inbound")}
    engine.dispose()
    assert rows["main"][0] == "ticketed"
    assert rows["main/Junk"] == ("held", "held: it was put into the folder Junk")
    assert box.count("Junk") == 1
    assert not [mail for mail in sink.mails if "u-junk@corp.example" in mail.recipients]
