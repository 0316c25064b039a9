"""`maild demo`: the real daemon between two embedded servers, and a cast that writes to it."""
