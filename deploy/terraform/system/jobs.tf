# The jobs of Cloud Scheduler that stand: the daily sweep, the frequent one, and the watch of each club. The program makes
# and deletes those of openings by itself, and has the frequent sweep and the watches run or rest as they are needed; so
# how these stand is its own.
locals {
  watches = {
    for club in local.club_ids : "watch-${club}" => merge(local.flow.jobs.watch, {
      data       = replace(local.flow.jobs.watch.data, "CLUB", club)
      attributes = { for name, value in local.flow.jobs.watch.attributes : name => replace(value, "CLUB", club) }
    })
  }
}

resource "google_cloud_scheduler_job" "standing" {
  for_each = merge(local.flow.jobs.standing, local.watches)

  name      = "${var.prefix}-${each.key}"
  region    = var.region
  schedule  = each.value.schedule
  time_zone = "UTC"
  # The daily one never rests, and finds what there is to do; the others rest until the program asks for them.
  paused = each.key != "sweep-daily"

  pubsub_target {
    topic_name = "projects/${var.project}/topics/${google_pubsub_topic.event[each.value.topic].name}"
    data       = base64encode(each.value.data)
    attributes = each.value.attributes
  }

  retry_config {
    retry_count          = each.value.retries.count
    min_backoff_duration = "${each.value.retries.first_s}s"
    max_backoff_duration = "${each.value.retries.longest_s}s"
  }

  lifecycle {
    ignore_changes = [paused]
  }
}
