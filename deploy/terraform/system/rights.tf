# Who may do what: each service what it does, and nothing else. What it publishes and which jobs it touches is declared in
# code (flow.py, adapters/gcp/calendar.py).
locals {
  publishers = {
    for kind in local.flow.topics : kind => [
      for service, kinds in local.flow.publishes : "serviceAccount:${local.accounts[service]}" if contains(kinds, kind)
    ]
  }
  # They open or seal members' secrets. The timer does neither.
  vault_users = ["api", "booker", "notifier", "waitlist"]
}

# Nobody else may publish an event. Cloud Scheduler publishes by a role that Google's own agent has.
resource "google_pubsub_topic_iam_binding" "publisher" {
  for_each = { for kind, members in local.publishers : kind => members if length(members) > 0 }

  topic   = google_pubsub_topic.event[each.key].name
  role    = "roles/pubsub.publisher"
  members = each.value
}

# Operators read dead letters on the console and have them delivered again, which the service api does for them.
resource "google_pubsub_subscription_iam_member" "console" {
  for_each = {
    for pair in setproduct(keys(local.consumers), ["roles/pubsub.subscriber", "roles/pubsub.viewer"]) :
    "${pair[0]} ${pair[1]}" => { consumer = pair[0], role = pair[1] }
  }

  subscription = google_pubsub_subscription.dead_letters[each.value.consumer].name
  role         = each.value.role
  member       = "serviceAccount:${local.accounts["api"]}"
}

resource "google_pubsub_topic_iam_binding" "replays" {
  for_each = local.consumers

  topic   = google_pubsub_topic.replays[each.key].name
  role    = "roles/pubsub.publisher"
  members = ["serviceAccount:${local.accounts["api"]}"]
}

# Pub/Sub's own agent moves what was refused too often; without these two nothing is ever given up.
resource "google_pubsub_topic_iam_binding" "gives_up" {
  for_each = local.consumers

  topic   = google_pubsub_topic.dead_letters[each.key].name
  role    = "roles/pubsub.publisher"
  members = [local.pubsub_agent]
}

resource "google_pubsub_subscription_iam_binding" "gives_up" {
  for_each = local.subscriptions

  subscription = google_pubsub_subscription.push[each.key].name
  role         = "roles/pubsub.subscriber"
  members      = [local.pubsub_agent]
}

# It signs the tokens that it shows the services with the pushing account, which may do nothing else.
resource "google_service_account_iam_member" "signs" {
  service_account_id = "projects/${var.project}/serviceAccounts/${local.accounts["pusher"]}"
  role               = "roles/iam.serviceAccountOpenIdTokenCreator"
  member             = local.pubsub_agent
}

# All read and write the store, of this database alone.
resource "google_project_iam_member" "store" {
  for_each = local.settings

  project = var.project
  role    = "roles/datastore.user"
  member  = "serviceAccount:${local.accounts[each.key]}"

  condition {
    title       = "${var.prefix} database"
    description = "The database of this installation, and no other of the project."
    expression  = "resource.name == \"projects/${var.project}/databases/${var.database}\""
  }
}

# Jobs have no rights of their own at Google, only the project has: so each service may do with jobs what it asks of
# them, and no more. Only who plans wake-ups may make a job.
resource "google_project_iam_custom_role" "jobs" {
  for_each = local.flow.jobs.rights

  role_id     = replace("${var.prefix}_${each.key}_jobs", "-", "_")
  title       = "${var.prefix} ${each.key}: jobs"
  description = "What ${each.key} does with jobs of Cloud Scheduler."
  permissions = each.value
}

resource "google_project_iam_member" "jobs" {
  for_each = google_project_iam_custom_role.jobs

  project = var.project
  role    = "projects/${var.project}/roles/${each.value.role_id}"
  member  = "serviceAccount:${local.accounts[each.key]}"
}

resource "google_kms_crypto_key_iam_binding" "vault" {
  crypto_key_id = local.kms_key
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  members       = [for service in local.vault_users : "serviceAccount:${local.accounts[service]}"]
}

resource "google_secret_manager_secret_iam_binding" "reader" {
  for_each = local.secret_readers

  secret_id = "projects/${var.project}/secrets/${var.prefix}-${each.key}"
  role      = "roles/secretmanager.secretAccessor"
  members   = [for service in each.value : "serviceAccount:${local.accounts[service]}"]
}
