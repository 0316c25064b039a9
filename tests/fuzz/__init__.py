"""A fuzzer of our own for the reading of mail: mutated seeds and grown mails, judged by what may never happen."""
