# Google's APIs that the system uses, and those by which it is put there. They stay on when this is taken away: something
# else in the project may use them.
locals {
  apis = toset([
    "artifactregistry",
    "billingbudgets",
    "cloudbuild",
    "cloudkms",
    "cloudresourcemanager",
    "cloudscheduler",
    "firestore",
    "iam",
    "logging",
    "monitoring",
    "pubsub",
    "run",
    "secretmanager",
    "serviceusage",
    "storage",
  ])
}

resource "google_project_service" "api" {
  for_each = local.apis

  service            = "${each.key}.googleapis.com"
  disable_on_destroy = false
}
