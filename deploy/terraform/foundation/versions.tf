terraform {
  required_version = ">= 1.9"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 6.30, < 8.0"
    }
  }

  # Where the state lies is told at `terraform init -backend-config=bucket=... -backend-config=prefix=...`.
  backend "gcs" {}
}

# Calls count against the installation's own project, also where a person's login of gcloud makes them.
provider "google" {
  project               = var.project
  region                = var.region
  billing_project       = var.project
  user_project_override = true
}
