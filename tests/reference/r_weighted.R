# Writes r_weighted.csv beside r_data.csv with R's glm and survival: Rscript tests/reference/r_weighted.R
# Group A is "the trial", the others are controls. One line a figure: set, what, number, value; NA is "not estimable".
suppressMessages(library(survival))
options(warn = -1)
folder <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
data <- read.csv(file.path(folder, "r_data.csv"), colClasses = c(group = "character"))
out <- file(file.path(folder, "r_weighted.csv"), "w")
writeLines(paste0("# R ", getRversion(), ", survival ", packageVersion("survival")), out)
writeLines("set,what,number,value", out)
put <- function(set, what, values)
  for (i in seq_along(values))
    writeLines(paste(set, what, i, trimws(formatC(values[[i]], digits = 17, format = "g")), sep = ","), out)
strict <- coxph.control(eps = 1e-13, iter.max = 50)

for (set in unique(data$set)) {
  d <- data[data$set == set, ]
  d$event <- as.integer(d$status > 0)
  d$treated <- as.integer(d$group == "A")
  d$pair <- (seq_len(nrow(d)) - 1) %/% 2
  fit <- glm(treated ~ x + stratum, binomial, d, control = glm.control(epsilon = 1e-14, maxit = 100))
  logit <- unname(predict(fit))
  d$w <- ifelse(d$treated == 1, 1, exp(logit))
  put(set, "logit", logit)
  controls <- d[d$treated == 0, ]
  at <- round(max(controls$time) * c(.2, .5, .8))
  put(set, "at", at)
  put(set, "surv", summary(survfit(Surv(time, event) ~ 1, controls, weights = w), times = at)$surv)
  for (name in c("alone", "adjusted", "clustered")) {
    model <- if (name == "adjusted") Surv(time, event) ~ treated + x else Surv(time, event) ~ treated
    fit <- if (name == "clustered") coxph(model, d, weights = w, cluster = pair, control = strict)
           else coxph(model, d, weights = w, robust = TRUE, control = strict)
    put(set, paste0("cox_", name), coef(fit))
    put(set, paste0("cox_", name, "_se"), sqrt(diag(vcov(fit))))
  }
}
close(out)
