"""The club's pages, read by pure functions: bytes in, values out, nothing raised for what a page holds."""
