"""The database: one schema, one file of questions per group of tables, and only that file writes to them."""
