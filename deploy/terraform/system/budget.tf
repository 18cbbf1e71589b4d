# Tells whoever administers the billing account, and whoever is told of alarms; it stops nothing. What a month should
# cost: docs/costs.md.
resource "google_billing_budget" "this" {
  count = var.billing_account != "" && var.monthly_budget > 0 ? 1 : 0

  billing_account = var.billing_account
  display_name    = "${var.prefix} in ${var.project}"

  budget_filter {
    projects = ["projects/${data.google_project.this.number}"]
  }

  amount {
    specified_amount {
      units = tostring(var.monthly_budget)
    }
  }

  threshold_rules {
    threshold_percent = 0.5
  }
  threshold_rules {
    threshold_percent = 1
  }
  # Early enough to look into it.
  threshold_rules {
    threshold_percent = 1
    spend_basis       = "FORECASTED_SPEND"
  }

  dynamic "all_updates_rule" {
    for_each = google_monitoring_notification_channel.operators
    iterator = channel
    content {
      monitoring_notification_channels = [channel.value.id]
    }
  }
}
