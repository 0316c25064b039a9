"""What became of the mails that an admin let in by mail: told when the last of them has been decided."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from maild.apply import Writer, post
from maild.store import commands, ledger_hold, ledger_lists
from maild.workflow import admin_mail

# Nobody is told of a mail that was let in longer ago than this.
_LOOK_BACK = timedelta(days=7)


def settle(connection: Connection, number: int, writer: Writer, now: datetime) -> None:
    """A mail that was let in has been decided: note it for the admins who asked for it, and tell those of whose words
    it was the last."""
    admins = {admin.key: admin for admin in writer.policy.admins}
    mail = ledger_hold.aside(connection, number)
    if mail is None or mail.waits or not admins:
        return
    for inbound, who in commands.awaiting(connection, tuple(admins), f"release {number}", now - _LOOK_BACK):
        language = writer.policy.admin_languages.get(who, "en")
        words = admin_mail.became(mail, writer.policy.desk.prefix).for_(language)
        rows = commands.decided(connection, inbound, f"release {number}", mail.fate == "ticketed", words, now)
        asked = ledger_lists.get(connection, inbound)
        if all(row.done is not None for row in rows) and asked is not None:
            letter = admin_mail.told_of(rows, admins[who], language, asked.message_id)
            post(connection, [letter], writer, now)
