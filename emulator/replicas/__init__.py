"""What makes one service of several processes on one database."""
