# The five services on Cloud Run. Releases (deploy/cloud) decide which image runs and where the traffic goes; all else of
# them is decided here.
#
# Instances: all go down to none. Nothing works after its answer, so processors are billed only while a request is held
# (`cpu_idle`), and each start has a double one (`startup_cpu_boost`). The second generation of Cloud Run's environment
# has the quicker network and a whole Linux; it wants 512 MiB, more than twice what a service takes.
#
# Warm around openings: the timer has Cloud Scheduler wake it two minutes before an opening, and the booker's instance is
# started by the push of that race, which it then holds. A start takes some seconds of those two minutes, so an instance
# that is warm all day (`warm_bookers`) buys nothing but a bill; it is there for whoever wants to see for themselves.
locals {
  sizes = {
    # Page and API. A request may wait 25 s for a club, streams begin anew every 4 minutes. One more instance than a club
    # of some thousands needs when a popular session opens.
    api = {
      timeout_s   = var.streams > 0 ? 300 : 60
      concurrency = local.pages_at_once + var.streams
      least       = var.warm_pages
      most        = 5
    }
    # Half a second for an event, most of it waiting for Firestore.
    timer = {
      timeout_s   = local.flow.consumers.timer.ack_deadline_s
      concurrency = 20
      least       = 0
      most        = 5
    }
    # One race has the processor for itself, which is what exactness is made of. A race holds its request from the
    # wake-up to the proof. What else the booker does (checks, places given back) starts instances of its own meanwhile.
    booker = {
      timeout_s   = local.flow.consumers.booker.ack_deadline_s
      concurrency = 1
      least       = var.warm_bookers
      most        = var.most_bookers
    }
    # A watch holds its request for most of a minute and sleeps: many clubs share one instance. Two more for tries.
    waitlist = {
      timeout_s   = local.flow.consumers.waitlist.ack_deadline_s
      concurrency = 40
      least       = 0
      most        = 3
    }
    # Gathers what it tells for half a minute, and waits for receivers.
    notifier = {
      timeout_s   = local.flow.consumers.notifier.ack_deadline_s
      concurrency = 40
      least       = 0
      most        = 3
    }
  }
}

resource "google_cloud_run_v2_service" "this" {
  for_each = local.sizes

  name     = local.service_names[each.key]
  location = var.region
  # Events come from Pub/Sub of the same project, which counts as inside; nobody else has to reach the others than api.
  ingress = each.key == "api" ? "INGRESS_TRAFFIC_ALL" : "INGRESS_TRAFFIC_INTERNAL_ONLY"
  # Where Cloud Run checks invokers it takes the signature off the token before the service sees it. The services have a
  # door of their own, which admits Google's signature, our audience and our pushing account, and nothing else; api's
  # guests have no account of Google's at all.
  invoker_iam_disabled = true
  # They hold no data: whoever renames or removes one should not be stopped half-way.
  deletion_protection = false

  template {
    service_account                  = local.accounts[each.key]
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    max_instance_request_concurrency = each.value.concurrency
    # Never shorter than Pub/Sub waits for the answer, or races and tries are cut off.
    timeout = "${each.value.timeout_s}s"

    scaling {
      min_instance_count = each.value.least
      max_instance_count = each.value.most
    }

    containers {
      image = var.images[each.key]

      ports {
        container_port = local.port
      }

      resources {
        limits = {
          cpu    = "1"
          memory = "512Mi"
        }
        cpu_idle          = true
        startup_cpu_boost = true
      }

      dynamic "env" {
        for_each = local.environment[each.key]
        content {
          name  = env.key
          value = env.value
        }
      }

      # The newest version as an instance starts: after a new one was put in, a new revision takes it everywhere.
      dynamic "env" {
        for_each = local.secret_environment[each.key]
        content {
          name = env.key
          value_source {
            secret_key_ref {
              secret  = env.value
              version = "latest"
            }
          }
        }
      }

      # Serves within seconds; a minute is for a day on which Google's machines are busy.
      startup_probe {
        period_seconds    = 3
        timeout_seconds   = 2
        failure_threshold = 20
        http_get {
          path = "/healthz"
          port = local.port
        }
      }

      # A process that hangs is replaced after a minute and a half, not one that is busy for a moment.
      liveness_probe {
        period_seconds    = 30
        timeout_seconds   = 10
        failure_threshold = 3
        http_get {
          path = "/healthz"
          port = local.port
        }
      }
    }
  }

  lifecycle {
    # What releases change. The revision's name is not among them: if a release gave it one, Terraform has to take that
    # away again, or Cloud Run refuses the next change under the same name.
    ignore_changes = [
      client,
      client_version,
      labels,
      traffic,
      template[0].annotations,
      template[0].labels,
      template[0].containers[0].image,
      template[0].containers[0].name,
    ]

    precondition {
      condition     = length(local.mistaken[each.key]) == 0
      error_message = "${each.key} has no such setting in the cloud: ${join(", ", local.mistaken[each.key])}."
    }
    precondition {
      condition     = alltrue([for name in keys(local.environment[each.key]) : !try(local.settings[each.key][name].secret, false)])
      error_message = "${each.key} would be told a secret in the clear."
    }
    precondition {
      condition     = length(setsubtract([for name, about in local.settings[each.key] : name if about.required], local.told[each.key])) == 0
      error_message = "${each.key} lacks a setting that it cannot do without."
    }
  }

  # A revision starts only where its account may read its secrets.
  depends_on = [google_secret_manager_secret_iam_binding.reader]
}
