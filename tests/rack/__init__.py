"""The virtual rack: honeyswitch on PCI ports of an emulated machine. tests/rack/README.md says how it is built."""
