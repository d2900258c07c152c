# Reads each SAS transport file (haven) and Dataset-JSON file (jsonlite) of a folder, and writes what R holds of it to
# FILE.read: column -> values. Rscript read_back.R FOLDER
suppressMessages(library(haven))
library(jsonlite)

of_transport <- function(path) {
  lapply(as.list(read_xpt(path)), function(values) {
    as.list(if (inherits(values, c("Date", "POSIXct"))) as.character(values) else as.vector(values))
  })
}

of_json <- function(path) {
  told <- fromJSON(path, simplifyVector = FALSE)
  names <- vapply(told$columns, function(one) one$name, "")
  columns <- lapply(seq_along(names), function(place) lapply(told$rows, function(row) row[[place]]))
  setNames(columns, names)
}

folder <- commandArgs(trailingOnly = TRUE)[1]
for (path in list.files(folder, pattern = "[.](xpt|json)$", full.names = TRUE)) {
  held <- if (endsWith(path, ".xpt")) of_transport(path) else of_json(path)
  write_json(held, paste0(path, ".read"), auto_unbox = TRUE, null = "null", na = "null", digits = NA)
}
