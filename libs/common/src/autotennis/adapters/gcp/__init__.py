"""The family on Google Cloud: Pub/Sub, Firestore, Cloud Scheduler and KMS.

Nothing in it assumes one process, one instance or one disk. Google's clients are made on first use, so that a service
imports and connects only to what it needs. The emulators are used where their variables (`PUBSUB_EMULATOR_HOST`,
`FIRESTORE_EMULATOR_HOST`) say so, as Google's own clients do.
"""
