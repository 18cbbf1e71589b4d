output "images" {
  description = "Where images are pushed to: this, a slash, and the service's name."
  value       = "${var.region}-docker.pkg.dev/${var.project}/${google_artifact_registry_repository.images.repository_id}"
}

output "builder" {
  description = "The full name of the account that builds run as."
  value       = google_service_account.builder.name
}

output "sources" {
  description = "Where the source is put for a build."
  value       = "gs://${google_storage_bucket.sources.name}/source"
}

output "secrets" {
  description = "The secrets' ids by what they are: each wants a version before a service can use it."
  value       = { for what, secret in google_secret_manager_secret.this : what => secret.secret_id }
}

output "kms_key" {
  description = "The full name of the key that guards the vault."
  value       = google_kms_crypto_key.vault.id
}
