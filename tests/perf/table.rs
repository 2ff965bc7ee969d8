//! A figure beside its target.

/// Prints a figure, what was aimed at, and how it stands: `reach` is 1 where the target is just met, less where it is missed.
pub(crate) fn row(name: &str, what: &str, figure: &str, target: &str, reach: f64) {
    let verdict = match reach {
        r if r >= 1.0 => "pass",
        r if r >= 0.5 => "HALF",
        _ => "MISS",
    };
    println!("{name:<4} {what:<34} {figure:<44} {target:<24} {verdict}");
}

/// A figure without a target of its own.
pub(crate) fn note(what: &str, figure: &str) {
    println!("     {what:<34} {figure}");
}

/// Median and 95th percentile of times in milliseconds.
pub(crate) fn percentiles(times: &mut [f64]) -> (f64, f64) {
    times.sort_by(f64::total_cmp);
    (times[times.len() / 2], times[times.len() * 95 / 100])
}

/// A value of this process in `/proc/self/status` in MB (`VmHWM`: the most memory it had, `VmRSS`: what it has); 0 elsewhere.
pub(crate) fn memory(name: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(name));
    let digits = line.map(|line| line.chars().filter(char::is_ascii_digit).collect::<String>());
    digits.and_then(|digits| digits.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

/// How many processes want to run, for the reader of the figures.
pub(crate) fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or("?").to_owned()
}
