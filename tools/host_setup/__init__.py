"""What bind-nics and honeypot-setup are made of: changes to this machine that are remembered, repeated and undone."""
