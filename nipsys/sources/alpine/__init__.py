"""Alpine Linux: APKINDEX, RSA signatures and apk's versions and dependencies."""
