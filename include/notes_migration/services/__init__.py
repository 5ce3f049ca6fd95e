"""One use case per file: gather, decide, apply."""
