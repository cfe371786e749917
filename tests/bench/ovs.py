"""OVS-DPDK with the paper's table, its sessions made by learn() with an idle timeout.

learn() is what makes the comparison fair: the paper's controller would cost a Packet-In, a Flow-Mod and a
Packet-Out for each session, learn() costs the upcall alone, within the forwarding thread.
"""

import os
import shutil
import subprocess

from bench.addresses import CAMPUS_PREFIX, active_addresses
from bench.process import CONTROL_CPU, FORWARDING_CPU, Failure, Process, wait_until
from bench.shared_page import PORTS

BINARY = "/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk"
SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"
OUTSIDE, INSIDE, HONEYPOT = 1, 2, 3  # OpenFlow port numbers
SESSION_COOKIE = 0x3
BRIDGE = "br-honey"


def paper_rules(active):
    """Priorities 0 to 2 of the paper's section 3.4; what learn() adds is priority 3."""
    yield f"priority=0,in_port={OUTSIDE},actions=output:{INSIDE}"
    yield f"priority=0,in_port={INSIDE},actions=output:{OUTSIDE}"
    yield f"priority=0,in_port={HONEYPOT},actions=output:{OUTSIDE}"
    for protocol, number in (("tcp", 6), ("udp", 17)):
        ports = f"NXM_OF_{protocol.upper()}_SRC[],NXM_OF_{protocol.upper()}_DST[]"
        session = (f"learn(table=0,priority=3,idle_timeout=60,cookie={SESSION_COOKIE},eth_type=0x800,nw_proto={number},"
                   f"NXM_OF_IN_PORT[],NXM_OF_IP_SRC[],NXM_OF_IP_DST[],{ports},output:NXM_NX_REG0[])")  # fmt: skip
        yield (f"priority=1,in_port={OUTSIDE},{protocol},nw_dst={CAMPUS_PREFIX},"
               f"actions=load:{HONEYPOT}->NXM_NX_REG0[],{session},output:{HONEYPOT}")  # fmt: skip
    for address in active:
        yield f"priority=2,in_port={OUTSIDE},ip,nw_dst={address},actions=output:{INSIDE}"


class OvsDpdk:
    """Tuned: the exact-match cache off, which costs more than it gives with more flows than its 8,192 entries, and
    the limit of datapath flows where it would get to by itself after minutes. Untuned, as it is installed: the cache
    on, and a limit that begins at 10,000 and grows by some thousand a second."""

    keeps_sessions = True
    counts_drops = False

    def __init__(self, bench, tuned=True):
        self.bench, self.tuned = bench, tuned
        self.name = "OVS-DPDK" if tuned else "OVS-DPDK untuned"
        self.database = self.process = None
        self.directory = bench.directory / "ovs"

    def _environment(self):
        names = ("OVS_RUNDIR", "OVS_DBDIR", "OVS_SYSCONFDIR", "OVS_LOGDIR")
        return {name: self.directory for name in names} | self.bench.environment

    def _run(self, *command, text=None):
        result = subprocess.run([str(word) for word in command], input=text, capture_output=True, text=True,
                                env=os.environ | {k: str(v) for k, v in self._environment().items()}, timeout=120)  # fmt: skip
        if result.returncode != 0:
            raise Failure(f"{' '.join(map(str, command))[:200]}: {result.stderr.strip()}")
        return result.stdout

    def _vsctl(self, *words):
        return self._run("ovs-vsctl", f"--db=unix:{self.directory}/db.sock", "--timeout=60", *words)

    def _start_database(self):
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir()
        self._run("ovsdb-tool", "create", self.directory / "conf.db", SCHEMA)
        command = ["ovsdb-server", self.directory / "conf.db", f"--remote=punix:{self.directory}/db.sock",
                   f"--unixctl={self.directory}/db.ctl"]  # fmt: skip
        self.database = Process("ovsdb-server", command, self.bench.log("ovsdb"), self._environment())
        wait_until((self.directory / "db.sock").exists, 10, "ovsdb-server listens")

    def _set_options(self, sessions):
        # The default of 200,000 datapath flows is less than the cases need: active flows and sessions each take one.
        flow_limit = max(200_000, 2 * sessions + 200_000)
        extra = f"--in-memory --no-pci -d {self.bench.load_library}"
        options = {
            "dpdk-init": "true", "dpdk-lcore-mask": hex(1 << CONTROL_CPU), "pmd-cpu-mask": hex(1 << FORWARDING_CPU),
            "dpdk-alloc-mem": "512", "dpdk-extra": extra, "flow-limit": flow_limit,
        }  # fmt: skip
        if self.tuned:
            options["emc-insert-inv-prob"] = 0
        self._vsctl("--no-wait", "init")
        settings = [f'other_config:{key}="{value}"' for key, value in options.items()]
        self._vsctl("--no-wait", "set", "Open_vSwitch", ".", *settings)

    def _add_ports(self, sources):
        words = ["add-br", BRIDGE, "--", "set", "bridge", BRIDGE, "datapath_type=netdev", "fail-mode=secure"]
        for number, (port, device) in enumerate(zip(PORTS, self.bench.devices(sources)), start=1):
            words += ["--", "add-port", BRIDGE, port, "--", "set", "Interface", port, "type=dpdk",
                      f'options:dpdk-devargs="{device}"', f"ofport_request={number}", "options:n_rxq=1"]  # fmt: skip
        self._vsctl(*words)

    def start(self, sources, sessions=0, **_):
        self._start_database()
        self._set_options(sessions)
        command = [BINARY, f"unix:{self.directory}/db.sock", f"--unixctl={self.directory}/vswitchd.ctl", "-vfile:off",
                   "-vconsole:warn"]  # fmt: skip
        self.process = Process("ovs-vswitchd", command, self.bench.log("ovs"), self._environment())
        self._add_ports(sources)
        self.bench.wait_for_ports(self.process, receive_queues=3, transmit_queues=3)
        rules = "\n".join(paper_rules(active_addresses(self.bench.active_count, self.bench.seed)))
        self._run("ovs-ofctl", "--bundle", "add-flows", f"unix:{self.directory}/{BRIDGE}.mgmt", "-", text=rules)
        if self.tuned:
            self._run("ovs-appctl", "-t", self.directory / "vswitchd.ctl", "upcall/set-flow-limit", 2 * sessions + 200_000)

    def sessions(self):
        answer = self._run("ovs-ofctl", "dump-aggregate", f"unix:{self.directory}/{BRIDGE}.mgmt",
                           f"cookie={SESSION_COOKIE}/-1")  # fmt: skip
        return int(answer.rsplit("flow_count=", 1)[1])

    def forwarding_threads(self):
        return self.process.forwarding_threads("pmd-c")

    def session_threads(self):
        return self.forwarding_threads()

    def expected_port(self, traffic, source):
        if source != "outside":
            return PORTS.index("outside")
        return PORTS.index("inside" if traffic == "active" else "honeypot")

    def stop(self):
        try:
            if self.process and self.process.alive():
                # A signal alone would leave the bridge's tap devices behind.
                self._run("ovs-appctl", "-t", self.directory / "vswitchd.ctl", "exit", "--cleanup")
                wait_until(lambda: not self.process.alive(), 20, "ovs-vswitchd ends")
        finally:
            for process in (self.process, self.database):
                if process:
                    process.stop()
            shutil.rmtree(self.directory, ignore_errors=True)
