"""What every app stands on: states, audit, jobs, storage, keys. It knows no business."""
