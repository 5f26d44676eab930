"""The language model: weights, the local server, and one client for it and any endpoint."""
