"""Whether a program recovered from what went wrong: judged by its requests and its runs, in values alone."""
