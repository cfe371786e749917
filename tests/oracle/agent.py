"""An agent that says what a test wants, by the notice protocol of docs/notice-protocol.md; each notice waits for its
acknowledgement, after which no worker decides by the former state any more."""

import os
import socket
import struct
from hashlib import blake2b

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from world import Prefix

MAGIC = b"hswn\x01"
HELLO, WELCOME, CONFIRM, SEALED, SEALED_REPLY = 1, 2, 3, 4, 5
CHANGE, STATE, ESTABLISHED, DONE_CHANGE, DONE_STATE = 1, 2, 129, 130, 131
TRIES, TRY_S = 40, 0.5


def digest(size: int, key: bytes, message: bytes) -> bytes:
    return blake2b(message, digest_size=size, key=key).digest()


def envelope(kind: int) -> bytes:
    return MAGIC + bytes([kind, 0, 0])


class Agent:
    def __init__(self, name: str, key: bytes, port: int):
        self._key = key
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect(("127.0.0.1", port))
        self._socket.settimeout(TRY_S)
        self._sequence = self._change = 0
        self._associate(digest(16, b"", name.encode()))

    def close(self) -> None:
        self._socket.close()

    def _associate(self, who: bytes) -> None:
        run, own = os.urandom(8), os.urandom(16)
        begin = envelope(HELLO) + who + run + own
        welcome = self._ask(begin + digest(32, self._key, begin), lambda answer: answer[5] == WELCOME)
        names = who + run + own + welcome[24:40]
        self._association = digest(8, self._key, b"honeyswitch notice 1 association" + names)
        self._sending = ChaCha20Poly1305(digest(32, self._key, b"honeyswitch notice 1 to controller" + names))
        self._receiving = ChaCha20Poly1305(digest(32, self._key, b"honeyswitch notice 1 to agent" + names))
        confirm = envelope(CONFIRM) + names
        self._ask(confirm + digest(32, self._key, confirm), lambda answer: self._open(answer)[0] == ESTABLISHED)

    def _ask(self, datagram: bytes | None, wanted, seal=None) -> bytes:
        for _ in range(TRIES):
            self._socket.send(datagram if seal is None else self._seal(seal))
            try:
                while not wanted(answer := self._socket.recv(2048)):
                    pass
                return answer
            except TimeoutError:
                pass
        raise TimeoutError("the controller does not answer the agent")

    def _seal(self, notice: bytes) -> bytes:
        self._sequence += 1
        head = envelope(SEALED) + self._association + struct.pack(">Q", self._sequence)
        return head + self._sending.encrypt(b"\0" * 4 + head[16:24], notice, head)

    def _open(self, datagram: bytes) -> bytes:
        if datagram[5] != SEALED_REPLY:
            return b"\0"
        return self._receiving.decrypt(b"\0" * 4 + datagram[16:24], datagram[24:], datagram[:24])

    def _acknowledged(self, kind: int, number: int):
        def wanted(answer: bytes) -> bool:
            notice = self._open(answer)
            if notice[0] != kind:
                return False
            place = 4
            if struct.unpack_from(">Q", notice, place)[0] != number:
                return False
            code = notice[1] if kind == DONE_STATE else notice[12]
            assert code == 0, f"notice {number} is answered with {code}"
            return True

        return wanted

    def state(self, domain: Prefix, active: set[int], swept: bool) -> None:
        """All that is active in the domain. Not swept: it is withdrawn."""
        network, length = domain
        self._change += 1
        bitmap = bytearray(((1 << (32 - length)) + 7) // 8)
        for place in active:
            bitmap[(place - network) // 8] |= 0x80 >> (place - network) % 8
        where = struct.pack(">IB", network, length)
        notice = (bytes([STATE, int(swept), 0, 0]) + struct.pack(">Q", self._change) + where + bytes([0, 1, 0])
                  + digest(16, b"", where + bytes(bitmap)) + bytes(bitmap))  # fmt: skip
        self._ask(None, self._acknowledged(DONE_STATE, self._change), notice)

    def change(self, domain: Prefix, active: list[int], inactive: list[int]) -> None:
        self._change += 1
        notice = (bytes([CHANGE, 0]) + struct.pack(">HQIBBH", len(active), self._change, *domain, 0, len(inactive))
                  + b"".join(struct.pack(">I", place) for place in active + inactive))  # fmt: skip
        self._ask(None, self._acknowledged(DONE_CHANGE, self._change), notice)
