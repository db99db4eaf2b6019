"""The way back from a pod to the shortest pod options that build it."""
