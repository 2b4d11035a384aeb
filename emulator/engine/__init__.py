"""What moves a run: plays a script's actions as steps, messages and statuses, one transaction between two pauses."""
