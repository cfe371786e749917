"""The network cards that QEMU emulates and DPDK drives, with what is to be expected of each."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Nic:
    """What the checks expect of a card; the table in tools/README.md says where each is known from."""

    name: str
    device: str  # QEMU's, with options
    queues: int  # of which each worker needs one
    takes_link_down: bool  # its DPDK driver has a function for it
    long_frames: bool  # 9,000 bytes with what an mtu adds to them
    refused_mtu: int | None  # more than it can have


# QEMU's RSS for virtio needs an eBPF program that Debian's cannot load, and without it frames stay behind: so one
# queue.
VIRTIO = "virtio-net-pci,disable-legacy=on,iommu_platform=on,ats=on,mq=off,rss=off,rx_queue_size=1024"
NICS = {nic.name: nic for nic in (
    Nic("e1000e", "e1000e", queues=2, takes_link_down=False, long_frames=True, refused_mtu=9_702),
    Nic("igb", "igb", queues=16, takes_link_down=True, long_frames=True, refused_mtu=None),
    Nic("vmxnet3", "vmxnet3", queues=8, takes_link_down=False, long_frames=False, refused_mtu=9_000),
    Nic("virtio", VIRTIO, queues=1, takes_link_down=False, long_frames=True, refused_mtu=None),
)}  # fmt: skip
DEFAULT_NIC = "e1000e"
