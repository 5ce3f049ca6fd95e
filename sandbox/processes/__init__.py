"""Start programs, wait until they are ready, and let none of them outlive the sandbox."""
