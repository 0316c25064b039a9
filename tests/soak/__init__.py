"""Long forms of tests: `python -m tests.soak NAME [SIZE] [SEED]`."""
