"""The signing centre 签署中心: it signs any document for any party and knows no insurance."""
