# Bookings, members, and the vault's sealed secrets. Whoever deletes this has deleted the installation: so it is guarded
# twice, and `terraform destroy` leaves it where it is.
locals {
  firestore = jsondecode(file("${path.module}/firestore.indexes.json"))
  indexes = {
    for index in local.firestore.indexes :
    join("-", concat([index.collectionGroup], [for field in index.fields : field.fieldPath])) => index
  }
  fields = { for field in local.firestore.fieldOverrides : "${field.collectionGroup}-${field.fieldPath}" => field }
}

resource "google_firestore_database" "this" {
  name        = var.database
  location_id = var.database_location == "" ? var.region : var.database_location
  type        = "FIRESTORE_NATIVE"
  # Any instant of the last seven days, beside the daily backups.
  point_in_time_recovery_enablement = "POINT_IN_TIME_RECOVERY_ENABLED"
  delete_protection_state           = "DELETE_PROTECTION_ENABLED"
  deletion_policy                   = "ABANDON"

  depends_on = [google_project_service.api]
}

resource "google_firestore_backup_schedule" "daily" {
  database  = google_firestore_database.this.name
  retention = "${var.backups_kept_days * 86400}s"

  daily_recurrence {}
}

resource "google_firestore_index" "query" {
  for_each = local.indexes

  database    = google_firestore_database.this.name
  collection  = each.value.collectionGroup
  query_scope = each.value.queryScope

  dynamic "fields" {
    for_each = each.value.fields
    content {
      field_path   = fields.value.fieldPath
      order        = try(fields.value.order, null)
      array_config = try(fields.value.arrayConfig, null)
    }
  }
}

# Fields that no query asks for are not indexed: they would cost a write each and some are long. Those with a time to live
# are taken away by Firestore within a day of it.
resource "google_firestore_field" "override" {
  for_each = local.fields

  database   = google_firestore_database.this.name
  collection = each.value.collectionGroup
  field      = each.value.fieldPath

  index_config {
    dynamic "indexes" {
      for_each = each.value.indexes
      content {
        order        = try(indexes.value.order, null)
        array_config = try(indexes.value.arrayConfig, null)
        query_scope  = try(indexes.value.queryScope, null)
      }
    }
  }

  dynamic "ttl_config" {
    for_each = try(each.value.ttl, false) ? [true] : []
    content {}
  }
}
