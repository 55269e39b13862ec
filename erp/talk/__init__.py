"""Talking about documents: comments that name people, files, and the numbers of other documents as links."""
