"""Work nobody waits for with an open connection: deciding orders, retrying, relaying, keeping house."""
