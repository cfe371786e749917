"""How the laboratory says what went wrong."""


class LabError(Exception):
    """A sentence for the operator: what was attempted, on what, and why it failed."""
