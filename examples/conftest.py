# These folders have suites and settings of their own: test_examples.py runs them as copies of them would be run.
collect_ignore = ["app_under_test", "raw_http", "replay", "schedules"]
