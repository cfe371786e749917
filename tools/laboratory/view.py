"""What the operator sees of the switch, from honeyctl's JSON."""

from .lab import Lab
from .wait import comes_true, wait_for


def active(lab: Lab) -> dict[str, list[str]]:
    """Each active address and who vouches for it: "agent:NAME", "sighting", "static"."""
    return {row["address"]: row["vouchers"] for row in lab.appliance.ask("active")}


def becomes_active(lab: Lab, address: str, voucher: str = "", timeout: float = 20) -> bool:
    return comes_true(lambda: any(v.startswith(voucher) for v in active(lab).get(address, [])), timeout)


def becomes_inactive(lab: Lab, address: str, timeout: float = 60) -> bool:
    return comes_true(lambda: address not in active(lab), timeout, interval=0.2)


def session_count(lab: Lab) -> int:
    return lab.appliance.ask("stats")["sessions"]


def counters(lab: Lab) -> dict[str, int]:
    return {row["name"]: row["value"] for row in lab.appliance.ask("stats")["counters"]}


def counter_growth(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    """Only those that grew."""
    return {name: value - before.get(name, 0) for name, value in after.items() if value != before.get(name, 0)}


def wait_for_growth(lab: Lab, before: dict[str, int], *names: str, least: int = 1) -> dict[str, int]:
    """Until these counters together have grown by so much; then all that have."""
    def grown() -> dict[str, int] | None:
        growth = counter_growth(before, counters(lab))
        return growth if sum(growth.get(name, 0) for name in names) >= least else None
    return wait_for(f"{' or '.join(names)} grows by {least}", grown, timeout=5,
                    evidence=lambda: f"these grew: {counter_growth(before, counters(lab))}")


def sessions(lab: Lab, source: str = "0.0.0.0/0", destination: str = "0.0.0.0/0") -> list[dict]:
    return lab.appliance.ask("sessions", "--source", source, "--destination", destination)


def honeypot_states(lab: Lab) -> dict[str, str]:
    return {row["name"]: row["state"] for row in lab.appliance.ask("honeypots")}


def rule_packets(lab: Lab) -> dict[str, int]:
    return {row["name"]: row["packets"] for row in lab.appliance.ask("rules")}


def list_entries(lab: Lab, name: str) -> dict[str, list[str]]:
    """Each source on the list, and who put it there."""
    return {row["prefix"]: row["origins"] for row in lab.appliance.ask("list", "show", name)}
