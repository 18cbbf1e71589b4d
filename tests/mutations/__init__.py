"""The threat model's proof: each defence is taken out once, in a copy, and the tests named for it have to fail."""
