"""The web pages: members register, paste links and see what came of them."""
