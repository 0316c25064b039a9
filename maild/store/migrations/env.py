"""How Alembic runs a migration: on the connection that `migrate.upgrade` hands over, in one transaction."""

from alembic import context

from maild.store.schema import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=False,
    transaction_per_migration=False,
)
context.run_migrations()
