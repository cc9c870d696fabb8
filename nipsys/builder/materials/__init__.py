"""Sources and seeds of a recipe: fetched, unpacked, patched and classified as text, generated text or binaries."""
