"""The inventory's pages: thin, parse, call a service, render."""
