"""A request becomes pictures: what every command, notebook and panel draws through."""
