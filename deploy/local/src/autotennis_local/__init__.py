"""The whole system on one machine: every service a process of its own, under one supervisor."""
