"""The laboratory network, shared by tools/lab, tools/demo and tests/lab."""
