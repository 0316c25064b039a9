"""The parsing process: limits, replacement, order."""

import errno
import os
from pathlib import Path

import pytest

from maild.ingest.worker import ParseCrash, ParseOverrun, ParserAway, Worker
from tests.pressed import memory
from tests.servers import wait_until

MAIL = b"From: li@corp.example\nSubject: %d\n\nhello\n"
# Every one of these lines is tested against the boundary by the parser: minutes of work.
SLOW = b"From: a@b.example\nContent-Type: multipart/mixed; boundary=x\n\n" + b"--x\n\n" * 4_000_000


def test_a_mail_comes_back_as_a_message() -> None:
    with Worker() as worker:
        message = worker.read(MAIL % 1)
        assert (message.subject, message.new_text) == ("1", "hello")


def test_several_mails_in_flight_come_back_in_order_from_recycled_children() -> None:
    with Worker(recycle_after=20) as worker:
        futures = [worker.submit(MAIL % number) for number in range(50)]
        assert [future.result(timeout=60).subject for future in futures] == [str(number) for number in range(50)]


def test_attachments_come_as_bytes() -> None:
    raw = (
        b"From: a@b.example\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nhi\n--x\n"
        b'Content-Type: image/png; name="a.png"\nContent-Transfer-Encoding: base64\n\nAAEC\n--x--\n'
    )
    with Worker() as worker:
        (attachment,) = worker.read(raw).attachments
        assert worker.parts(raw, [attachment.index]) == [b"\x00\x01\x02"]


def test_a_mail_that_takes_too_long_is_killed_alone() -> None:
    with Worker() as worker:
        worker.read(MAIL % 0)
        before = worker.pid
        bomb = worker.submit(SLOW, timeout_s=0.5)
        behind = worker.submit(MAIL % 2)
        with pytest.raises(ParseOverrun, match=r"0\.5 s"):
            bomb.result(timeout=60)
        assert behind.result(timeout=60).subject == "2"
        assert worker.pid != before


def test_a_mail_that_takes_too_much_memory_is_refused() -> None:
    with Worker(memory_bytes=300 * 1024 * 1024) as worker:
        with pytest.raises(ParseOverrun, match="memory"):
            worker.read(b"From: a@b.example\n\n" + b"\n" * 20_000_000)
        assert worker.read(MAIL % 3).subject == "3"


def test_a_child_that_dies_between_mails_costs_nothing() -> None:
    with Worker() as worker:
        worker.read(MAIL % 0)
        pid = worker.pid
        assert pid is not None
        os.kill(pid, 9)
        assert worker.read(MAIL % 4).subject == "4"


def test_a_wrong_request_is_the_requests_fault() -> None:
    with Worker() as worker:
        with pytest.raises(ParseCrash, match="IndexError"):
            worker.parts(MAIL % 5, [7])
        assert worker.read(MAIL % 6).subject == "6"


def test_a_closed_worker_takes_no_mail() -> None:
    worker = Worker()
    worker.close()
    with pytest.raises(ParserAway, match="closed"):
        worker.submit(MAIL % 1)


def test_the_child_inherits_no_sockets_and_may_open_few_files() -> None:
    import socket

    ours, theirs = socket.socketpair()
    with ours, theirs, Worker() as worker:
        ours.set_inheritable(True)
        worker.read(MAIL % 7)
        folder = f"/proc/{worker.pid}/fd"
        if not os.path.isdir(folder):
            pytest.skip("no /proc here to look into the child")
        open_files = [os.readlink(os.path.join(folder, name)) for name in os.listdir(folder)]
        assert not [name for name in open_files if name.startswith("socket:")]
        with open(f"/proc/{worker.pid}/limits") as limits:
            assert any(line.split()[:4] == ["Max", "open", "files", "16"] for line in limits)


def test_f21_a_worker_that_is_closed_under_a_mail_blames_no_mail() -> None:
    """Also F16."""
    worker = Worker()
    worker.read(MAIL % 0)
    in_hand, behind = worker.submit(SLOW), worker.submit(MAIL % 1)
    wait_until(lambda: bool(worker._sent) and worker._sent[0].begun, "the mail is begun")
    worker.close()
    for future in (in_hand, behind):
        with pytest.raises(ParserAway, match="closed"):
            future.result(timeout=10)


def test_f21_a_child_that_ends_before_it_is_ready_blames_no_mail_and_says_what_to_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broken installation, or a machine that is out of memory."""
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    with Worker() as worker:
        with monkeypatch.context() as patch:
            patch.setattr("maild.ingest.worker.sys.executable", str(broken))
            for future in [worker.submit(MAIL % n) for n in range(6)]:
                with pytest.raises(ParserAway, match=r"ends with 3 before it is ready: try `.*maild\.ingest\.worker"):
                    future.result(timeout=30)
        assert worker.read(MAIL % 7).subject == "7"


@pytest.mark.parametrize("code", [errno.EAGAIN, errno.ENOMEM, errno.EMFILE])
def test_f21_a_child_that_cannot_be_started_blames_no_mail_and_the_next_try_works(
    code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TasksMax, memory, descriptors: fork says no."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    with Worker() as worker:
        with monkeypatch.context() as patch:
            patch.setattr("maild.ingest.worker.subprocess.Popen", refuse)
            with pytest.raises(ParserAway, match=os.strerror(code)):
                worker.submit(MAIL % 1).result(timeout=10)
        assert worker.read(MAIL % 2).subject == "2"


def test_f21_a_child_that_talks_nonsense_blames_no_mail_and_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    def nonsense(data: bytes) -> object:
        raise ValueError("not a pickle")

    with Worker() as worker:
        with monkeypatch.context() as patch:
            patch.setattr("maild.ingest.worker.pickle.loads", nonsense)
            with pytest.raises(ParserAway, match="not a pickle"):
                worker.submit(MAIL % 1).result(timeout=30)
        assert worker.read(MAIL % 2).subject == "2"


def test_f20_a_child_of_other_code_reads_no_mail_and_says_that_maild_was_upgraded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Packages may be replaced under a running daemon: what it hands over then must not be taken for a sick mail."""
    with Worker() as worker:
        with monkeypatch.context() as patch:
            patch.setattr("maild.ingest.worker._CODE", b"0.0.9 1 2")
            with pytest.raises(ParserAway, match=r"upgraded under this running daemon.*restart it"):
                worker.submit(MAIL % 1).result(timeout=30)
        assert worker.read(MAIL % 2).subject == "2"


def test_g7_what_a_mail_costs_the_child_the_daemon_does_not_notice() -> None:
    with Worker(memory_bytes=250 * 1024 * 1024) as worker:
        worker.read(MAIL % 0)
        before = memory(os.getpid())
        with pytest.raises(ParseOverrun, match="memory"):
            worker.read(b"From: a@b.example\n\n" + b"\n" * 10_000_000)
        assert worker.read(MAIL % 1).subject == "1"
        # The mail itself, twice, and some room.
        assert memory(os.getpid()) - before < 100 * 1024 * 1024
