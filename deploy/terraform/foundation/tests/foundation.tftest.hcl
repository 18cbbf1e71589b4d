# `terraform test`: no account is needed, and nothing is made.
mock_provider "google" {}

variables {
  project = "our-club-123456"
}

run "a_small_installation" {
  command = plan

  assert {
    condition     = google_firestore_database.this.location_id == "europe-north1" && google_firestore_database.this.name == "(default)"
    error_message = "The database lies in the region unless told otherwise."
  }
  assert {
    condition     = length(google_firestore_index.query) == length(jsondecode(file("firestore.indexes.json")).indexes)
    error_message = "Two indexes have fallen together."
  }
  assert {
    condition     = length(google_service_account.service) == 5
    error_message = "Each service has an account of its own."
  }
  assert {
    condition     = google_kms_crypto_key.vault.rotation_period == "31536000s"
    error_message = "The key gets a new version once a year."
  }
}

run "another_in_the_same_project" {
  command = plan

  variables {
    prefix            = "padel"
    database          = "padel-bookings"
    database_location = "eur3"
    backups_kept_days = 98
    key_rotation_days = 90
  }

  assert {
    condition = (
      google_firestore_database.this.name == "padel-bookings" && google_firestore_database.this.location_id == "eur3" &&
      google_kms_key_ring.this.name == "padel" && google_artifact_registry_repository.images.repository_id == "padel"
    )
    error_message = "Two installations share nothing."
  }
  assert {
    condition     = alltrue([for account in google_service_account.service : startswith(account.account_id, "padel-")])
    error_message = "Two installations share no account."
  }
}

run "what_is_wrong_is_told" {
  command = plan

  variables {
    project           = "Our Club"
    region            = "Finland"
    prefix            = "a-prefix-that-is-too-long"
    database          = "X"
    database_location = "Europe"
    backups_kept_days = 99
    key_rotation_days = 1
  }

  expect_failures = [
    var.project,
    var.region,
    var.prefix,
    var.database,
    var.database_location,
    var.backups_kept_days,
    var.key_rotation_days,
  ]
}
