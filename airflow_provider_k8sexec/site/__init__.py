"""What a site sets: settings, deployment, profiles, pod templates, rules."""
