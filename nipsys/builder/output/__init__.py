"""The result of a build: captured as a tree, checked, stored and recorded, or its failure explained."""
