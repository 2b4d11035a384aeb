"""Home-made exports of threads, whatever their names and their form, made objects in the API's own JSON."""
