# Writes r_figures.csv beside r_data.csv with R's survival and cmprsk: Rscript tests/reference/r_figures.R
# One line a figure: set, what, part, number, value; NA is "not estimable".
suppressMessages({library(survival); library(cmprsk)})
options(digits = 17, warn = -1)
folder <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
data <- read.csv(file.path(folder, "r_data.csv"), colClasses = c(group = "character", stratum = "character"))
out <- file(file.path(folder, "r_figures.csv"), "w")
writeLines(paste0("# R ", getRversion(), ", survival ", packageVersion("survival"), ", cmprsk ", packageVersion("cmprsk")), out)
writeLines("set,what,part,number,value", out)
put <- function(set, what, part, values)
  for (i in seq_along(values))
    writeLines(paste(set, what, part, i, trimws(formatC(values[[i]], digits = 17, format = "g")), sep = ","), out)

for (set in unique(data$set)) {
  d <- data[data$set == set, ]
  d$event <- as.integer(d$status > 0)
  causes <- max(d$status, 1)
  at <- unique(round(max(d$time) * c(0, .2, .5, .8)))
  put(set, "at", "overall", at)
  parts <- c(list(overall = rep(TRUE, nrow(d))), sapply(sort(unique(d$group)), function(g) d$group == g, simplify = FALSE))
  for (name in names(parts)) {
    own <- d[parts[[name]], ]
    seen <- at[at <= max(own$time)]
    for (kind in c("plain", "log", "log-log")) {
      fit <- survfit(Surv(time, event) ~ 1, own, conf.type = kind)
      s <- summary(fit, times = seen)
      put(set, paste0("surv_", kind, "_lower"), name, s$lower)
      put(set, paste0("surv_", kind, "_upper"), name, s$upper)
      q <- quantile(fit, c(.25, .5, .75))
      put(set, paste0("quantile_", kind), name, q$quantile)
      put(set, paste0("quantile_", kind, "_lower"), name, q$lower)
      put(set, paste0("quantile_", kind, "_upper"), name, q$upper)
    }
    put(set, "surv", name, s$surv)
    put(set, "se", name, s$std.err)
    put(set, "n_risk", name, s$n.risk)
    put(set, "rmst", name, summary(fit, rmean = min(tapply(d$time, d$group, max)))$table[c("rmean", "se(rmean)")])
    reverse <- survfit(Surv(time, 1 - event) ~ 1, own, conf.type = "log-log")
    put(set, "followup", name, quantile(reverse, .5)$quantile)
    cif <- timepoints(cuminc(own$time, own$status, cencode = 0), seen)
    for (row in seq_len(nrow(cif$est))) {
      cause <- sub(".* ", "", rownames(cif$est)[row])
      put(set, paste0("cif_cause", cause), name, cif$est[row, ])
      put(set, paste0("var_aalen_cause", cause), name, cif$var[row, ])
    }
  }
  lr <- list(unstratified = survdiff(Surv(time, event) ~ group, d),
             stratified = survdiff(Surv(time, event) ~ group + strata(stratum), d))
  gray <- list(unstratified = cuminc(d$time, d$status, d$group, cencode = 0)$Tests,
               stratified = cuminc(d$time, d$status, d$group, strata = d$stratum, cencode = 0)$Tests)
  for (name in names(lr)) {
    exp <- lr[[name]]$exp
    put(set, "logrank_expected", name, if (is.matrix(exp)) rowSums(exp) else exp)
    put(set, "logrank", name, c(lr[[name]]$chisq, lr[[name]]$pvalue))
    for (cause in rownames(gray[[name]])) put(set, paste0("gray_cause", cause), name, gray[[name]][cause, c("stat", "pv")])
    for (ties in c("efron", "breslow")) {
      model <- if (name == "stratified") Surv(time, event) ~ group + x + strata(stratum) else Surv(time, event) ~ group + x
      fit <- coxph(model, d, ties = ties, control = coxph.control(eps = 1e-13, iter.max = 50))
      put(set, paste0("cox_", ties), name, coef(fit))
      put(set, paste0("cox_", ties, "_se"), name, sqrt(diag(vcov(fit))))
    }
  }
  for (cause in seq_len(causes)) {
    d$own <- as.integer(d$status == cause)
    put(set, paste0("logrank_of_cause", cause), "unstratified", survdiff(Surv(time, own) ~ group, d)$chisq)
    put(set, paste0("cox_of_cause", cause), "unstratified",
        coef(coxph(Surv(time, own) ~ group + x, d, control = coxph.control(eps = 1e-13, iter.max = 50))))
  }
}
close(out)
