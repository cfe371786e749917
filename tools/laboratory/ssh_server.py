"""A real sshd in a machine of the laboratory: it lets the attacker's key in and says one sentence."""

from pathlib import Path

from .namespace import Namespace, run
from .processes import Processes

PORT = 22
CONFIG = """\
Port {port}
ListenAddress 0.0.0.0
HostKey {directory}/host_key
PidFile none
AuthorizedKeysFile {directory}/authorized_keys
StrictModes no
UsePAM no
PermitRootLogin yes
PasswordAuthentication no
ForceCommand echo {sentence}
"""


def start(name: str, sentence: str, namespace: Namespace, processes: Processes, directory: Path,
          client_key: Path) -> None:
    """Its process is `name`-sshd, its files are in `directory`."""
    key = directory / "host_key"
    if not key.exists():
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(key))
    (directory / "authorized_keys").write_text(client_key.with_suffix(".pub").read_text())
    config = directory / "sshd_config"
    config.write_text(CONFIG.format(port=PORT, directory=directory, sentence=sentence))
    Path("/run/sshd").mkdir(exist_ok=True)  # privilege separation wants it; normally systemd makes it
    processes.start(f"{name}-sshd", namespace.command("/usr/sbin/sshd", "-D", "-e", "-f", str(config)))
