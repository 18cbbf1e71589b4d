"""The waitlist: watches full sessions, and takes places that become free for those who wait."""
