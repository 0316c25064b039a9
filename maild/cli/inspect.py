"""`maild inspect`: what maild would do with a mail, and why."""

import json
import sys
import time
from typing import Annotated

import typer

from maild.cli.where import ConfigFile, settings_or_defaults


def inspect(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE.eml…", help="Mails as raw RFC 5322 files.", show_default=False)
    ],
    as_json: Annotated[
        bool,
        typer.Option("--json", metavar="", help="One JSON object a line and file, in the order given; exit code 0."),
    ] = False,
    config: ConfigFile = None,
) -> None:
    """Tell what maild would do with a mail, and why, without doing it.

    Everything comes from the very code that the daemon runs. No mailbox,
    database or password is needed; without a config.toml the shipped defaults
    count. Limits, duplicates and what stands in tickets are not applied.

    Example:  maild inspect strange.eml
    """
    from maild.cli.inspect_read import LIMIT_S, look, wake
    from maild.ingest.worker import Worker

    with Worker(timeout_s=LIMIT_S) as worker:
        # The parser starts while the config and the rules are loaded.
        started = wake(worker)
        settings = settings_or_defaults(config)
        from datetime import UTC, datetime

        from maild.cli.inspect_report import quarantined, report

        # An error of the parser's own start shows with the first mail.
        started.exception()
        for at, looked in enumerate(look(files, worker, settings.limits.parse_bytes)):
            begun = time.perf_counter()
            try:
                found = report(looked, settings.policy, datetime.now(UTC))
            # Whatever a mail breaks is told of that mail; the daemon puts such a mail aside after three tries.
            except Exception as error:
                print(f"maild: {looked.file!r}: {type(error).__name__}: {error!r}", file=sys.stderr)
                found = quarantined(looked, f"deciding failed: {type(error).__name__}: {error}"[:400])
            found["ms"] = round(looked.ms + (time.perf_counter() - begun) * 1000, 1)
            if as_json:
                print(json.dumps(found), flush=True)
            else:
                from maild.cli.inspect_show import show

                show(found, at)
