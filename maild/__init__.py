"""maild turns one shared support mailbox into an IT service desk."""

__version__ = "0.1.0"
