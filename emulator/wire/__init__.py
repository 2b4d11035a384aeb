"""What travels: the bodies that clients send, the documents that are answered, and how older days showed them.

Documents have the shape of the newest day that was recorded; `projection` shows them as a verb and a wire do.
"""
