"""The one error that a person can mend: bad input, said in one line."""


class InputError(ValueError):
    """Bad input or wrong use, described in one line: what, where and how to mend it.

    The command line prints the message to standard error and exits with status 2.
    """
