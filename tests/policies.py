"""A small desk for the tests: the shipped rules, three people, and the targets of the product's table."""

from maild.config.triage_tables import build, shipped_tables
from maild.model import Address, Agent, Desk, Policy, Target, Team, Words


def default_policy() -> Policy:
    """The shipped triage tables for the desk IT at corp.example: two agents (L1, L2) and their lead."""
    tables = build(shipped_tables())
    lead = "chen.jing@corp.example"
    agents = (
        Agent("wang.wei@corp.example", "王伟", ("service_desk",), tier="L1", language="zh-CN"),
        Agent("zhao.min@corp.example", "Zhao Min", ("applications", "network", "security"), tier="L2"),
        Agent(lead, "陈静", ("service_desk",), tier="L2", lead=True, language="zh-CN"),
    )
    titles = {
        "service_desk": Words("Service desk", "服务台"),
        "applications": Words("Applications", "应用组"),
        "network": Words("Network", "网络组"),
        "security": Words("Security", "安全组"),
    }
    address = "it@corp.example"
    return Policy(
        desk=Desk(
            name=Words("IT Service Desk", "IT服务台"),
            address=address,
            prefix="IT",
            hotline="8000",
            own_addresses=frozenset({address}),
            internal_domains=frozenset({"corp.example"}),
        ),
        categories=tables.categories,
        teams={code: Team(code, title, lead=lead) for code, title in titles.items()},
        agents={agent.address: agent for agent in agents},
        topics=tables.topics,
        targets={
            "P1": Target(15, 240, "24x7"),
            "P2": Target(30, 480, "business"),
            "P3": Target(240, 3 * 480, "business"),
            "P4": Target(480, 5 * 480, "business"),
        },
        matrix=tables.matrix,
        urgency_words=tables.urgency_words,
        impact_words=tables.impact_words,
        systems=tables.systems,
        admins=(Address("admin@corp.example"),),
    )
