"""Which senders may be blocked by an admin's mail: never our own people, never a whole provider of mailboxes."""

from maild.model import Policy, Words

# Who blocks one of these domains would lock out customers and colleagues' private addresses by the thousand.
_PROVIDERS = frozenset(
    "gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com ymail.com icloud.com me.com mac.com "
    "aol.com gmx.de gmx.net gmx.com web.de t-online.de mail.ru yandex.ru yandex.com proton.me protonmail.com zoho.com "
    "qq.com vip.qq.com foxmail.com 163.com vip.163.com 126.com yeah.net sina.com sina.cn sohu.com aliyun.com 139.com "
    "189.cn 21cn.com tom.com wo.cn 88.com naver.com yahoo.co.jp orange.fr free.fr libero.it".split()
)


def why_not_blocked(sender: str, policy: Policy) -> Words | None:
    """Why an address, or a domain behind an @, may not be blocked by mail; None when it may."""
    local, _, domain = sender.rpartition("@")
    if sender in policy.desk.own_addresses or sender == policy.desk.address.lower():
        return Words("that is the desk's own address", "这是服务台自己的地址")
    if domain in policy.desk.internal_domains or domain == policy.desk.address.lower().rpartition("@")[2]:
        return Words(
            "that is one of our own people; if it must be, list it under [screening] blocked in config.toml",
            "这是公司内部地址，不能通过邮件拉黑；确有必要时，请写入 config.toml 的 [screening] blocked",
        )
    if local and (policy.agent(sender) is not None or any(sender == admin.key for admin in policy.admins)):
        return Words("that is an agent or an admin of this desk", "这是本服务台支持人员或管理员的地址")
    if not local and any(each.rpartition("@")[2] == domain for each in _ours(policy)):
        return Words("agents or admins of this desk write from there", "本服务台的支持人员或管理员使用该域名")
    if not local and (domain in _PROVIDERS or "." not in domain):
        return Words(
            "thousands of people have their mailbox there; block the one address instead",
            "这是公共邮箱服务商，请只拉黑具体的地址",
        )
    return None


def _ours(policy: Policy) -> list[str]:
    agents = (address for agent in policy.agents.values() for address in (agent.address, *agent.aliases))
    return [*agents, *(admin.key for admin in policy.admins)]
