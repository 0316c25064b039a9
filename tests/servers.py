"""Real servers for tests: each starts on a free loopback port in a folder of its own, and stops.

Every server is a context manager with `.start()` and `.stop()`; stopped and started again it keeps its mail or data
and its port, so a test can take a server away and give it back. `.close()` (or leaving the `with`) also removes
folders that the server had to make for itself.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import smtplib
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, TypeVar

from tests.sink import DROP, STALL, Accepted, Sink

__all__ = [
    "DROP",
    "STALL",
    "Accepted",
    "Certificates",
    "Dovecot",
    "Postfix",
    "Postgres",
    "Sink",
    "SmtpSink",
    "find",
    "free_port",
    "wait_until",
]

ROOT = os.geteuid() == 0
# The owner of mail under a Dovecot that root started; any unused id will do.
MAIL_OWNER = 5000
START_TIMEOUT_S = 20.0

Self_ = TypeVar("Self_", bound="Server")


def free_port() -> int:
    """A loopback TCP port that was free a moment ago; consecutive calls give different ports."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(ready: Callable[[], bool], what: str, timeout: float = START_TIMEOUT_S, pause: float = 0.005) -> None:
    """Ask `ready` until it says True; TimeoutError naming `what` after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {timeout:g} s")
        time.sleep(pause)


def answers(port: int) -> bool:
    """Whether something accepts connections on this loopback port."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def passable(folder: Path) -> bool:
    """Whether every user may walk into this folder: pytest's own are closed to all but their owner."""
    return all(parent.stat().st_mode & 0o001 for parent in (folder, *folder.parents))


class Server:
    """What all servers here have in common: a folder, a life in a `with`, and tidying up."""

    def __init__(self, folder: Path | str | None = None) -> None:
        wanted = Path(folder) if folder is not None else None
        if wanted is not None:
            wanted.mkdir(parents=True, exist_ok=True)
        self._borrowed = wanted is not None and (not ROOT or passable(wanted))
        self.folder = wanted if wanted is not None and self._borrowed else Path(tempfile.mkdtemp(prefix="maild-test-"))
        if not self._borrowed:
            self.folder.chmod(0o755)

    def start(self) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        raise NotImplementedError

    def close(self) -> None:
        self.stop()
        if not self._borrowed:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self: Self_) -> Self_:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()


class Child:
    """One foreground process in a process group of its own, killed as a whole."""

    def __init__(self, command: Sequence[str], log: Path, user: str | None = None, cwd: Path | None = None) -> None:
        self._log: IO[bytes] = log.open("ab")
        self.log = log
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
            user=user,
            group=user,
            extra_groups=[] if user else None,
            cwd=cwd,
        )

    def wait_until(self, ready: Callable[[], bool], what: str) -> None:
        def alive_and_ready() -> bool:
            if self.process.poll() is not None:
                raise RuntimeError(
                    f"{what} ended with {self.process.returncode}:\n{self.log.read_text('utf-8', 'replace')[-2000:]}"
                )
            return ready()

        wait_until(alive_and_ready, what)

    def end(self, how: signal.Signals, patience: float) -> None:
        """Ask with `how`, then kill the whole group after `patience` seconds."""
        if self.process.poll() is None:
            self.process.send_signal(how)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(patience)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)
        self._log.close()


# --------------------------------------------------------------------------------------------- certificates


class Certificates:
    """A certificate authority of our own and server certificates of it, by the openssl program.

    `ca` is the file that a client trusts; `make(name, …)` returns one PEM file with key and certificate.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.ca = folder / "ca.pem"
        self._ca_key = folder / "ca.key"
        self._openssl(
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
            "-keyout",
            str(self._ca_key),
            "-out",
            str(self.ca),
            "-subj",
            "/CN=maild test authority",
            "-addext",
            "keyUsage=critical,keyCertSign,cRLSign",
        )

    def make(self, host: str = "localhost", days: int = 2, self_signed: bool = False) -> Path:
        """A server certificate for `host` (a name or an IPv4 address); `days` below 0 makes one that has expired."""
        stem = self.folder / f"{host}{'-self' if self_signed else ''}{'-expired' if days < 0 else ''}"
        key, request, cert, both = (stem.with_name(stem.name + end) for end in (".key", ".csr", ".crt", ".pem"))
        kind = "IP" if re.fullmatch(r"[0-9.]+", host) else "DNS"
        extensions = stem.with_name(stem.name + ".ext")
        extensions.write_text(f"subjectAltName={kind}:{host}\nextendedKeyUsage=serverAuth\n")
        self._openssl(
            "req",
            "-new",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-keyout",
            str(key),
            "-out",
            str(request),
            "-subj",
            f"/CN={host}",
        )
        signer = (
            ["-signkey", str(key)]
            if self_signed
            else ["-CA", str(self.ca), "-CAkey", str(self._ca_key), "-CAcreateserial"]
        )
        self._openssl(
            "x509",
            "-req",
            "-in",
            str(request),
            "-out",
            str(cert),
            "-days",
            str(days),
            "-extfile",
            str(extensions),
            *signer,
        )
        both.write_bytes(key.read_bytes() + cert.read_bytes())
        return both

    @staticmethod
    def _openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)


# --------------------------------------------------------------------------------------------- Dovecot

DOVECOT_CONF = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = {ssl}
{certificate}
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
auth_username_chars =
mail_location = maildir:~/Maildir
first_valid_uid = 1
mail_max_userip_connections = 1000
default_internal_user = {internal_user}
default_internal_group = {internal_group}
default_login_user = {login_user}
{capability}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/passwd
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {folder}/passwd
}}
namespace inbox {{
  inbox = yes
  separator = {separator}
  prefix = {prefix}
}}
service imap-login {{
  chroot =
  process_min_avail = 1
  inet_listener imap {{
    port = {imap_port}
  }}
  inet_listener imaps {{
    port = {imaps_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp_port}
  }}
}}
{extra}
"""


class Dovecot(Server):
    """IMAP and LMTP by Dovecot, as root or as an ordinary user.

    users          address → password; an address is also the login
    capabilities   the words to advertise after the login, None for all that Dovecot has. It only hides: a client that
                   sends MOVE is served all the same, so a test must watch what the client sends
    certificate    a PEM file with key and certificate: STARTTLS on imap_port, TLS on imaps_port
    separator, prefix   of the personal namespace
    """

    def __init__(
        self,
        folder: Path | str | None,
        users: Mapping[str, str],
        capabilities: str | None = None,
        certificate: Path | None = None,
        separator: str = "/",
        prefix: str = "",
        extra: str = "",
    ) -> None:
        super().__init__(folder)
        self.users = dict(users)
        self.imap_port, self.lmtp_port, imaps = free_port(), free_port(), free_port()
        self.imaps_port = imaps if certificate else 0
        self._child: Child | None = None
        for name in ("mail", "run", "state"):
            (self.folder / name).mkdir(exist_ok=True)
        user, group = (MAIL_OWNER, MAIL_OWNER) if ROOT else (os.geteuid(), os.getegid())
        self._write_passwd(user, group)
        if ROOT:
            os.chown(self.folder / "mail", user, group)
        me = _account_name()
        self.config = self.folder / "dovecot.conf"
        self.config.write_text(
            DOVECOT_CONF.format(
                folder=self.folder,
                imap_port=self.imap_port,
                imaps_port=self.imaps_port,
                lmtp_port=self.lmtp_port,
                ssl="yes" if certificate else "no",
                certificate=f"ssl_cert = <{certificate}\nssl_key = <{certificate}" if certificate else "",
                capability=f"imap_capability = {capabilities}" if capabilities is not None else "",
                internal_user="dovecot" if ROOT else me,
                internal_group="dovecot" if ROOT else _group_name(),
                login_user="dovenull" if ROOT else me,
                separator=separator,
                prefix=prefix,
                extra=extra,
            ),
            encoding="utf-8",
        )

    def _write_passwd(self, user: int, group: int) -> None:
        # Dovecot doubles backslashes before it looks a name up.
        lines = [
            "{}:{{PLAIN}}{}:{}:{}::{}/mail/{}::\n".format(
                name.replace("\\", "\\\\"), password, user, group, self.folder, name.replace("\\", "_")
            )
            for name, password in self.users.items()
        ]
        (self.folder / "passwd").write_text("".join(lines), encoding="utf-8")

    def start(self) -> None:
        if self._child is None:
            self._child = Child([_program("dovecot"), "-F", "-c", str(self.config)], self.folder / "dovecot.out")
            self._child.wait_until(lambda: answers(self.imap_port) and answers(self.lmtp_port), "dovecot")

    def stop(self) -> None:
        # A polite stop takes Dovecot two to three seconds; its Maildir survives a kill as it must survive a power cut.
        if self._child is not None:
            self._child.end(signal.SIGKILL, 0)
            self._child = None
            # Its login processes hold the listening socket until they notice that their master is gone.
            wait_until(lambda: not answers(self.imap_port), "dovecot gone")
            for stale in (self.folder / "run").glob("master.pid"):
                stale.unlink()

    def deliver(self, address: str, raw: bytes, folder: str = "INBOX") -> None:
        """Hand over one mail: by LMTP into INBOX, by doveadm into any other folder (which is made)."""
        if folder == "INBOX":
            self.deliver_many(address, [raw])
        else:
            self.doveadm("save", "-u", address, "-m", folder, stdin=raw, make_folder=(address, folder))

    def deliver_many(self, address: str, mails: Iterable[bytes]) -> None:
        """Hand over several mails by LMTP on one connection, in this order."""
        with smtplib.LMTP("127.0.0.1", self.lmtp_port) as lmtp:
            for raw in mails:
                lmtp.sendmail("envelope@sender.example", [address], raw)

    def doveadm(self, *arguments: str, stdin: bytes = b"", make_folder: tuple[str, str] | None = None) -> str:
        """Run doveadm against this server and return what it printed; CalledProcessError if it failed."""
        if make_folder is not None:
            subprocess.run(
                [_program("doveadm"), "-c", str(self.config), "mailbox", "create", "-u", *make_folder],
                capture_output=True,
                check=False,
            )
        done = subprocess.run(
            [_program("doveadm"), "-c", str(self.config), *arguments], input=stdin, capture_output=True
        )
        if done.returncode:
            raise RuntimeError(f"doveadm {' '.join(arguments)}: {done.stderr.decode('utf-8', 'replace')}")
        return done.stdout.decode()

    def mails(self, address: str, folder: str = "INBOX") -> list[bytes]:
        """Every mail in a folder, by UID, as Dovecot prints it."""
        out = self.doveadm("-f", "tab", "fetch", "-u", address, "uid", "mailbox", folder).splitlines()[1:]
        uids = sorted(int(line) for line in out)
        return [
            self.doveadm("-f", "flow", "fetch", "-u", address, "text", "mailbox", folder, "uid", str(uid)).encode()
            for uid in uids
        ]

    def count(self, address: str, folder: str = "INBOX") -> int:
        """How many mails a folder holds; 0 if there is no such folder."""
        try:
            said = self.doveadm("-f", "flow", "mailbox", "status", "-u", address, "messages", folder)
        except RuntimeError:
            return 0
        found = re.search(r"messages=(\d+)", said)
        return int(found[1]) if found else 0


# --------------------------------------------------------------------------------------------- Postfix

POSTFIX_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/q
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.{domain}
mydestination =
mynetworks = 127.0.0.0/8
local_recipient_maps =
virtual_mailbox_domains = {domain}
virtual_mailbox_maps = inline:{{ {users} }}
virtual_transport = lmtp:inet:127.0.0.1:{lmtp_port}
default_transport = {default_transport}
alias_maps =
alias_database =
maillog_file = {folder}/maillog
maillog_file_prefixes = {prefix}
enable_long_queue_ids = yes
message_size_limit = {size_limit}
smtpd_peername_lookup = no
disable_dns_lookups = yes
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
smtpd_client_connection_count_limit = 0
"""


class Postfix(Server):
    """SMTP by Postfix; root only. Mail to `users` goes by LMTP to a Dovecot, all other domains to `sink_port`."""

    def __init__(
        self,
        folder: Path | str | None,
        users: Iterable[str],
        lmtp_port: int,
        sink_port: int = 0,
        domain: str = "corp.example",
        size_limit: int = 60_000_000,
        extra: str = "",
    ) -> None:
        super().__init__(folder)
        self.smtp_port = free_port()
        self._running = False
        etc = self.folder / "etc"
        for name in ("etc", "q", "data"):
            (self.folder / name).mkdir(exist_ok=True)
        shutil.chown(self.folder / "data", "postfix")
        master = Path("/usr/share/postfix/master.cf.dist").read_text("utf-8")
        master = re.sub(
            r"^smtp      inet.*$", f"127.0.0.1:{self.smtp_port} inet n - n - - smtpd", master, flags=re.MULTILINE
        )
        (etc / "master.cf").write_text(master, encoding="utf-8")
        (etc / "main.cf").write_text(
            POSTFIX_MAIN.format(
                folder=self.folder,
                domain=domain,
                lmtp_port=lmtp_port,
                size_limit=size_limit,
                prefix=self.folder.parts[0] + self.folder.parts[1],
                users=", ".join(f"{user}=x" for user in users),
                default_transport=f"smtp:[127.0.0.1]:{sink_port}" if sink_port else "error:5.1.2 no outside world",
            )
            + extra,
            encoding="utf-8",
        )

    def _postfix(self, verb: str, check: bool = True) -> None:
        done = subprocess.run(
            [_program("postfix"), "-c", str(self.folder / "etc"), verb], capture_output=True, check=False
        )
        if check and done.returncode:
            raise RuntimeError(f"postfix {verb}: {done.stderr.decode('utf-8', 'replace')} {self.log()}")

    def start(self) -> None:
        if not self._running:
            self._postfix("start")
            self._running = True
            wait_until(lambda: answers(self.smtp_port), f"postfix on port {self.smtp_port}")

    def stop(self) -> None:
        if self._running:
            self._running = False
            self._postfix("abort", check=False)
            wait_until(lambda: not answers(self.smtp_port), "postfix gone")

    def log(self) -> str:
        """What Postfix has logged so far."""
        log = self.folder / "maillog"
        return log.read_text("utf-8", "replace") if log.exists() else ""


class SmtpSink(Server):
    """Postfix's smtp-sink: takes (or refuses, by its own options such as `-r rcpt`) mail as fast as it can."""

    def __init__(self, *options: str) -> None:
        super().__init__()
        self.smtp_port = free_port()
        self._options = options
        self._child: Child | None = None

    def start(self) -> None:
        if self._child is None:
            # smtp-sink refuses to run as root unless told whom to become.
            become = ["-u", "nobody"] if ROOT else []
            self._child = Child(
                [_program("smtp-sink"), *become, *self._options, f"127.0.0.1:{self.smtp_port}", "256"],
                self.folder / "sink.out",
            )
            self._child.wait_until(lambda: answers(self.smtp_port), "smtp-sink")

    def stop(self) -> None:
        if self._child is not None:
            self._child.end(signal.SIGTERM, 2)
            self._child = None


# --------------------------------------------------------------------------------------------- PostgreSQL


class Postgres(Server):
    """A PostgreSQL server, as an ordinary user (as root it becomes `postgres`); durability switched off for speed."""

    def __init__(self, folder: Path | str | None = None) -> None:
        super().__init__(None if ROOT else folder)
        self.port = free_port()
        self._user = "postgres" if ROOT else None
        self._child: Child | None = None
        self._made = 0
        self._templates: set[str] = set()
        # What to set otherwise than for speed.
        self.settings: dict[str, object] = {}
        if ROOT:
            shutil.chown(self.folder, "postgres", "postgres")
        self._data = self.folder / "data"

    def start(self) -> None:
        if self._child is not None:
            return
        if not self._data.exists():
            subprocess.run(
                [
                    _postgres_program("initdb"),
                    "-D",
                    str(self._data),
                    "-A",
                    "trust",
                    "-U",
                    "maild",
                    "-E",
                    "UTF8",
                    "--locale=C.UTF-8",
                    "--no-sync",
                ],
                check=True,
                capture_output=True,
                cwd=self.folder,
                user=self._user,
                group=self._user,
                extra_groups=[] if ROOT else None,
            )
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self.folder,
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "max_connections": 200,
            **self.settings,
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        log = self.folder / "postgres.out"
        self._child = Child(
            [_postgres_program("postgres"), "-D", str(self._data), *options], log, user=self._user, cwd=self.folder
        )
        self._child.wait_until(self._ready, "postgres")

    def _ready(self) -> bool:
        import psycopg

        try:
            self._run("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT ends it cleanly; SIGQUIT is its own emergency stop, SIGKILL a power cut."""
        if self._child is not None:
            self._child.end(how, 10)
            self._child = None

    def _run(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(
            host="127.0.0.1", port=self.port, user="maild", dbname="postgres", autocommit=True, connect_timeout=5
        ) as connection:
            connection.execute(statement.encode("ascii"))

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://maild@127.0.0.1:{self.port}/{name}"

    def database(self, template: str = "") -> str:
        """Make a new database (a copy of `template`, a name from `template()`) and return its SQLAlchemy URL."""
        self._made += 1
        name = f"t{self._made}"
        self._run(f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else ""))
        return self.url(name)

    def template(self, name: str, prepare: Callable[[str], None]) -> str:
        """Make a database called `name`, let `prepare(url)` fill it and leave it; the name is for `database()`."""
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,40}", name):
            raise ValueError(f"{name!r}: a template's name is lower-case letters, digits and underscores")
        if name not in self._templates:
            # A module's tests may come to one worker in two parts, and each part asks for its template.
            self._run(f"CREATE DATABASE {name}")
            prepare(self.url(name))
            self._templates.add(name)
        return name

    def drop(self, url: str) -> None:
        """Throw a database away, with whoever is still connected to it."""
        name = url.rpartition("/")[2]
        if not re.fullmatch(r"t\d+", name):
            raise ValueError(f"{name!r} was not made by database()")
        self._run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


# --------------------------------------------------------------------------------------------- programs


def find(program: str) -> str | None:
    """Where a program is, also in the folders that an ordinary user's PATH does not name; None if nowhere."""
    if program in ("initdb", "postgres"):
        versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
        return str(versions[-1]) if versions else shutil.which(program)
    return shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin:/usr/local/sbin:/usr/lib/dovecot")


def _program(name: str) -> str:
    found = find(name)
    if found is None:
        raise FileNotFoundError(f"{name} is not installed")
    return found


_postgres_program = _program


def _account_name() -> str:
    import pwd

    return pwd.getpwuid(os.geteuid()).pw_name


def _group_name() -> str:
    import grp

    return grp.getgrgid(os.getegid()).gr_name
