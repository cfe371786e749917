"""Tells when anything of this network namespace has changed: links, IPv4 addresses, routes and rules, nftables."""

import contextlib
import select
import socket
import time

NETLINK_NETFILTER = 12
SOL_NETLINK, NETLINK_ADD_MEMBERSHIP = 270, 1
# linux/rtnetlink.h: RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV4_ROUTE, RTMGRP_IPV4_RULE
ROUTE_GROUPS = 0x1 | 0x10 | 0x40 | 0x80
NFTABLES_GROUP = 7
# Changes come in swarms: one who waits this long sees the last of one.
SETTLING_S = 0.3


class NetworkEvents:
    """Not told: sysctls. Whoever waits looks at those when the time is over."""

    def __init__(self) -> None:
        routes = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        routes.bind((0, ROUTE_GROUPS))
        self._sockets = [routes]
        with contextlib.suppress(OSError):  # A kernel without nftables has no ruleset that could change.
            rules = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
            rules.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, NFTABLES_GROUP)
            self._sockets.append(rules)
        for events in self._sockets:
            events.setblocking(False)

    def wait(self, timeout_s: float) -> None:
        """Returns once something has changed and settled, or the time is over."""
        if select.select(self._sockets, [], [], timeout_s)[0]:
            time.sleep(SETTLING_S)
        for events in self._sockets:
            self._drain(events)

    def _drain(self, events: socket.socket) -> None:
        while True:
            try:
                events.recv(1 << 16)
            except BlockingIOError:
                return
            except OSError:
                pass  # ENOBUFS: more has changed than it could hold, which is a change too.
