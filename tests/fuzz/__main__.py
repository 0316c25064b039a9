"""`python -m tests.fuzz SECONDS [SEED]`: so many seconds of CPU; without a seed each run tries something else."""

import base64
import secrets
import sys

from tests.fuzz.run import fuzz


def main(arguments: list[str]) -> int:
    seconds = float(arguments[0]) if arguments else 600.0
    seed = arguments[1] if len(arguments) > 1 else secrets.token_hex(4)
    print(f"fuzzing the reading of mail for {seconds:g} s of CPU, seed {seed}", flush=True)
    outcome = fuzz(seconds, seed)
    print(f"{outcome.mails} mails and {outcome.pieces} pieces tried, {len(outcome.found)} problems found")
    for problem, raw in outcome.found.items():
        print(f"\n{problem}\n{len(raw)} bytes in base64:\n{base64.b64encode(raw).decode()}")
    return 1 if outcome.found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
