"""The tests: unit, corpus, stories, integration, crash, security."""
