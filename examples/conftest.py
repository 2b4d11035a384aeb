# The folder has its own suite and settings: test_examples.py runs it as a copy of it would be run.
collect_ignore = ["app_under_test"]
