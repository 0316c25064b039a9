"""`python -m tests.soak [NAME [SIZE] [SEED]]`: the long tests. Without a name their list; `all`: one after another.

Every module of this folder with `main(size: int | None, seed: str) -> None` is one of them; its docstring's first line
says what it does, and `size` None stands for its own full size. A seed that is not given is made up and printed, so
that a run that failed can be played again. A run that finds anything wrong ends with 1.
"""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tests import soak


@dataclass(frozen=True)
class Entry:
    """One long test: what it does, in a line, and how to run it."""

    says: str
    main: Callable[[int | None, str], None]


def entries() -> dict[str, Entry]:
    """Every long test by its name. Raises TypeError for a module that is none."""
    found: dict[str, Entry] = {}
    for module in sorted(each.name for each in pkgutil.iter_modules(soak.__path__)):
        if module.startswith("_"):
            continue
        loaded = importlib.import_module(f"{soak.__name__}.{module}")
        main = getattr(loaded, "main", None)
        if not callable(main) or not loaded.__doc__:
            raise TypeError(f"tests/soak/{module}.py has no main(size, seed), or says in no docstring what it does")
        found[module] = Entry(loaded.__doc__.strip().split("\n")[0], main)
    return found


def run(name: str, entry: Entry, size: int | None, seed: str) -> bool:
    """One long test in this process; whether all was well."""
    print(f"── {name}: {entry.says}\nseed {seed}", flush=True)
    begun = time.monotonic()
    try:
        entry.main(size, seed)
    # pytest's own failures too, which are no Exception.
    except BaseException:
        traceback.print_exc()
        print(f"── {name}: FAILED after {time.monotonic() - begun:.0f} s; again: python -m tests.soak {name} "
              f"{'' if size is None else size} {seed}".replace("  ", " "), flush=True)  # fmt: skip
        return False
    print(f"── {name}: all well after {time.monotonic() - begun:.0f} s", flush=True)
    return True


def run_all(known: Mapping[str, Entry], seed: str) -> bool:
    """Each in a process of its own, so that none leaves anything to the next; whether all were well."""
    bad = [
        name
        for name in known
        if subprocess.run([sys.executable, "-m", "tests.soak", name, "full", seed], check=False).returncode
    ]
    print(f"── {len(known)} long tests, seed {seed}: {'all well' if not bad else 'FAILED: ' + ' '.join(bad)}")
    return not bad


def main(arguments: Sequence[str]) -> int:
    known = entries()
    if not arguments:
        width = max(map(len, known))
        print("\n".join(f"{name:{width}}  {entry.says}" for name, entry in known.items()))
        return 0
    name, *rest = arguments
    size = int(rest[0]) if rest and rest[0] != "full" else None
    seed = rest[1] if rest[1:] else str(time.time_ns())
    if name == "all":
        return 0 if run_all(known, seed) else 1
    if name not in known:
        print(f"no long test is called {name}: {', '.join(known)}, or all", file=sys.stderr)
        return 2
    return 0 if run(name, known[name], size, seed) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
