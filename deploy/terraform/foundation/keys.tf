# The key that opens the vault's ring of keys (docs/decisions/0011). Without it every member has to enter their logins
# again, so it cannot be destroyed by accident; a key ring can never be deleted at all.
resource "google_kms_key_ring" "this" {
  name     = var.prefix
  location = var.region

  depends_on = [google_project_service.api]
}

resource "google_kms_crypto_key" "vault" {
  name     = "vault"
  key_ring = google_kms_key_ring.this.id
  purpose  = "ENCRYPT_DECRYPT"
  # A new version seals what is sealed from then on; the older ones go on opening what they sealed, and each is billed
  # ($0.06 a month) until it is destroyed. Once a year is enough: what a leaked version would open is one document, and
  # `make rotate-key` seals that anew at any time.
  rotation_period = "${var.key_rotation_days * 86400}s"
  # Somebody who destroys a version has a month to notice.
  destroy_scheduled_duration = "2592000s"

  version_template {
    algorithm        = "GOOGLE_SYMMETRIC_ENCRYPTION"
    protection_level = "SOFTWARE"
  }

  lifecycle {
    prevent_destroy = true
  }
}
