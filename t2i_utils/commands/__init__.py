"""One module a command: `ABOUT` it, its `add_arguments`, and what it does."""
