"""The sentence encoder opened up: token states of multilingual-e5-small, with an adapter."""
