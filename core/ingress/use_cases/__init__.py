"""One file a verb: gather, decide, save, in one transaction."""
