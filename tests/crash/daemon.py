"""`python -m tests.crash.daemon SECTIONS.json`: the real daemon on settings laid over the shipped config.toml."""

import json
import sys
from pathlib import Path

from maild import log
from maild.config import load
from maild.daemon import Daemon
from maild.desk import NotReady


def main() -> int:
    settings = load(None, json.loads(Path(sys.argv[1]).read_text("utf-8")))
    listener = log.set_up(settings.daemon.log, settings.daemon.log_level)
    try:
        daemon = Daemon(settings)
        daemon.listen_to_signals()
        daemon.run()
    except NotReady as error:
        print(error, file=sys.stderr)
        return error.code
    finally:
        listener.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
