"""What the image has beside Debian's packages and ours: how it boots quickly, is reached, and stays quiet."""

from pathlib import Path

MANAGEMENT_MAC = "52:54:00:00:00:01"
# A small initial RAM disk is loaded in seconds of an emulated CPU.
INITRAMFS = {
    "etc/initramfs-tools/conf.d/rack": "MODULES=list\n",
    "etc/initramfs-tools/modules": "virtio_pci\nvirtio_blk\next4\n",
}
FILES = {
    "etc/fstab": "/dev/vda / ext4 rw,relatime 0 1\n",
    "etc/hostname": "rack\n",
    "etc/hosts": "127.0.0.1 localhost rack\n",
    "etc/systemd/network/10-management.link": f"[Match]\nMACAddress={MANAGEMENT_MAC}\n[Link]\nName=mgmt\n",
    "etc/systemd/network/10-management.network":
        "[Match]\nName=mgmt\n[Network]\nAddress=10.0.2.15/24\nGateway=10.0.2.2\n",
    # Modules that look for hardware that is not there, and take their time.
    "etc/modprobe.d/rack.conf": "".join(f"blacklist {name}\n" for name in (
        "kvm_amd", "kvm_intel", "cfg80211", "powernow_k8", "acpi_cpufreq")),
    "etc/ssh/sshd_config.d/rack.conf": "UseDNS no\n",
    "etc/sysctl.d/90-rack.conf": "kernel.printk = 4 4 1 7\n",
}  # fmt: skip
ENABLED = ("systemd-networkd", "ssh")
# What takes seconds of a boot, or works in the background when it pleases.
MASKED = ("systemd-networkd-wait-online.service", "systemd-timesyncd.service", "getty@tty1.service", "apt-daily.timer",
          "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer", "fstrim.timer")  # fmt: skip


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def let_in(root: Path, public_key: str) -> None:
    folder = root / "root/.ssh"
    folder.mkdir(mode=0o700, exist_ok=True)
    keys = folder / "authorized_keys"
    keys.write_text(public_key)
    keys.chmod(0o600)
