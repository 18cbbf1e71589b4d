"""The embedded family: everything in one directory of one machine, with no server beside the services themselves.

`autotennis.db` is one SQLite file (write-ahead log, every commit synced) that holds the store, the bus, the wakes and
the sealed secrets; `vault.key` opens the latter. Any number of processes of one machine may use them at once; a network
file system will not do, because SQLite's locks do not hold there. Everything survives the death of any process at any
moment: what was committed is there, what was not has never been.
"""
