# The dashboard, out of monitoring/tiles.yaml.

locals {
  tiles = yamldecode(replace(file("${path.module}/monitoring/tiles.yaml"), "PREFIX", var.prefix))
  lines = { for tile in local.tiles : tile.title => tile.lines }

  charts = [
    for tile in local.tiles : {
      title = tile.title
      xyChart = {
        dataSets = [
          for place, line in tile.lines : {
            plotType   = "LINE"
            targetAxis = "Y1"
            timeSeriesQuery = {
              unitOverride = try(tile.unit, "1")
              timeSeriesFilter = {
                filter = local.queries["${tile.title}/${place}"].filter
                aggregation = {
                  alignmentPeriod    = local.queries["${tile.title}/${place}"].over
                  perSeriesAligner   = local.queries["${tile.title}/${place}"].align
                  crossSeriesReducer = local.queries["${tile.title}/${place}"].reduce
                  groupByFields      = local.queries["${tile.title}/${place}"].by
                }
              }
            }
          }
        ]
        yAxis = { scale = "LINEAR" }
      }
    }
  ]
}

resource "google_monitoring_dashboard" "overview" {
  dashboard_json = jsonencode({
    displayName = "${var.prefix}: overview"
    mosaicLayout = {
      # Three charts in a row, each as high as it is wide.
      columns = 12
      tiles = [
        for place, chart in local.charts : {
          xPos   = place % 3 * 4
          yPos   = floor(place / 3) * 4
          width  = 4
          height = 4
          widget = chart
        }
      ]
    }
  })

  depends_on = [terraform_data.metrics_known]
}
