"""What runs by itself: the embedded scheduler (`local`)."""
