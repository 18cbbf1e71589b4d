# For an installation in which nothing but rehearsals take place (docs/rehearsal.md): what its practice club needs. Without
# the variable `rehearsal` nothing of it is there.
resource "google_service_account" "practice" {
  count = var.rehearsal ? 1 : 0

  account_id   = "${var.prefix}-practice"
  display_name = "${var.prefix}: the practice club"

  depends_on = [google_project_service.api]
}

# Who has it may do with the practice club what they like.
resource "google_secret_manager_secret" "practice" {
  count = var.rehearsal ? 1 : 0

  secret_id = "${var.prefix}-practice-control-token"

  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }

  depends_on = [google_project_service.api]
}
