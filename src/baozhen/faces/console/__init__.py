"""The pages of staff: policies, batches, parked jobs, certificates, health."""
