"""The vector index of the knowledge: splitting, building aside, switching, querying."""
