"""What a system rests on: trusted bytes, bill of materials, advisories, licences."""
