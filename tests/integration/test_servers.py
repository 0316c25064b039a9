"""The servers that other tests lean on do what they say."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests import servers


def mail(subject: str = "hello", to: str = "support@corp.example") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "li.lei@corp.example", to, subject
    message["Message-ID"] = f"<{subject.replace(' ', '-')}@corp.example>"
    message.set_content("text")
    return message


def send(port: int, message: EmailMessage) -> None:
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        smtp.send_message(message)


def test_dovecot_keeps_its_mail_over_a_stop_and_a_start(fresh_dovecot: servers.Dovecot) -> None:
    fresh_dovecot.deliver("li.lei@corp.example", mail("kept").as_bytes())
    fresh_dovecot.deliver("li.lei@corp.example", mail("junk").as_bytes(), "Junk")
    fresh_dovecot.stop()
    fresh_dovecot.start()
    assert fresh_dovecot.count("li.lei@corp.example") == 1
    assert fresh_dovecot.count("li.lei@corp.example", "Junk") == 1
    assert b"Subject: kept" in fresh_dovecot.mails("li.lei@corp.example")[0]


def test_postfix_delivers_local_users_to_dovecot_and_the_world_to_the_sink(
    postfix: servers.Postfix, dovecot: servers.Dovecot, postfix_sink: servers.Sink
) -> None:
    before = dovecot.count("wang.wei@corp.example")
    send(postfix.smtp_port, mail("inside", "wang.wei@corp.example"))
    send(postfix.smtp_port, mail("outside", "someone@elsewhere.example"))
    servers.wait_until(lambda: dovecot.count("wang.wei@corp.example") == before + 1, "delivered by LMTP")
    got = postfix_sink.wait_for(lambda mails: any(b"Subject: outside" in mail.raw for mail in mails))[-1]
    assert got.recipients == ("someone@elsewhere.example",)


def test_the_sink_records_and_misbehaves_as_told(sink: servers.Sink) -> None:
    sink.trick("RCPT", "450 4.7.1 greylisted", times=1)
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(sink.port, mail())
    send(sink.port, mail())
    assert [m.sender for m in sink.wait_for(1)] == ["li.lei@corp.example"]
    sink.trick("dot", servers.DROP)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(sink.port, mail())
    assert [m.answered for m in sink.mails] == [True, False]


def test_smtp_sink_refuses_when_asked_to() -> None:
    from tests.conftest import need

    need("smtp-sink", "postfix")
    with servers.SmtpSink("-f", "RCPT") as relay, pytest.raises(smtplib.SMTPRecipientsRefused):
        send(relay.smtp_port, mail())


def test_postgres_makes_databases_from_a_template(postgres: servers.Postgres) -> None:
    from sqlalchemy import create_engine, text

    def fill(url: str) -> None:
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE mark AS SELECT 42 AS n"))
        engine.dispose()

    name = postgres.template("servers_test", fill)
    urls = [postgres.database(name), postgres.database(name)]
    assert urls[0] != urls[1]
    for url in urls:
        engine = create_engine(url)
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT n FROM mark")) == 42
        engine.dispose()
        postgres.drop(url)


def test_certificates_name_their_host(tmp_path: Path) -> None:
    from tests.conftest import need

    need("openssl", "openssl")
    import ssl

    certificates = servers.Certificates(tmp_path)
    made = certificates.make("127.0.0.1")
    ssl.create_default_context(cafile=str(certificates.ca))
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(made)
