# Rooms for secrets, empty: their values never pass through Terraform, whose state keeps in the clear what it is told.
# Whoever deploys puts the first versions in by gcloud, from standard input (README.md). One that is never given a version
# costs nothing.
locals {
  settings = jsondecode(file("${path.module}/../generated/settings.json"))
  # Each scrape of metrics would meet another instance: Cloud Monitoring counts here.
  not_used = ["AUTOTENNIS_METRICS_SECRET"]
  secrets = toset([
    for name in flatten([for settings in local.settings : [for name, about in settings : name if about.secret && about.cloud]]) :
    lower(replace(trimprefix(name, "AUTOTENNIS_"), "_", "-")) if !contains(local.not_used, name)
  ])
}

resource "google_secret_manager_secret" "this" {
  for_each = local.secrets

  secret_id = "${var.prefix}-${each.key}"

  # In the region alone, so that no secret lies anywhere else.
  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }

  depends_on = [google_project_service.api]
}
