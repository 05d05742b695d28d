"""合规: what software can only record: the data catalogue and organisational duties."""
