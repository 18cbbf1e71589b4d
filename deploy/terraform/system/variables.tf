variable "project" {
  description = "The Google Cloud project's id."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "project has to be a project's id: 6 to 30 lower-case letters, digits and hyphens, such as our-club-123456."
  }
}

variable "region" {
  description = "Where everything runs: that of the foundation."
  type        = string
  default     = "europe-north1"

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "region has to be a region of Google Cloud, such as europe-north1."
  }
}

variable "prefix" {
  description = "Begins the names of all that is made: that of the foundation."
  type        = string
  default     = "autotennis"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,19}[a-z0-9]$", var.prefix)) && !startswith(var.prefix, "goog")
    error_message = "prefix has to have 3 to 21 lower-case letters, digits and hyphens, begin with a letter other than those of \"goog\" and end without a hyphen."
  }
}

variable "database" {
  description = "The Firestore database's name: that of the foundation."
  type        = string
  default     = "(default)"

  validation {
    condition     = can(regex("^(\\(default\\)|[a-z][a-z0-9-]{2,61}[a-z0-9])$", var.database))
    error_message = "database has to be (default), or 4 to 63 lower-case letters, digits and hyphens."
  }
}

variable "images" {
  description = "The image of each service by its digest, for services that are made now. Releases put in others later."
  type        = map(string)

  validation {
    condition = (
      toset(keys(var.images)) == toset(["api", "booker", "notifier", "timer", "waitlist"]) &&
      alltrue([for image in values(var.images) : can(regex("^[^@\\s]+@sha256:[0-9a-f]{64}$", image))])
    )
    error_message = "images has to name the image of each of api, booker, notifier, timer and waitlist by its digest: REPOSITORY/NAME@sha256:..."
  }
}

variable "contact" {
  description = "Where a club can reach whoever runs this; it stands in the User-Agent. A web address or an e-mail address."
  type        = string

  validation {
    condition     = can(regex("^[\\x20-\\x7e]{3,200}$", var.contact))
    error_message = "contact has to be 3 to 200 characters of ASCII, such as mailto:you@example.org: a club must be able to reach you."
  }
}

variable "clubs" {
  description = "The clubs as JSON text, as AUTOTENNIS_CLUBS takes it. Empty: the club that the program knows by itself."
  type        = string
  default     = ""

  validation {
    condition     = var.clubs == "" || can([for club in jsondecode(var.clubs) : regex("^[A-Za-z0-9_-]{1,64}$", club.id)])
    error_message = "clubs has to be a JSON list of clubs, each with an id of letters, digits, hyphens and underscores."
  }
}

variable "public_url" {
  description = "Where members reach the pages. Empty: Cloud Run's own address of the service api."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^(https://[^\\s/?#@]+)?$", var.public_url))
    error_message = "public_url has to begin with https:// and end with the host, such as https://book.example.org."
  }
}

variable "mail_from" {
  description = "Whom e-mail is from; empty where there is none. It goes together with the secret smtp-url."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^([^\\x00-\\x1f\\x7f]*[^\\s@<>]+@[^\\s@<>]+>?)?$", var.mail_from))
    error_message = "mail_from has to be an address, such as Autotennis <booking@example.org>."
  }
  validation {
    condition     = !contains(var.optional_secrets, "smtp-url") || var.mail_from != ""
    error_message = "mail_from is needed where smtp-url is among the optional_secrets."
  }
}

variable "vapid_public_key" {
  description = "The public key that belongs to the secret vapid-private-key, so that the pages need not know that."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^([A-Za-z0-9_-]{87})?$", var.vapid_public_key))
    error_message = "vapid_public_key has to be 87 characters of base64url."
  }
}

variable "optional_secrets" {
  description = "Which of the secrets that need not be have been given a value: smtp-url, vapid-private-key, deadman-url."
  type        = set(string)
  default     = []

  validation {
    condition     = length(setsubtract(var.optional_secrets, ["smtp-url", "vapid-private-key", "deadman-url"])) == 0
    error_message = "optional_secrets may name smtp-url, vapid-private-key and deadman-url."
  }
}

variable "log_level" {
  description = "How much is logged."
  type        = string
  default     = "INFO"

  validation {
    condition     = contains(["DEBUG", "INFO", "WARNING", "ERROR"], var.log_level)
    error_message = "log_level has to be DEBUG, INFO, WARNING or ERROR."
  }
}

variable "more_settings" {
  description = "Further settings by their names (AUTOTENNIS_CANARY and so on); each goes to the services that have it."
  type        = map(string)
  default     = {}
}

variable "streams" {
  description = "How many open pages an instance tells of news as it comes. 0 is cheapest where members come one at a time (docs/costs.md)."
  type        = number
  default     = 0

  validation {
    condition     = var.streams >= 0 && var.streams <= 200 && floor(var.streams) == var.streams
    error_message = "streams has to be a whole number from 0 to 200."
  }
}

variable "warm_pages" {
  description = "Instances of the pages that are kept running, so that nobody waits for the first page. Each is billed all day."
  type        = number
  default     = 0

  validation {
    condition     = var.warm_pages >= 0 && var.warm_pages <= 10 && floor(var.warm_pages) == var.warm_pages
    error_message = "warm_pages has to be a whole number from 0 to 10."
  }
}

variable "warm_bookers" {
  description = "Instances of the booker that are kept running. Not needed for exactness: an opening wakes its booker two minutes ahead."
  type        = number
  default     = 0

  validation {
    condition     = var.warm_bookers >= 0 && var.warm_bookers <= 10 && floor(var.warm_bookers) == var.warm_bookers
    error_message = "warm_bookers has to be a whole number from 0 to 10."
  }
}

variable "most_bookers" {
  description = "Instances of the booker at most: as many races, of up to 100 bookings each, run at one instant."
  type        = number
  default     = 20

  validation {
    condition     = var.most_bookers >= 2 && var.most_bookers <= 100 && var.most_bookers >= var.warm_bookers && floor(var.most_bookers) == var.most_bookers
    error_message = "most_bookers has to be a whole number from 2 to 100, and no less than warm_bookers."
  }
}

variable "alert_email" {
  description = "Who is told by e-mail when something is wrong; empty: nobody."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^([^@\\s]+@[^@\\s]+)?$", var.alert_email))
    error_message = "alert_email has to be an e-mail address."
  }
}

variable "billing_account" {
  description = "The billing account's id, for a budget; empty: there is no budget."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^([0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6})?$", var.billing_account))
    error_message = "billing_account has to be such as 012345-6789AB-CDEF01."
  }
}

variable "monthly_budget" {
  description = "Of how much a month, in whole units of the billing account's currency, you want to be told; 0: not at all. It stops nothing."
  type        = number
  default     = 0

  validation {
    condition     = var.monthly_budget >= 0 && floor(var.monthly_budget) == var.monthly_budget
    error_message = "monthly_budget has to be a whole number of 0 or more."
  }
}

variable "rehearsal" {
  description = "Whether this installation is for rehearsals alone: a practice club of its own is its only club. As in the foundation."
  type        = bool
  default     = false

  validation {
    condition     = !var.rehearsal || strcontains(var.prefix, "rehearsal")
    error_message = "rehearsal is for an installation of its own, whose prefix holds the word rehearsal, such as autotennis-rehearsal."
  }
  validation {
    condition     = !var.rehearsal || var.clubs == ""
    error_message = "rehearsal makes the practice club the only club: leave clubs empty."
  }
}

variable "practice_image" {
  description = "The image of the practice club by its digest, for an installation that is for rehearsals; empty otherwise."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^([^@\\s]+@sha256:[0-9a-f]{64})?$", var.practice_image)) && (var.practice_image != "") == var.rehearsal
    error_message = "practice_image has to name the practice club's image by its digest where rehearsal is true, and to be empty elsewhere: REPOSITORY/practice@sha256:..."
  }
}
