"""证书绑定: company → certificate → algorithm → key; signing picks them by itself."""
