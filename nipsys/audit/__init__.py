"""What a system depends on for its trust: the closure of builds, the seeds below it, and a drawing of both."""
