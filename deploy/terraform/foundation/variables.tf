variable "project" {
  description = "The Google Cloud project's id."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "project has to be a project's id: 6 to 30 lower-case letters, digits and hyphens, such as our-club-123456."
  }
}

variable "region" {
  description = "Where everything runs: as near to the clubs' web servers as may be. README.md says how to choose."
  type        = string
  default     = "europe-north1"

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "region has to be a region of Google Cloud, such as europe-north1."
  }
}

variable "prefix" {
  description = "Begins the names of all that is made: two installations in one project differ in it."
  type        = string
  default     = "autotennis"

  # The longest name that it begins is a service account's, PREFIX-notifier, which may have 30 characters.
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,19}[a-z0-9]$", var.prefix)) && !startswith(var.prefix, "goog")
    error_message = "prefix has to have 3 to 21 lower-case letters, digits and hyphens, begin with a letter other than those of \"goog\" and end without a hyphen."
  }
}

variable "database" {
  description = "The Firestore database's name. Only the first of a project may be (default), which has a daily share that is free."
  type        = string
  default     = "(default)"

  validation {
    condition     = can(regex("^(\\(default\\)|[a-z][a-z0-9-]{2,61}[a-z0-9])$", var.database))
    error_message = "database has to be (default), or 4 to 63 lower-case letters, digits and hyphens."
  }
}

variable "database_location" {
  description = "Where the database lies: a region, or a multi-region such as eur3, which costs about twice as much. Empty: the region. It cannot be changed later."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^(|eur3|nam5|nam7|[a-z]+-[a-z]+[0-9]+)$", var.database_location))
    error_message = "database_location has to be empty, a region such as europe-north1, or one of eur3, nam5 and nam7."
  }
}

variable "backups_kept_days" {
  description = "How long a daily backup is kept. What a member had deleted is in backups for so long."
  type        = number
  default     = 14

  validation {
    condition     = var.backups_kept_days >= 1 && var.backups_kept_days <= 98 && floor(var.backups_kept_days) == var.backups_kept_days
    error_message = "backups_kept_days has to be a whole number from 1 to 98, which is Firestore's most."
  }
}

variable "key_rotation_days" {
  description = "How often the key that guards the vault gets a new version. Each version is billed for as long as it exists."
  type        = number
  default     = 365

  validation {
    condition     = var.key_rotation_days >= 30 && var.key_rotation_days <= 3650 && floor(var.key_rotation_days) == var.key_rotation_days
    error_message = "key_rotation_days has to be a whole number from 30 to 3650."
  }
}

variable "rehearsal" {
  description = "Whether this installation is for rehearsals alone, against a practice club of its own. Its prefix has to hold the word rehearsal."
  type        = bool
  default     = false

  validation {
    condition     = !var.rehearsal || strcontains(var.prefix, "rehearsal")
    error_message = "rehearsal is for an installation of its own, whose prefix holds the word rehearsal, such as autotennis-rehearsal."
  }
}
