"""The long forms of the fault tests, one module each: `main(size, seed)` under a docstring of one line."""
