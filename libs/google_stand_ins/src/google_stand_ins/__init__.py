"""Stand-ins for the parts of Google Cloud that have no emulator, and the emulators of those that have one."""
