"""Stories: whole conversations with the desk, told in scripts that a support manager can read (README.md)."""
