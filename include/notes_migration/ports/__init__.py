"""What the services need of the world, as small protocols."""
