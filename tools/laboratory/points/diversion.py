"""Point 2: what is in use answers for itself, all else is the honeypot."""

from .. import addresses
from ..conversation import HONEYPOT_GREETING, Conversation, web_title
from ..lab import Lab
from ..wait import comes_true
from .observation import Observation

INACTIVE = "10.66.1.99"  # in the agent's domain
PORT = 7000
HONEYPOT_WEB_TITLE = "INetSim default HTML page"


def real_servers_and_honeypot(lab: Lab) -> Observation:
    """Outside to active address: the real server; to inactive: the honeypot, with true source and destination"""
    seen = Observation()
    attacker = lab.machine("attacker")
    titles = {address: web_title(attacker, address) for address in addresses.HOSTS.values()}
    seen.note(titles == {address: name for name, address in addresses.HOSTS.items()},
              "curl: " + ", ".join(f"{address} is {title}" for address, title in titles.items()))
    said = _ssh(lab, addresses.HOSTS["mail"])
    seen.note(said == "this is the campus host mail", f"ssh {addresses.HOSTS['mail']}: \"{said}\"")
    for address in (INACTIVE, addresses.DARK_EXAMPLE):
        _inactive(lab, address, seen)
    title = web_title(attacker, INACTIVE)
    seen.note(title == HONEYPOT_WEB_TITLE, f"curl {INACTIVE}: \"{title}\"")
    return seen


def _ssh(lab: Lab, address: str) -> str:
    options = ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
               "-o", "ConnectTimeout=5", "-o", "BatchMode=yes", "-i", str(lab.client_key)]
    result = lab.machine("attacker").attempt("ssh", *options, f"root@{address}", timeout=30)
    return result.stdout.strip() or result.stderr.strip()


def _inactive(lab: Lab, address: str, seen: Observation) -> None:
    try:
        with Conversation(lab.machine("attacker"), address, PORT, source=addresses.ATTACKERS[1]) as attack:
            source, greeting = attack.local, attack.greeting
    except OSError as error:
        seen.note(False, f"{address}:{PORT}: no answer ({error})")
        return
    entry = {"event": "open", "source": source, "destination": f"{address}:{PORT}"}
    logged = comes_true(lambda: any(entry.items() <= line.items() for line in lab.honeypot.sessions()), timeout=3)
    seen.note(greeting.startswith(HONEYPOT_GREETING) and logged,
              f"{address}:{PORT}: the honeypot, its log has {source} → {address}:{PORT}" if logged
              else f"{address}:{PORT} said \"{greeting}\", and the honeypot's log does not have {source}")
