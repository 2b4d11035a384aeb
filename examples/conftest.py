# The folder has a suite and settings of its own: test_examples.py runs it as whoever copies it would.
collect_ignore = ["app_under_test"]
