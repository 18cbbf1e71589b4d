variable "new_metrics_wait_s" {
  description = "How long Terraform waits before it makes alert policies on new metrics of log lines, in seconds."
  type        = number
  default     = 60

  validation {
    condition     = var.new_metrics_wait_s >= 0 && var.new_metrics_wait_s <= 600
    error_message = "new_metrics_wait_s has to be from 0 to 600 seconds."
  }
}
