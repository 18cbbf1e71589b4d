"""The rules: pure functions and frozen values that are given `now` and do nothing by themselves."""
