"""What an author requests: the pod options, read into frozen values that can be layered and compared."""
