"""What `make` calls: set-up and checks of this repository, no part of the product."""
