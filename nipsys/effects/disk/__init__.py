"""The disk port, its real implementation (portable and native), and the faulty and simulated disks of the crash matrix."""
