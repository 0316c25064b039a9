"""What is known of the usual mail providers: hosts, ports, how to log in, and how much they let out."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Security = Literal["tls", "starttls"]


@dataclass(frozen=True, slots=True)
class OAuth:
    """A provider's login by OAuth2; `{tenant}` in the token endpoint stands for the organisation."""

    flow: Literal["client_credentials", "refresh_token"]
    token_url: str
    scope: str = ""

    @property
    def of_tenant(self) -> bool:
        return "{tenant}" in self.token_url


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Hosts are empty where they are the site's own. `connections` and `per_minute`: None takes the profile's;
    `oauth`: how it logs in unless a password is named; `hints` are told to whoever runs `maild init` and written into
    the file."""

    title: str
    imap_host: str = ""
    imap_port: int = 993
    imap_security: Security = "tls"
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_security: Security = "starttls"
    profile: Literal["own", "exchange"] = "own"
    connections: int | None = None
    per_minute: int | None = None
    oauth: OAuth | None = None
    hints: tuple[str, ...] = ()


PROVIDERS: Mapping[str, Provider] = {
    "exmail": Provider(
        title="Tencent Exmail / WeCom mail 腾讯企业邮箱",
        imap_host="imap.exmail.qq.com",
        smtp_host="smtp.exmail.qq.com",
        smtp_port=465,
        smtp_security="tls",
        connections=2,
        per_minute=30,
        hints=(
            "Switch on IMAP/SMTP in the mailbox's settings (设置 > 客户端设置).",
            "Where secure login (安全登录) is on, the password is a client password (客户端专用密码).",
            "Mail to strangers counts against a daily quota that the whole domain shares; mail inside does not.",
        ),
    ),
    "163": Provider(
        title="NetEase 163 / 126 网易邮箱",
        imap_host="imap.163.com",
        smtp_host="smtp.163.com",
        smtp_port=465,
        smtp_security="tls",
        connections=1,
        per_minute=10,
        hints=(
            "Switch on IMAP/SMTP in the mailbox's settings (设置 > POP3/SMTP/IMAP).",
            "The password is the authorisation code (授权码) that is shown there once, not the login's own.",
            "NetEase wants every client to name itself (IMAP ID): maild does.",
            "Free mailboxes may send little a day and are blocked when they send fast: fit for trying out only.",
        ),
    ),
    "m365": Provider(
        title="Microsoft 365 (OAuth 2.0)",
        imap_host="outlook.office365.com",
        smtp_host="smtp.office365.com",
        profile="exchange",
        oauth=OAuth(
            "client_credentials",
            "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
            "https://outlook.office365.com/.default",
        ),
        hints=(
            "Microsoft 365 takes no passwords, only OAuth 2.0. An administrator registers an application in Entra ID",
            "(entra.microsoft.com > App registrations > New registration): its overview shows client id and tenant id,",
            "and under Certificates & secrets a client secret is made; note when it ends.",
            "API permissions > APIs my organization uses > Office 365 Exchange Online > Application permissions:",
            "IMAP.AccessAsApp and SMTP.SendAsApp, then Grant admin consent. Then let it into this one mailbox by",
            "PowerShell (New-ServicePrincipal, Add-MailboxPermission): docs/admin.md has the lines.",
            "Switch on Authenticated SMTP for the mailbox. Out go 30 mails a minute and 10,000 recipients a day.",
        ),
    ),
    "google": Provider(
        title="Google Workspace / Gmail (OAuth 2.0, or an app password by --password-from)",
        imap_host="imap.gmail.com",
        smtp_host="smtp.gmail.com",
        connections=4,
        oauth=OAuth("refresh_token", "https://oauth2.googleapis.com/token"),
        hints=(
            "In a Google Cloud project (console.cloud.google.com) set up the OAuth consent screen as Internal, or",
            "publish it (a refresh token of one in Testing ends after 7 days), and make an OAuth client of type Web",
            "application with the redirect URI https://developers.google.com/oauthplayground: it shows id and secret.",
            "Consent once as the mailbox's user in that playground, with your own client (the gear) and the scope",
            "https://mail.google.com/: it shows the refresh token. docs/admin.md has the steps.",
            "Without OAuth: two-step verification, an app password of 16 letters, and --password-from.",
            "A Workspace user may send 2,000 mails a day.",
        ),
    ),
    "exchange": Provider(
        title="Exchange on your own servers",
        connections=3,
        hints=(
            "IMAP is off by default: start the services MSExchangeIMAP4 and MSExchangeIMAP4BE.",
            "For a shared mailbox the login is DOMAIN\\user\\alias.",
            "The receive connector for clients lets 5 mails a minute through: raise its MessageRateLimit.",
            "With a certificate of your own authority, set tls_ca in [[mailbox]] and [relay].",
        ),
    ),
    "other": Provider(title="any other IMAP and SMTP server"),
}

_CHINESE_ZONES = ("Asia/Shanghai", "Asia/Chongqing", "Asia/Urumqi", "PRC")


def machine_zone(provider: Provider) -> str:
    """This machine's time zone by the name of the file that /etc/localtime leads to."""
    named = os.environ.get("TZ", "").lstrip(":")
    if not named:
        target = os.path.realpath("/etc/localtime")
        named = target.partition("/zoneinfo/")[2]
    if named in ("", "Etc/UTC", "UTC", "Universal", "Zulu", "Etc/UCT"):
        # A server that keeps UTC says nothing of where its people are; a Chinese mailbox does.
        return "Asia/Shanghai" if provider.imap_host.endswith(("qq.com", "163.com")) else named or "UTC"
    return named


def usual_country(zone: str) -> str:
    """The country whose holidays a desk in this zone surely keeps; empty where that is not sure."""
    return "CN" if zone in _CHINESE_ZONES else ""
