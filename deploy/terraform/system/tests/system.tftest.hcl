# `terraform test`: no account is needed, and nothing is made.
mock_provider "google" {
  mock_data "google_project" {
    defaults = {
      number = "123456789012"
    }
  }
}

variables {
  project = "our-club-123456"
  contact = "mailto:you@example.org"
  images = {
    api      = "example/api@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    timer    = "example/timer@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    booker   = "example/booker@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    waitlist = "example/waitlist@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    notifier = "example/notifier@sha256:0000000000000000000000000000000000000000000000000000000000000000"
  }
}

run "a_small_installation" {
  command = plan

  assert {
    condition     = output.public_url == "https://autotennis-api-123456789012.europe-north1.run.app"
    error_message = "Without an address of its own, the installation has that of the service api."
  }
  assert {
    condition     = length(google_billing_budget.this) == 0
    error_message = "Without a billing account there is no budget."
  }
  assert {
    condition     = alltrue([for service in google_cloud_run_v2_service.this : service.template[0].scaling[0].min_instance_count == 0])
    error_message = "Nothing runs while nobody needs it."
  }
  assert {
    condition     = toset(keys(google_cloud_scheduler_job.standing)) == toset(["sweep", "sweep-daily", "watch-ntnui-tennis"])
    error_message = "The sweeps stand, and the watch of the club that the program knows by itself."
  }
}

run "a_big_installation" {
  command = plan

  variables {
    prefix           = "padel"
    clubs            = "[{\"id\": \"one\"}, {\"id\": \"two_2\"}]"
    public_url       = "https://book.example.org"
    mail_from        = "Autotennis <booking@example.org>"
    optional_secrets = ["smtp-url"]
    streams          = 40
    warm_pages       = 1
    warm_bookers     = 2
    most_bookers     = 100
    billing_account  = "012345-6789AB-CDEF01"
    monthly_budget   = 50
    more_settings    = { AUTOTENNIS_CANARY = "false" }
  }

  assert {
    condition     = output.public_url == "https://book.example.org" && length(google_billing_budget.this) == 1
    error_message = "An address of its own, and a budget."
  }
  assert {
    condition     = google_cloud_run_v2_service.this["api"].template[0].max_instance_request_concurrency == 56
    error_message = "Streams come on top of pages."
  }
  assert {
    condition     = google_cloud_run_v2_service.this["booker"].template[0].scaling[0].min_instance_count == 2
    error_message = "Bookers are kept warm where that is wanted."
  }
  assert {
    condition     = contains(keys(google_cloud_scheduler_job.standing), "watch-one") && contains(keys(google_cloud_scheduler_job.standing), "watch-two_2")
    error_message = "Each club has a watch."
  }
}

run "what_is_wrong_is_told" {
  command = plan

  variables {
    project          = "Our Club"
    region           = "Finland"
    prefix           = "google"
    database         = "X"
    images           = { api = "example/api:latest" }
    contact          = "ø"
    clubs            = "[{\"id\": \"one club\"}]"
    public_url       = "http://book.example.org"
    vapid_public_key = "short"
    optional_secrets = ["pin"]
    log_level        = "LOUD"
    streams          = 1000
    warm_pages       = -1
    warm_bookers     = 0.5
    alert_email      = "nobody"
    billing_account  = "mine"
    monthly_budget   = 0.5
  }

  expect_failures = [
    var.project,
    var.region,
    var.prefix,
    var.database,
    var.images,
    var.contact,
    var.clubs,
    var.public_url,
    var.vapid_public_key,
    var.optional_secrets,
    var.log_level,
    var.streams,
    var.warm_pages,
    var.warm_bookers,
    var.alert_email,
    var.billing_account,
    var.monthly_budget,
  ]
}

# Apart from the others: a rule that looks at another variable says nothing where that is wrong itself.
run "what_is_wrong_beside_others_is_told" {
  command = plan

  variables {
    optional_secrets = ["smtp-url"]
    most_bookers     = 1
  }

  expect_failures = [var.mail_from, var.most_bookers]
}

run "settings_that_no_service_has" {
  command = plan

  variables {
    more_settings = { AUTOTENNIS_CANARIES = "false", AUTOTENNIS_PUSH_SECRET = "something" }
  }

  expect_failures = [terraform_data.more_settings]
}
