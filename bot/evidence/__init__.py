"""Read-only sections, one file each: what a deployment is and does. Nothing here changes anything."""
