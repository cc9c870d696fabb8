"""How each ecosystem orders versions and reads ranges: one module an ecosystem, pure."""
