"""The rules of the API server, for any manifest."""
