"""What bind-nics remembers of each card that it bound."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from .pci import Nic
from .refusal import Refusal
from .replaced_file import replace_file


@dataclass
class Card:
    """Which driver it had, and by what it is known again: addresses of PCI are counted anew when a card is added."""

    driver: str | None
    model: str
    mac: str | None
    no_iommu: bool = False
    at_boot: bool = False

    def differs(self, nic: Nic) -> str | None:
        """How the card at this address is another than the one that was bound; None if it is the same, as far as can
        be seen."""
        if nic.model != self.model:
            return f"it was a {self.model} and is a {nic.model}"
        if self.mac and nic.mac and nic.mac != self.mac:
            return f"its MAC address was {self.mac} and is {nic.mac}"
        return None


class NicMemory:
    """By PCI address, in a file that outlives a reboot and every restart of honeyswitch."""

    def __init__(self, path: Path):
        self.path = path

    def read(self) -> dict[str, Card]:
        try:
            return {address: Card(**card) for address, card in json.loads(self.path.read_text()).items()}
        except FileNotFoundError:
            return {}
        except (ValueError, TypeError, AttributeError) as error:
            raise Refusal(f"{self.path} is damaged ({error}); remove it: --unbind works without it, and --persist has "
                          "to be said again") from error

    def write(self, cards: dict[str, Card]) -> None:
        replace_file(self.path, json.dumps({address: asdict(card) for address, card in cards.items()}, indent=2) + "\n")

    def remember(self, address: str, card: Card) -> None:
        self.write(self.read() | {address: card})

    def forget(self, address: str) -> None:
        cards = self.read()
        if cards.pop(address, None):
            self.write(cards)
