"""The network cards that QEMU emulates and DPDK drives, with what is to be expected of each."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Heads:
    """Registers of a card that say how far it is in each of its rings. Offsets and stride in bytes."""

    receive: int
    transmit: int
    stride: int
    ring: int  # entries of a ring, as honeyswitch asks for


@dataclass(frozen=True)
class Nic:
    """What the checks expect of a card; the table in tools/README.md says where each is known from."""

    name: str
    device: str  # QEMU's, with options
    queues: int  # of which each worker needs one
    takes_link_down: bool  # its DPDK driver has a function for it
    long_frames: bool  # 9,000 bytes with what an mtu adds to them
    refused_mtu: int | None  # more than it can have
    spreads: bool = False  # flows over its queues, by RSS
    heads: Heads | None = None


# QEMU's RSS for virtio needs an eBPF program that Debian's cannot load, and without it frames stay behind: so one
# queue.
VIRTIO = "virtio-net-pci,disable-legacy=on,iommu_platform=on,ats=on,mq=off,rss=off,rx_queue_size=1024"
RING = 2_048
NICS = {nic.name: nic for nic in (
    Nic("e1000e", "e1000e", queues=2, takes_link_down=False, long_frames=True, refused_mtu=9_702,
        heads=Heads(receive=0x2810, transmit=0x3810, stride=0x100, ring=RING)),
    Nic("igb", "igb", queues=16, takes_link_down=True, long_frames=True, refused_mtu=None, spreads=True,
        heads=Heads(receive=0xC010, transmit=0xE010, stride=0x40, ring=RING)),
    Nic("vmxnet3", "vmxnet3", queues=8, takes_link_down=False, long_frames=False, refused_mtu=9_000),
    Nic("virtio", VIRTIO, queues=1, takes_link_down=False, long_frames=True, refused_mtu=None),
)}  # fmt: skip
DEFAULT_NIC = "e1000e"
