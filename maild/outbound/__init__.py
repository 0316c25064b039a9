"""A decision becomes a mail on the wire: letters, subjects, buttons, budgets, and the way to the relay."""
