# One account for each service, with what that service needs and nothing else: system/rights.tf gives it to them.
resource "google_service_account" "service" {
  for_each = toset(keys(local.settings))

  account_id   = "${var.prefix}-${each.key}"
  display_name = "${var.prefix}: ${each.key}"

  depends_on = [google_project_service.api]
}

# Pub/Sub pushes events as this account. It has no role at all and nothing else uses it: the services' doors know it by
# its name.
resource "google_service_account" "pusher" {
  account_id   = "${var.prefix}-pusher"
  display_name = "${var.prefix}: pushes events to the services"

  depends_on = [google_project_service.api]
}
