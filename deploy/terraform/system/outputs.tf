output "public_url" {
  description = "Where members reach the pages."
  value       = local.public_url
}

output "services" {
  description = "Each service's name on Cloud Run."
  value       = { for service, made in google_cloud_run_v2_service.this : service => made.name }
}

output "addresses" {
  description = "Each service's own address. Only that of api can be reached from outside."
  value       = local.addresses
}
