"""Commands that concern the desk itself, not one ticket: who does which of them (PRODUCT §3.4)."""

from collections.abc import Callable, Mapping

from maild.workflow.commands import fetch
from maild.workflow.commands.grammar import Command
from maild.workflow.errand import Errand
from maild.workflow.questions import absence, help, lists, own, report, show

Doer = Callable[[Errand, Command, str], None]

# By verb; each writes on the errand, or raises Refused. The third argument is the text under the commands.
DOERS: Mapping[str, Doer] = {
    fetch.VERB: fetch.file,
    "help": help.help_,
    "mine": lists.mine,
    "queue": lists.queue,
    "overdue": lists.late,
    "find": lists.find,
    "show": show.show,
    "status": own.status,
    "report": report.report,
    "away": absence.leave,
    "reassign": absence.reassign,
}
