# What each service is told. A service is told what it has a setting for, and no secret that it does not use.
locals {
  port = 8080
  # A page that is being made holds a thread, and so does each stream; one more is for the probes, so that an instance
  # that is merely busy does not pass for dead.
  pages_at_once = 16

  told_to_all = {
    AUTOTENNIS_BACKEND           = "gcp"
    AUTOTENNIS_CLUBS             = local.clubs
    AUTOTENNIS_CONTACT           = var.contact
    AUTOTENNIS_GCP_DATABASE      = var.database
    AUTOTENNIS_GCP_KMS_KEY       = local.kms_key
    AUTOTENNIS_GCP_PREFIX        = var.prefix
    AUTOTENNIS_GCP_PROJECT       = var.project
    AUTOTENNIS_GCP_PUSH_ACCOUNT  = local.accounts["pusher"]
    AUTOTENNIS_GCP_PUSH_AUDIENCE = local.audience
    AUTOTENNIS_GCP_REGION        = var.region
    AUTOTENNIS_HOST              = "0.0.0.0"
    AUTOTENNIS_LOG_LEVEL         = var.log_level
    AUTOTENNIS_PORT              = tostring(local.port)
  }
  told_besides = {
    api = {
      AUTOTENNIS_MAIL_FROM = var.mail_from
      # Cloud Run names the caller.
      AUTOTENNIS_PROXIES          = "1"
      AUTOTENNIS_PUBLIC_URL       = local.public_url
      AUTOTENNIS_STREAMS          = tostring(var.streams)
      AUTOTENNIS_THREADS          = tostring(local.pages_at_once + 1)
      AUTOTENNIS_VAPID_PUBLIC_KEY = var.vapid_public_key
    }
    notifier = {
      AUTOTENNIS_MAIL_FROM  = var.mail_from
      AUTOTENNIS_PUBLIC_URL = local.public_url
    }
  }
  environment = {
    for service, known in local.settings : service => merge(
      { for name, value in merge(local.told_to_all, lookup(local.told_besides, service, {})) : name => value if value != "" },
      { for name, value in local.told_in_rehearsal : name => value if contains(keys(known), name) },
      { for name, value in var.more_settings : name => value if !try(known[name].secret, true) },
    )
  }

  # Who reads which secret. The pages know the private key of web push only where they are not told the public one.
  secret_readers = merge(
    {
      session-secret = ["api"]
      link-secret    = ["api", "notifier"]
    },
    {
      for secret, readers in {
        smtp-url          = ["notifier"]
        vapid-private-key = var.vapid_public_key == "" ? ["notifier", "api"] : ["notifier"]
        deadman-url       = ["timer"]
      } : secret => readers if contains(var.optional_secrets, secret)
    },
  )
  secret_environment = {
    for service in keys(local.settings) : service => {
      for secret, readers in local.secret_readers :
      "AUTOTENNIS_${upper(replace(secret, "-", "_"))}" => "${var.prefix}-${secret}" if contains(readers, service)
    }
  }

  told = { for service in keys(local.settings) : service => keys(merge(local.environment[service], local.secret_environment[service])) }
  mistaken = {
    for service, known in local.settings : service => setsubtract(local.told[service], [for name, about in known : name if about.cloud])
  }
  known_settings = merge(values(local.settings)...)
}

resource "terraform_data" "more_settings" {
  lifecycle {
    precondition {
      condition = alltrue([
        for name in keys(var.more_settings) : !try(local.known_settings[name].secret, true)
      ])
      error_message = "more_settings may name settings of the services that are no secrets (docs/settings.md). Not so: ${
        join(", ", [
          for name in keys(var.more_settings) : name if try(local.known_settings[name].secret, true)
      ])}."
    }
  }
}
