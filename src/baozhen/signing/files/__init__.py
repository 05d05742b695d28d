"""The archive (文件中心): what is kept, for how long, and what may end it."""
