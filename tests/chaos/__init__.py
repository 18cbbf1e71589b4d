"""The chaos harness: whole systems whose processes are killed at their commits and sends, and what must hold then."""
