"""What maild costs: a load on a real Dovecot and a real relay, with a floor measured in the same run."""
