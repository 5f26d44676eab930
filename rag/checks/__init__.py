"""Score a text against the fifteen principles: rules first, then the judge."""
