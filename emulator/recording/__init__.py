"""Recordings of before: read in every format that teams have, made scenarios and threads, and recorded anew."""
