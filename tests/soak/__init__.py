"""Long forms of the tests: `python -m tests.soak NAME [SIZE] [SEED]`."""
