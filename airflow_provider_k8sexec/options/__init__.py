"""What an author asks for: the pod options, read into frozen values that can be layered and compared."""
