"""`maild check`: is everything there that a desk needs, and if not, what is to be done. Nothing is changed or sent."""
