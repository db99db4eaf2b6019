"""What runs in the scheduler: the pod mutation hook, the limits of the site, the watch over pods."""
