"""The daemon killed at every named place and at random moments; afterwards everything is compared with what went in."""
