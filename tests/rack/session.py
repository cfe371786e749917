"""A TCP session of the attacker with the honeypot, which is to outlive what happens to the switch."""

from laboratory.conversation import Conversation
from laboratory.errors import LabError
from laboratory.wait import wait_for
from rack.rack import Rack
from rack.wires import DARK_ADDRESS, ECHO_PORT

FILE = "/var/lib/honeyswitch/sessions"
BYTES = 50_000
PATIENCE_S = 120


class Session:
    """The honeypot echoes. A context manager, that has echoed once when it begins."""

    def __init__(self, rack: Rack):
        self.switch, self.guest = rack.switch, rack.guest
        self.conversation = Conversation(rack.wires.attacker, DARK_ADDRESS, ECHO_PORT, timeout=PATIENCE_S)
        self.port = self.conversation.socket.getsockname()[1]

    def __enter__(self) -> "Session":
        greeting = self.conversation.greeting
        assert greeting.startswith("honeypot: "), f"{DARK_ADDRESS} greets: {greeting}"
        self.goes_on()
        return self

    def __exit__(self, *_: object) -> None:
        self.conversation.__exit__()

    def _echoes(self) -> None:
        if not self.conversation.echoes(BYTES):
            raise LabError(f"the session of port {self.port} with the honeypot is broken: {self.switch.log()[-1000:]}")

    def _since(self) -> str:
        """When it began, as the switch knows it. A session of ICMP has no ports."""
        rows = self.switch.sessions()
        since = [row["since"] for row in rows if row.get("source_port") == self.port]
        if len(since) != 1:
            raise LabError(f"the switch has {len(since)} sessions of port {self.port}: {rows}"[:1500])
        return since[0]

    def saved(self) -> None:
        """Until a file of the sessions was begun and ended after this moment."""
        for _ in range(2):
            before = self._changed()
            wait_for(f"{FILE} is written", lambda before=before: self._changed() != before, 60, interval=0.3)

    def _changed(self) -> str:
        return self.guest.call(f"stat -c %y {FILE}").stdout

    def goes_on(self) -> str:
        """It echoes byte for byte, and the switch knows of it. LabError otherwise."""
        self._echoes()
        return f"the attacker's session with the honeypot passes byte for byte, since {self._since()}"

    def outlived(self) -> str:
        """It goes on, and the switch that knows it was started after it had begun."""
        said, since, started = self.goes_on(), self._since(), self.switch.stats()["started"]
        assert since < started, f"this session began at {since}, and the switch started at {started}"
        return f"{said}; the switch started at {started}"
