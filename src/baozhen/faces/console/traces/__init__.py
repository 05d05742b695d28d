"""Staff pages of 可回溯: find, replay, hand out, end."""
