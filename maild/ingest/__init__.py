"""Raw mail to meaning: getting, reading and screening mail; nothing here knows the database."""
