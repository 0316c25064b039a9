"""The floor plan, kept: who may import whom, one door per library, one writer per table, and house rules of style.

Everything here is read from the source by `ast`; nothing of maild is run but the migrations.
"""

import ast
import fnmatch
import importlib.metadata
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import Engine

from maild.store import migrate
from maild.store.engine import open_engine
from maild.store.schema import metadata
from tests import servers

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "maild"

# Imports run downwards only; floors may be skipped; rooms on one floor never import one another.
FLOORS: tuple[frozenset[str], ...] = tuple(
    frozenset(floor.split())
    for floor in (
        "__main__",
        "cli",
        "demo doctor",
        "daemon",
        # Puts a desk together from its settings, for the daemon, the demo and the stories.
        "desk",
        # What the daemon knows of its own state.
        "condition",
        # One helper that keeps a step going; it knows which errors are trouble of the world outside.
        "loops",
        "fetch receive tick chores send bring logins p1_calls",
        # What fetch works with: rows for what came, folders for what is done, and patience with what does not come.
        "arrivals filing missing",
        # What deliberation receive and `maild inspect` share.
        # Looks for mass incidents; a chore.
        # What is told by the clock; what became of a mail that an admin let in.
        "consider watch daily let_in expired",
        # Whether the button that a mail presses holds; a report entered at the terminal, as a mail.
        "presses entered",
        # Who works in the company, read and taken over; what the desk has learned.
        "gather apply record directory teach evidence",
        # What gather reads for questions.
        "lookup",
        # What gather remembers between two decisions, and proves again in each.
        # What a notice tells its reader of their own commands.
        "beside whoever experience told",
        "ingest workflow outbound reports",
        "store",
        "config",
        "tokens log metrics notify data failpoint alarm doorbell",
        "model",
    )
)
FLOOR_OF = {room: level for level, floor in enumerate(FLOORS) for room in floor}

# Library → the files that may import it.
DOORS: Mapping[str, tuple[str, ...]] = {
    "imapclient": ("ingest/mailbox*.py",),
    "imaplib": ("ingest/mailbox*.py",),
    "mailparser": ("ingest/parse.py",),
    "resiliparse": ("ingest/html.py",),
    "chardet": ("ingest/charset.py",),
    "jinja2": ("outbound/compose.py",),
    "markupsafe": ("outbound/compose.py",),
    "aiosmtplib": ("outbound/smtp*.py",),
    # The protocol of OAuth2; an extra that only logins by token need.
    "authlib": ("ingest/oauth.py",),
    "requests": ("ingest/oauth.py",),
    # An extra that only a directory by LDAP needs.
    "ldap3": ("directory/directory_ldap.py",),
    "urllib3": ("ingest/oauth.py",),
    # The demo's cast are other people's mail programs: they do not go through the desk's own door.
    "smtplib": ("demo/*.py",),
    "asyncio": ("outbound/smtp*.py", "demo/postoffice*.py"),
    "hmac": ("tokens.py",),
    "schedule": ("chores.py", "tick.py"),
    "holidays": ("config/calendar.py",),
    "pydantic": ("config/*.py",),
    "tomllib": ("config/*.py",),
    "alembic": ("store/migrate.py", "store/migrations/*.py", "store/migrations/versions/*.py"),
    "psycopg": ("store/*.py",),
    "typer": ("cli/*.py", "cli/*/*.py"),
    "rich": ("cli/*.py", "cli/*/*.py", "demo/*.py"),
    "pymap": ("demo/postoffice*.py",),
    "pysasl": ("demo/postoffice*.py",),
    "proxyprotocol": ("demo/postoffice*.py",),
    "aiosmtpd": ("demo/postoffice*.py",),
}

# What would make a decision depend on more than its arguments.
IMPURE = frozenset(
    "asyncio concurrent ctypes fcntl glob http io locale logging multiprocessing os pathlib platform queue"
    " random secrets shutil signal smtplib imaplib socket sqlite3 ssl subprocess sys tempfile"
    " threading time urllib uuid".split()
)
CLOCKS = frozenset({"now", "today", "utcnow"})
OUTSIDE = frozenset({"open", "print", "input", "exec", "eval"})

LINES = 450


def sources() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def place(path: Path, node: ast.AST | None = None) -> str:
    line = getattr(node, "lineno", None)
    return str(path.relative_to(ROOT)) + (f":{line}" if line else "")


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def modules() -> frozenset[str]:
    return frozenset(module_of(path) for path in sources())


def room_of(module: str) -> str:
    """`maild.ingest.parse` → `ingest`; the package itself is no room (it holds the version)."""
    return module.split(".")[1] if "." in module else ""


def imports(path: Path, below: ast.AST | None = None) -> Iterator[tuple[str, ast.AST]]:
    """Every module that this file imports, wherever in the file: `from maild import model` names maild.model."""
    for node in ast.walk(below or tree(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node
        elif isinstance(node, ast.ImportFrom):
            yield from ((name, node) for name in _from(path, node))
        elif isinstance(node, ast.Call) and _name(node.func) in ("import_module", "__import__"):
            yield from ((a.value, node) for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str))


def _from(path: Path, node: ast.ImportFrom) -> Iterator[str]:
    if node.level:
        above = module_of(path).split(".")
        base = ".".join(above[: len(above) - node.level + (path.name == "__init__.py")])
        base = f"{base}.{node.module}" if node.module else base
    else:
        base = node.module or ""
    if base.split(".")[0] != "maild":
        yield base
        return
    for alias in node.names:
        full = f"{base}.{alias.name}"
        yield full if full in modules() else base


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def test_every_room_stands_on_a_floor() -> None:
    rooms = {room_of(module) for module in modules()} - {""}
    assert rooms <= FLOOR_OF.keys(), f"no floor for {sorted(rooms - FLOOR_OF.keys())}: put it into FLOORS"


def test_imports_run_downwards_and_brothers_never_import_one_another() -> None:
    wrong = []
    for path in sources():
        own = room_of(module_of(path))
        for module, node in imports(path):
            other = room_of(module) if module.startswith("maild.") else ""
            if own and other and own != other and FLOOR_OF[other] <= FLOOR_OF[own]:
                kind = "its brother" if FLOOR_OF[other] == FLOOR_OF[own] else "above it"
                wrong.append(f"{place(path, node)}: {own} imports {module}, {kind}")
    assert not wrong, "\n".join(wrong)


def test_no_modules_import_one_another_in_a_circle() -> None:
    graph = {}
    for path in sources():
        top = ast.Module([node for node in tree(path).body if isinstance(node, ast.Import | ast.ImportFrom)], [])
        graph[module_of(path)] = {module for module, _ in imports(path, top) if module in modules()}
    done: set[str] = set()

    def visit(module: str, way: tuple[str, ...]) -> None:
        # A package's __init__ gathers its own modules, which is no circle as long as they don't import it.
        assert module not in way, " → ".join((*way[way.index(module) :], module))
        if module not in done:
            for other in sorted(graph[module]):
                visit(other, (*way, module))
            done.add(module)

    for module in sorted(graph):
        visit(module, ())


@pytest.mark.parametrize("room", ["model", "workflow"])
def test_model_and_workflow_import_only_the_standard_library_and_model(room: str) -> None:
    wrong = []
    for path in sources():
        if room_of(module_of(path)) == room:
            for module, node in imports(path):
                ours = module.startswith("maild.") and room_of(module) in {"model", room}
                if not ours and module.split(".")[0] not in sys.stdlib_module_names:
                    wrong.append(f"{place(path, node)}: {module}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("room", ["model", "workflow"])
def test_model_and_workflow_ask_no_clock_no_dice_and_nothing_outside(room: str) -> None:
    wrong = []
    for path in sources():
        if room_of(module_of(path)) != room:
            continue
        wrong += [f"{place(path, node)}: {module}" for module, node in imports(path) if module.split(".")[0] in IMPURE]
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS:
                wrong.append(f"{place(path, node)}: {ast.unparse(node)} asks a clock; take the moment as an argument")
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in OUTSIDE:
                wrong.append(f"{place(path, node)}: {node.func.id}()")
    assert not wrong, "\n".join(wrong)


def test_ingest_outbound_and_workflow_know_no_database() -> None:
    wrong = [
        f"{place(path, node)}: {module}"
        for path in sources()
        if room_of(module_of(path)) in ("ingest", "outbound", "workflow", "model")
        for module, node in imports(path)
        if module.split(".")[0] in ("sqlalchemy", "sqlite3", "psycopg") or module.startswith("maild.store")
    ]
    assert not wrong, "\n".join(wrong)


def test_each_library_has_one_door() -> None:
    wrong = []
    for path in sources():
        inside = path.relative_to(PACKAGE).as_posix()
        for module, node in imports(path):
            doors = DOORS.get(module.split(".")[0])
            if doors is not None and not any(fnmatch.fnmatchcase(inside, door) for door in doors):
                wrong.append(f"{place(path, node)}: {module} belongs to {' and '.join(doors)}")
    assert not wrong, "\n".join(wrong)


def test_every_door_is_used() -> None:
    used = {module.split(".")[0] for path in sources() for module, _ in imports(path)}
    unused = DOORS.keys() - used - {"psycopg"}
    assert not unused, f"nobody imports {sorted(unused)}: take it out of DOORS"


# ── one writer per table ─────────────────────────────────────────────────────────────────────────────────────────────


def owners() -> dict[str, list[str]]:
    """Table → the store module that its heading in schema.py or schema_desk.py names, and what was built onto it."""
    found: dict[str, list[str]] = {}
    owner: list[str] = []
    texts = [(PACKAGE / "store" / name).read_text(encoding="utf-8") for name in ("schema.py", "schema_desk.py")]
    for line in "\n".join(texts).splitlines():
        if heading := re.match(r"# ── store/([a-z_]+\.py(?:, [a-z_]+\.py)*) ", line):
            owner = [f"store/{name}" for name in heading[1].split(", ")]
            assert all(name.startswith(owner[0].removesuffix(".py")) for name in owner), line
        elif table := re.match(r"([a-z_]+) = Table\($", line):
            found[table[1]] = owner
    return found


def writes(path: Path) -> Iterator[tuple[str, ast.AST]]:
    """Tables that this file inserts into, updates or deletes from: insert(t), t.insert(), _insert(connection)(t)."""
    names: dict[str, str] = {}
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and node.module == "maild.store.schema":
            names |= {alias.asname or alias.name: alias.name for alias in node.names}

    def table(node: ast.AST) -> str | None:
        if isinstance(node, ast.Attribute):
            return node.attr if _name(node.value) == "schema" else None
        return names.get(node.id) if isinstance(node, ast.Name) else None

    for node in ast.walk(tree(path)):
        if not isinstance(node, ast.Call):
            continue
        func = node.func.func if isinstance(node.func, ast.Call) else node.func
        if not re.search(r"insert|update|delete|upsert", _name(func)):
            continue
        candidates = [*node.args, *([func.value] if isinstance(func, ast.Attribute) else [])]
        yield from ((name, node) for candidate in candidates if (name := table(candidate)) is not None)


def test_every_table_names_the_module_that_writes_it() -> None:
    assert owners().keys() == metadata.tables.keys()
    missing = [
        f"{table}: {owner}" for table, names in owners().items() for owner in names if not (PACKAGE / owner).is_file()
    ]
    assert not missing, missing


def test_each_table_has_one_writer() -> None:
    belongs, wrong, seen = owners(), [], set()
    for path in sources():
        if "migrations" in path.parts:
            continue
        for table, node in writes(path):
            seen.add(table)
            if path.relative_to(PACKAGE).as_posix() not in belongs[table]:
                wrong.append(f"{place(path, node)} writes {table}, which belongs to {belongs[table]}")
    assert not wrong, "\n".join(wrong)
    # The eyes of this test are tested too: it must see the tables that every mail writes.
    assert {"inbound", "raw_chunk", "ticket", "entry", "history", "timer", "outbox", "token_use"} <= seen


def test_nobody_outside_the_store_knows_tables_or_writes_sql() -> None:
    wrong = []
    for path in sources():
        if room_of(module_of(path)) == "store":
            continue
        wrong += [f"{place(path, node)}: {module}" for module, node in imports(path) if module == "maild.store.schema"]
        for node in ast.walk(tree(path)):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and re.match(r"\s*(INSERT INTO|UPDATE \w+ SET|DELETE FROM) ", node.value)
            ):
                wrong.append(f"{place(path, node)}: {node.value[:40]}")
    assert not wrong, "\n".join(wrong)


# ── the schema and its migrations ────────────────────────────────────────────────────────────────────────────────────


def differences(engine: Engine) -> list[object]:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "target_metadata": metadata})
        return list(compare_metadata(context, metadata))


def test_head_names_the_newest_migration() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(migrate.FOLDER))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [migrate.HEAD]


def test_a_migrated_sqlite_database_is_what_the_schema_says(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'desk.db'}")
    try:
        migrate.upgrade(engine)
        assert migrate.state(engine) == "current"
        assert differences(engine) == []
    finally:
        engine.dispose()


def test_a_migrated_postgresql_database_is_what_the_schema_says(postgres: servers.Postgres) -> None:
    engine = open_engine(postgres.database())
    try:
        migrate.upgrade(engine)
        assert migrate.state(engine) == "current"
        assert differences(engine) == []
    finally:
        engine.dispose()


# ── house rules ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_no_file_outgrows_its_room() -> None:
    long = {place(path): len(path.read_text(encoding="utf-8").splitlines()) for path in sources()}
    wrong = [f"{name}: {lines} lines" for name, lines in long.items() if lines > LINES]
    assert not wrong, "a door in the middle is wanted:\n" + "\n".join(wrong)


def test_no_error_is_swallowed_without_a_reason() -> None:
    """Never `except Exception: pass`; `suppress(Exception)` with its reason as a comment on the line above."""
    broad, wrong = {"Exception", "BaseException"}, []
    for path in sources():
        lines = path.read_text(encoding="utf-8").splitlines()
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ExceptHandler):
                kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
                wide = any(kind is None or _name(kind) in broad for kind in kinds)
                if wide and all(isinstance(line, ast.Pass | ast.Continue) for line in node.body):
                    wrong.append(f"{place(path, node)}: an except that says nothing")
            elif isinstance(node, ast.Call) and _name(node.func) == "suppress":
                above = lines[node.lineno - 2].strip()
                if broad & {_name(kind) for kind in node.args} and not above.startswith("#"):
                    wrong.append(f"{place(path, node)}: {ast.unparse(node)} without a reason above it")
    assert not wrong, "\n".join(wrong)


def test_no_file_is_called_utils() -> None:
    assert [place(path) for path in sources() if path.stem in ("utils", "util", "helpers", "misc", "common")] == []


def git(*arguments: str) -> list[str]:
    """Names that `git ls-files` prints. Without git (an unpacked release) there is nothing to say."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("no git checkout")
    command = ["git", "ls-files", "-z", "--exclude-standard", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    return [name for name in done.stdout.decode().split("\0") if name]


def test_git_keeps_nothing_that_gitignore_names() -> None:
    assert git("--cached", "--ignored") == []


def test_no_file_names_a_package_registry_or_a_path_of_somebody_s_machine() -> None:
    # Written in two pieces, so that this file does not name them either.
    pieces = (
        ("pypi", ".org"), ("python", "hosted.org"), ("/work", "/main"), ("/work", "/shared"), ("/tmp", "/venv"),
        ("/opt", "/pypi"), ("/opt", "/wheels"), ("/root", "/."), ("/Users", "/"),
    )  # fmt: skip
    foreign = re.compile("|".join(re.escape(first + last) for first, last in pieces).encode())
    wrong = []
    for name in git("--cached", "--others"):
        if (ROOT / name).is_file() and (found := foreign.search((ROOT / name).read_bytes())):
            wrong.append(f"{name}: {found[0].decode()}")
    assert not wrong, "\n".join(wrong)


def test_constraints_pin_versions_and_nothing_else() -> None:
    lines = [
        line
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    assert lines
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", line)] == []


def declared() -> dict[str, list[str]]:
    """Distributions that pyproject.toml names, by where ("" is what everybody gets)."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {
        where: [plain(re.split(r"[\[><=~! ]", line)[0]) for line in lines]
        for where, lines in {"": project["dependencies"], **project["optional-dependencies"]}.items()
    }


def plain(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def test_everything_declared_is_pinned() -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    pinned = {plain(line.split("==")[0]) for line in text.splitlines() if "==" in line}
    named = {name for names in declared().values() for name in names}
    assert named - pinned == {"maild"}


def test_every_library_that_maild_imports_is_declared() -> None:
    """An import that another library's dependency happens to satisfy breaks on the day that one lets go of it."""
    known = importlib.metadata.packages_distributions()
    extra = {
        "demo": ("demo/*.py",),
        "postgresql": ("store/*.py",),
        "oauth": ("ingest/oauth.py",),
        "ldap": ("directory/directory_ldap.py",),
    }
    wrong = []
    for path in sources():
        inside = path.relative_to(PACKAGE).as_posix()
        allowed = set(declared()[""])
        for name, where in extra.items():
            if any(fnmatch.fnmatchcase(inside, pattern) for pattern in where):
                allowed |= set(declared()[name])
        for module, node in imports(path):
            top = module.split(".")[0]
            ours = top in ("", "maild") or top in sys.stdlib_module_names
            if not ours and not allowed & {plain(name) for name in known.get(top, [])}:
                wrong.append(f"{place(path, node)}: {module}")
    assert not wrong, "\n".join(wrong)
