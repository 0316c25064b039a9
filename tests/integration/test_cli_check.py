"""`maild check` against a real IMAP server and a relay."""

from datetime import UTC, datetime
from pathlib import Path

from maild.doctor.examine import examine
from maild.doctor.finding import Finding, exit_code
from tests import servers

NOW = datetime.now(UTC)


def found(folder: Path, imap: int, smtp: int, password: str = "pw") -> list[Finding]:
    secret = folder / "password"
    secret.write_text(password)
    secret.chmod(0o600)
    file = folder / "config.toml"
    file.write_text(
        '[desk]\naddress = "support@corp.example"\ninternal_domains = ["corp.example"]\n'
        f'[database]\nurl = "sqlite:///{folder}/var/maild.db"\n[daemon]\nstate_dir = "{folder}/var"\n'
        f'[[mailbox]]\nhost = "127.0.0.1"\nport = {imap}\nsecurity = "none"\nlogin = "support@corp.example"\n'
        f'password_from = "file:{secret}"\n[relay]\nhost = "127.0.0.1"\nport = {smtp}\nsecurity = "none"\n'
    )
    return list(examine(file, NOW))


def fails(findings: list[Finding]) -> dict[str, str]:
    return {each.what: each.detail for each in findings if each.level == "fail"}


def test_good_doors_are_told_with_what_they_can_do(
    dovecot: servers.Dovecot, sink: servers.Sink, tmp_path: Path
) -> None:
    made = found(tmp_path, dovecot.imap_port, sink.port)
    assert set(fails(made)) == {"database"}
    told = "\n".join(f"{each.what}: {each.detail}" for each in made)
    assert "mailbox main: logged in" in told and "IDLE" in told and "MOVE" in told
    assert "empty sender" in told
    assert sink.mails == []


def test_a_wrong_password_and_a_dead_relay_are_failures_that_name_the_server(
    dovecot: servers.Dovecot, tmp_path: Path
) -> None:
    made = found(tmp_path, dovecot.imap_port, servers.free_port(), password="wrong")
    failed = fails(made)
    assert failed["mailbox main"].startswith("127.0.0.1:") and failed["relay"].startswith("127.0.0.1:")
    assert "Errno" not in failed["relay"]
    assert "wrong" not in failed["mailbox main"]
    assert exit_code([each for each in made if each.what != "database"]) == 69
