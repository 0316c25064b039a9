"""Meaning → decision. Pure: no clock, no dice, no network; only the standard library and the nouns."""
