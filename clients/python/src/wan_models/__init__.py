"""The Python side of wan-models: ask for a model by name, get its directory, complete and proven."""
