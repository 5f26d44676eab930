"""Turn files of any supported kind into clean text."""
