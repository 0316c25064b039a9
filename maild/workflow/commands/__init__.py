"""What agents say to the desk by mail (PRODUCT §3.4): one grammar, and one file for each family of commands."""
