# Topics and subscriptions: a topic for each kind of event, a subscription for each consumer of it. All of it is made of
# the code, as `set_up` of adapters/gcp makes it for whoever does without Terraform.
locals {
  subscriptions = local.flow.subscriptions
  consumers     = local.flow.consumers
  topics = merge(
    { for kind, topic in google_pubsub_topic.event : kind => topic.name },
    { for service, topic in google_pubsub_topic.replays : local.consumers[service].replays => topic.name },
  )
}

resource "google_pubsub_topic" "event" {
  for_each = toset(local.flow.topics)

  name = "${var.prefix}-${each.key}"
}

# What a consumer refused too often, until an operator has it delivered again.
resource "google_pubsub_topic" "dead_letters" {
  for_each = local.consumers

  name = "${var.prefix}-${each.value.dead_letters}"
}

# The way back from there: to the one consumer that had refused it.
resource "google_pubsub_topic" "replays" {
  for_each = local.consumers

  name = "${var.prefix}-${each.value.replays}"
}

resource "google_pubsub_subscription" "push" {
  for_each = local.subscriptions

  name                 = "${var.prefix}-${each.key}"
  topic                = local.topics[each.value.topic]
  ack_deadline_seconds = each.value.ack_deadline_s

  push_config {
    push_endpoint = "${local.addresses[each.value.service]}/events"
    oidc_token {
      service_account_email = local.accounts["pusher"]
      audience              = local.audience
    }
  }

  # A refused delivery comes again after a second, then two, four and so on up to a minute.
  retry_policy {
    minimum_backoff = "${local.flow.delivery.first_retry_s}s"
    maximum_backoff = "${local.flow.delivery.longest_retry_s}s"
  }

  dead_letter_policy {
    dead_letter_topic     = "projects/${var.project}/topics/${google_pubsub_topic.dead_letters[each.value.service].name}"
    max_delivery_attempts = local.flow.delivery.attempts
  }

  # Never: Pub/Sub would take away what nobody used for a month, such as in a quiet summer.
  expiration_policy {
    ttl = ""
  }

  # Pub/Sub pushes as soon as there is a subscription: whoever is to answer should be there.
  depends_on = [google_cloud_run_v2_service.this]
}

resource "google_pubsub_subscription" "dead_letters" {
  for_each = local.consumers

  name                       = google_pubsub_topic.dead_letters[each.key].name
  topic                      = google_pubsub_topic.dead_letters[each.key].name
  ack_deadline_seconds       = local.flow.dead_letters.ack_deadline_s
  message_retention_duration = "${local.flow.dead_letters.kept_s}s"

  expiration_policy {
    ttl = ""
  }
}
