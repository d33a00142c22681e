"""From a request to pictures: every command, notebook and widget draws through this package.

`request` says what a picture depends on, `synthesizer` draws, `loaded` keeps weight sets in memory,
and `saved_picture` writes into a picture's file what draws it again.
"""
