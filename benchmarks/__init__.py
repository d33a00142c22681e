"""Speed compared with other implementations. Needs the optional dependency group `bench`."""
