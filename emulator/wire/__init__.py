"""What travels over HTTP: request bodies, response documents, and the shapes that both had on earlier days.

Documents have the shape of the newest day that was recorded; `projection` turns them into what a verb and a wire show.
"""
