"""One module per command, in folders by subject, and the table that lists them."""
