"""The parts of Google's REST APIs by which gcloud and Terraform put a system onto Cloud Run, on one loopback port."""
