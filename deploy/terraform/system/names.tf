# What is called how. The foundation has made the accounts, the key and the secrets, by the same names.
data "google_project" "this" {
  project_id = var.project
}

locals {
  # Made of the code, by `make schemas`.
  flow     = jsondecode(file("${path.module}/../generated/flow.json"))
  settings = jsondecode(file("${path.module}/../generated/settings.json"))

  service_names = { for service in keys(local.settings) : service => "${var.prefix}-${service}" }
  # Cloud Run's addresses are known before the services are there: so nothing here waits for an address of what waits
  # for it. They are made of the project's number, and stay the same.
  addresses = {
    for service, name in local.service_names :
    service => "https://${name}-${data.google_project.this.number}.${var.region}.run.app"
  }
  public_url = var.public_url == "" ? local.addresses["api"] : var.public_url

  accounts = {
    for service in concat(keys(local.settings), ["pusher"]) :
    service => "${var.prefix}-${service}@${var.project}.iam.gserviceaccount.com"
  }
  pubsub_agent = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-pubsub.iam.gserviceaccount.com"

  kms_key = "projects/${var.project}/locations/${var.region}/keyRings/${var.prefix}/cryptoKeys/vault"
  # Whom the tokens are for that Pub/Sub shows the services: any text that is nobody else's.
  audience = "https://events.${var.prefix}.${var.project}.invalid"

  club_ids = local.clubs == "" ? local.flow.jobs.clubs : [for club in jsondecode(local.clubs) : club.id]
}
