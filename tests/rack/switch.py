"""honeyswitch in the guest, as its package has installed it."""

import json

from laboratory.errors import LabError
from laboratory.wait import wait_for
from rack.guest import Guest
from rack.machine import PORTS
from rack.wires import DARK

UNIT = "honeyswitch.service"
CONFIGURATION = "/etc/honeyswitch/honeyswitch.toml"
PATIENCE_S = 90


def configuration(workers: int = 1, session_capacity: int = 100_000, mbufs: int = 32_768, ports: str = "") -> str:
    """A worker that never sleeps would keep one of the few CPUs that all of the rack shares. A session is idle for as
    long as an emulated machine takes to boot."""
    return f"""[ports]
outside = "{PORTS['outside']}"
inside = "{PORTS['inside']}"
honeypot = "{PORTS['honeypot']}"
{ports}
[process]
workers = {workers}
idle_sleep = "50us"
[capacity]
session_capacity = {session_capacity}
mbufs = {mbufs}
[timeouts]
idle_timeout = "10m"
[state]
save_interval = "1s"
[diversion]
dark = ["{DARK}"]
[notices]
listen_address = "127.0.0.1"
[[honeypot]]
name = "pot"
[[list]]
name = "attackers"
kind = "attacker"
"""


class Switch:
    def __init__(self, guest: Guest):
        self.guest = guest

    def prepare(self) -> str:
        """The steps of README.md from huge pages to the service. Returns what the tools said."""
        self.guest.write(CONFIGURATION, configuration())
        said = self.guest.does("setup-hugepages --persist")
        said += self.guest.does(f"bind-nics --bind {' '.join(PORTS.values())} --persist")
        return said + self.guest.does(f"systemctl enable {UNIT} 2>&1")

    def property(self, name: str) -> str:
        return self.guest.does(f"systemctl show -P {name} {UNIT}").strip()

    def pid(self) -> int:
        return int(self.property("MainPID"))

    def log(self) -> str:
        """Of its present start."""
        return self.guest.does(
            f"journalctl -o cat --no-pager -u {UNIT} _SYSTEMD_INVOCATION_ID=$(systemctl show -P InvocationID {UNIT})"
        )

    def forwards(self) -> bool:
        return "forwarding with" in self.log()

    def wait(self) -> None:
        wait_for("honeyswitch forwards", self.forwards, PATIENCE_S, interval=1, evidence=self.log)

    def restart(self, text: str) -> None:
        self.guest.write(CONFIGURATION, text)
        self.guest.does(f"systemctl restart {UNIT}")
        self.wait()

    def check(self, text: str) -> tuple[int, str]:
        """Exit code and words of --check, which touches nothing."""
        self.guest.write("/tmp/checked.toml", text)
        result = self.guest.call("honeyswitch --check --config /tmp/checked.toml")
        return result.returncode, (result.stdout + result.stderr).strip()

    def start_by_hand(self, text: str) -> tuple[int, str]:
        """Of a start that must fail, while the service is stopped. It would run for ever otherwise."""
        self.guest.write("/tmp/started.toml", text)
        result = self.guest.call("timeout 60 honeyswitch --config /tmp/started.toml")
        return result.returncode, (result.stdout + result.stderr).strip()

    def ports(self) -> dict[str, dict]:
        return {row["name"]: row for row in self._rows("ports")}

    def list_entries(self) -> list[str]:
        return [row["prefix"] for row in self._rows("list", "show", "attackers")]

    def sessions(self) -> list[dict]:
        return self._rows("sessions")

    def stats(self) -> dict:
        return self._rows("stats")[0]

    def _rows(self, *words: str) -> list[dict]:
        answer = self.guest.does(f"honeyctl {' '.join(words)} --json")
        try:
            return json.loads(answer)["rows"]
        except (ValueError, KeyError) as error:
            raise LabError(f"honeyctl {' '.join(words)} --json said: {answer[:500]}") from error
