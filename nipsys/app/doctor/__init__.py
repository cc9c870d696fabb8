"""``nipsys doctor``: which guarantees hold on this host, and how to repair those that do not."""
