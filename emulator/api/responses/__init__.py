"""Handlers of /responses, /conversations and /containers, which are imported when they are first asked."""
