"""How a tool says what it did not do."""


class Refusal(Exception):
    """A sentence for the operator: what was not done, and why."""
