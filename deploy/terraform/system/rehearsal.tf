# An installation in which nothing but rehearsals take place (docs/rehearsal.md): with the variable `rehearsal` the practice
# club is one more service, and the only club that there is. Without it nothing of this is in the plan.
locals {
  practice_name = "${var.prefix}-practice"
  practice_url  = "https://${local.practice_name}-${data.google_project.this.number}.${var.region}.run.app"

  clubs = var.rehearsal ? jsonencode([
    {
      id       = "practice-club"
      name     = "Practice Club"
      base_url = "${local.practice_url}/"
      # Who practises does not want to wait for half a minute, and this club does not mind.
      watch = { every_s = 5 }
    },
  ]) : var.clubs

  # Everybody of a rehearsal registers within a minute, from one network address.
  told_in_rehearsal = {
    for name in ["AUTOTENNIS_CLUB_LOGINS_PER_HOUR", "AUTOTENNIS_CLUB_LOGINS_PER_ADDRESS"] : name => "10000"
    if var.rehearsal
  }
}

resource "google_cloud_run_v2_service" "practice" {
  count = var.rehearsal ? 1 : 0

  name     = local.practice_name
  location = var.region
  # A club is a web site: the services ask it as they ask any other. What its control does takes the token.
  ingress              = "INGRESS_TRAFFIC_ALL"
  invoker_iam_disabled = true
  deletion_protection  = false

  template {
    service_account       = "${var.prefix}-practice@${var.project}.iam.gserviceaccount.com"
    execution_environment = "EXECUTION_ENVIRONMENT_GEN2"
    # All that want a place come at one instant.
    max_instance_request_concurrency = 1000
    timeout                          = "60s"

    # Exactly one: it keeps its members, its sessions and its record in memory. A second one would be another club, and
    # one that comes and goes forgets everything.
    scaling {
      min_instance_count = 1
      max_instance_count = 1
    }

    containers {
      image = var.practice_image
      # As wrong a clock as a club may have.
      args = ["--clock-offset-ms", "1370"]

      ports {
        container_port = local.port
      }

      resources {
        limits = {
          cpu    = "1"
          memory = "512Mi"
        }
        # It keeps time between requests, too.
        cpu_idle = false
      }

      env {
        name = "PRACTICE_CLUB_CONTROL_TOKEN"
        value_source {
          secret_key_ref {
            secret  = "${var.prefix}-practice-control-token"
            version = "latest"
          }
        }
      }

      startup_probe {
        period_seconds    = 3
        timeout_seconds   = 2
        failure_threshold = 20
        http_get {
          path = "/index.php"
          port = local.port
        }
      }
    }
  }

  depends_on = [google_secret_manager_secret_iam_binding.practice]
}

resource "google_secret_manager_secret_iam_binding" "practice" {
  count = var.rehearsal ? 1 : 0

  secret_id = "projects/${var.project}/secrets/${var.prefix}-practice-control-token"
  role      = "roles/secretmanager.secretAccessor"
  members   = ["serviceAccount:${var.prefix}-practice@${var.project}.iam.gserviceaccount.com"]
}

output "practice_url" {
  description = "Where the practice club is, in an installation for rehearsals."
  value       = var.rehearsal ? local.practice_url : ""
}
