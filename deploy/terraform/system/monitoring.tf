# What is measured, who is told when, and the dashboard. All that there is of each stands in the files of monitoring/.

locals {
  log_metrics = yamldecode(file("${path.module}/monitoring/log_metrics.yaml"))
  alarms      = yamldecode(replace(file("${path.module}/monitoring/alarms.yaml"), "PREFIX", var.prefix))
  severities  = { page = "CRITICAL", ticket = "WARNING" }

  # Each alarm's conditions, those of several services one by one.
  conditions = {
    for name, alarm in local.alarms : name => flatten([
      for one in alarm.conditions : [
        for service, above in try(one.above_of, { "" = one.above }) :
        merge(one, { of = service, above = above, where = replace(try(one.where, ""), "SERVICE", service) })
      ]
    ])
  }

  # What alarms and tiles ask of Monitoring, by where it stands.
  asked = merge(
    merge([for name, conditions in local.conditions : { for place, one in conditions : "${name}/${place}" => one }]...),
    merge([for title, lines in local.lines : { for place, one in lines : "${title}/${place}" => one }]...),
  )
  # The same, with all that they may leave out.
  queries = {
    for key, one in local.asked : key => {
      filter = join(" AND ", compact([
        "metric.type = \"${try("logging.googleapis.com/user/${var.prefix}/${one.log}", one.google)}\"",
        "resource.type = \"${try(one.resource, "cloud_run_revision")}\"",
        # The id is known only once the check is made: what does without it shall be seen in the plan.
        strcontains(try(one.where, ""), "CHECK_ID") ?
        replace(one.where, "CHECK_ID", join("", google_monitoring_uptime_check_config.pages[*].uptime_check_id)) : try(one.where, ""),
      ]))
      over   = "${one.over_s}s"
      align  = try(one.align, "ALIGN_DELTA")
      reduce = try(one.reduce, one.align == "ALIGN_MAX" ? "REDUCE_MAX" : "REDUCE_SUM", "REDUCE_SUM")
      by     = try(one.by, [])
    }
  }
}

# Where nobody is to be told there are no alarms either: the dashboard shows the same.
resource "google_monitoring_notification_channel" "operators" {
  count        = var.alert_email == "" ? 0 : 1
  display_name = "${var.prefix}: operators"
  type         = "email"
  labels       = { email_address = var.alert_email }

  lifecycle {
    precondition {
      condition     = contains(["DEBUG", "INFO"], var.log_level)
      error_message = "Alarms are made of log lines of the level INFO: set log_level to INFO or DEBUG, or leave alert_email empty."
    }
  }
}

resource "google_logging_metric" "signal" {
  for_each    = local.log_metrics
  name        = "${var.prefix}/${each.key}"
  description = each.value.what
  filter = join(" AND ", compact([
    "resource.type=\"cloud_run_revision\"",
    "resource.labels.service_name=(${join(" OR ", [for one in each.value.of : "\"${var.prefix}-${one}\""])})",
    try("log_id(\"${each.value.log}\")", ""),
    each.value.filter,
  ]))

  label_extractors = { for label, field in try(each.value.labels, {}) : label => "EXTRACT(${field})" }
  value_extractor  = try("EXTRACT(${each.value.value})", null)

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = can(each.value.value) ? "DISTRIBUTION" : "INT64"
    unit        = try(each.value.unit, "1")

    dynamic "labels" {
      for_each = try(each.value.labels, {})
      content {
        key        = labels.key
        value_type = "STRING"
      }
    }
  }

  dynamic "bucket_options" {
    for_each = can(each.value.bounds) ? [each.value.bounds] : []
    content {
      explicit_buckets { bounds = bucket_options.value }
    }
  }
}

# Monitoring refuses an alert policy on a metric that it has not heard of yet, and it hears of a new one after a while.
resource "terraform_data" "metrics_known" {
  triggers_replace = sort([for one in google_logging_metric.signal : one.name])

  provisioner "local-exec" {
    command = "sleep ${var.new_metrics_wait_s}"
  }
}

resource "google_monitoring_uptime_check_config" "pages" {
  count        = var.alert_email == "" ? 0 : 1
  display_name = "${var.prefix}: pages"
  # Each look may have to start an instance, and there are several from over the world: more often would keep one warm.
  period           = "900s"
  timeout          = "30s"
  selected_regions = ["EUROPE", "USA"]

  http_check {
    path         = "/sign-in"
    port         = 443
    use_ssl      = true
    validate_ssl = true

    accepted_response_status_codes { status_class = "STATUS_CLASS_2XX" }
  }

  monitored_resource {
    type = "uptime_url"
    labels = {
      project_id = var.project
      host       = split("/", local.public_url)[2]
    }
  }
}

resource "google_monitoring_alert_policy" "alarm" {
  for_each              = { for name, alarm in local.alarms : name => alarm if var.alert_email != "" }
  display_name          = "${var.prefix}: ${each.key}"
  combiner              = "OR"
  severity              = local.severities[each.value.severity]
  notification_channels = google_monitoring_notification_channel.operators[*].name
  user_labels           = { installation = var.prefix }

  documentation {
    subject   = "${var.prefix}: ${each.key}"
    mime_type = "text/markdown"
    content   = "${each.value.summary}\n\n**What to do first.** ${each.value.first}\n\nMore: section *${each.key}* of docs/alarms.md."
  }

  dynamic "conditions" {
    for_each = local.conditions[each.key]
    iterator = one
    content {
      display_name = "${each.key}: ${try(one.value.log, one.value.google)}${one.value.of == "" ? "" : " of ${one.value.of}"}"

      condition_threshold {
        filter          = local.queries["${each.key}/${one.key}"].filter
        comparison      = "COMPARISON_GT"
        threshold_value = one.value.above
        duration        = "${try(one.value.for_s, 0)}s"

        aggregations {
          alignment_period     = local.queries["${each.key}/${one.key}"].over
          per_series_aligner   = local.queries["${each.key}/${one.key}"].align
          cross_series_reducer = local.queries["${each.key}/${one.key}"].reduce
          group_by_fields      = local.queries["${each.key}/${one.key}"].by
        }

        trigger { count = 1 }
      }
    }
  }

  # A metric of log lines falls silent when all is well, which does not close an incident by itself.
  alert_strategy { auto_close = "86400s" }

  depends_on = [terraform_data.metrics_known]
}
