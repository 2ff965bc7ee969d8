//! A picky stranger: help, wrong usage, JSON, pipes, exit codes.

use std::io::Read as _;
use std::process::Stdio;

use countinghouse_sim::faults::{Of, Plan, WORDS};
use serde_json::{Value, json};

use super::Home;

const COMMANDS: [&[&str]; 36] = [
    &[],
    &["profile"],
    &["profile", "list"],
    &["profile", "create"],
    &["profile", "use"],
    &["profile", "rename"],
    &["profile", "remove"],
    &["profile", "lock"],
    &["profile", "unlock"],
    &["profile", "passphrase"],
    &["demo"],
    &["connect"],
    &["connect", "shopify"],
    &["connections"],
    &["connections", "list"],
    &["connections", "test"],
    &["connections", "set"],
    &["connections", "remove"],
    &["connections", "join"],
    &["sync"],
    &["import"],
    &["metrics"],
    &["metrics", "daily"],
    &["metrics", "kpis"],
    &["metrics", "compare"],
    &["metrics", "trends"],
    &["orders", "list"],
    &["products", "list"],
    &["inventory", "list"],
    &["customers", "list"],
    &["trace"],
    &["raw", "show"],
    &["rebuild"],
    &["health"],
    &["doctor"],
    &["sim"],
];

#[test]
fn every_command_explains_itself_and_touches_nothing() {
    let home = Home::new();
    for command in COMMANDS {
        let said = home.run(&[command, &["--help"]].concat());
        assert_eq!(said.code, 0, "{command:?} --help: {}", said.err);
        assert!(said.out.contains("Usage: countinghouse"), "{command:?}: {}", said.out);
        let undescribed: Vec<&str> = said
            .out
            .lines()
            .filter(|line| line.trim_start().starts_with("--") && !line.contains("  "))
            .collect();
        assert!(
            said.err.is_empty(),
            "{command:?} --help says nothing else: {}",
            said.err
        );
        assert!(
            !said.out.contains("--home <DIR> <") || undescribed.is_empty(),
            "{command:?}: options without a word: {undescribed:?}"
        );
    }
    assert!(!home.0.exists(), "help makes no home folder");
}

#[test]
fn help_names_a_command_s_own_options_first_and_says_what_connecting_needs() {
    let home = Home::new();
    let import = home.run(&["import", "--help"]).out;
    let at = |words: &str| import.find(words).unwrap_or_else(|| panic!("“{words}” is in {import}"));
    assert!(
        at("--currency") < at("Options of every command"),
        "what is its own stands together: {import}"
    );
    assert!(
        at("Options of every command") < at("--home"),
        "before what every command has"
    );
    let connect = home.run(&["connect", "shopify", "--help"]).out;
    for words in [
        "dev.shopify.com",
        "read_all_orders",
        "/auth/callback",
        "COUNTINGHOUSE_SECRET",
        "Release",
    ] {
        assert!(connect.contains(words), "“{words}” is told: {connect}");
    }
}

#[test]
fn help_of_the_simulator_lists_every_fault_under_the_marketplaces_it_is_made_for() {
    let home = Home::new();
    let help = home.run(&["sim", "--help"]).out;
    let at = |words: &str| help.find(words).unwrap_or_else(|| panic!("“{words}” is in {help}"));
    let (all, shopify, amazon) = (
        at("for every marketplace"),
        at("for Shopify alone"),
        at("for Amazon alone"),
    );
    let end = at("For example: 429");
    for word in &WORDS {
        let part = match word.of {
            Of::All => &help[all..shopify],
            Of::Shopify => &help[shopify..amazon],
            Of::Amazon => &help[amazon..end],
        };
        let line = part
            .lines()
            .find(|line| line.trim_start().starts_with(&format!("{} ", word.form())));
        let line = line.unwrap_or_else(|| panic!("{} has a line of its own: {part}", word.form()));
        let begin: String = word.what.chars().take(20).collect();
        assert!(line.contains(&begin), "and says what happens: {line}");
    }
    for name in [
        "empty-list",
        "link-expired",
        "report-fatal",
        "plant-personal",
        "secret-expired",
    ] {
        assert!(name.parse::<Plan>().is_ok(), "{name} is a plan");
        assert!(help.contains(name), "{name} is told: {help}");
    }
    let first = home.run(&["--help"]).out;
    let line = first.lines().next().unwrap_or_default();
    assert!(
        line.contains("Shopify") && line.contains("Amazon"),
        "the first line names what is read: {line}"
    );
}

#[test]
fn wrong_usage_ends_with_2_and_names_what_is_wrong() {
    let home = Home::new();
    let wrong: [(&[&str], &str); 29] = [
        (&["metrcs"], "metrics"),
        (
            &["metrics", "daily", "--from", "yesterday", "--to", "2026-05-01"],
            "YYYY-MM-DD",
        ),
        (
            &["metrics", "daily", "--from", "2026-02-30", "--to", "2026-03-01"],
            "2026-02-30",
        ),
        (
            &["metrics", "daily", "--from", "2026-05-02", "--to", "2026-05-01"],
            "before it begins",
        ),
        (&["metrics", "kpis", "--from", "2026-05-02"], "--to"),
        (&["metrics", "kpis", "--days", "0"], "1..="),
        (&["metrics", "kpis", "--days", "99999999"], "1..="),
        (&["metrics", "trends", "--metric", "net_sale"], "net_sales"),
        (
            &[
                "metrics",
                "compare",
                "--current",
                "2026-05-01..2026-05-02",
                "--previous",
                "last-week",
            ],
            "last-year",
        ),
        (&["metrics", "kpis", "--definition", "cash"], "accounting"),
        (&["trace", "gros_sales", "--day", "2026-05-01"], "gross_sales"),
        (&["trace", "net_sales"], "--day"),
        (&["trace", "net_sales"], "--from"),
        (&["orders", "list", "--channel", "ebay"], "shopify"),
        (
            &["orders", "list", "--from", "2026-05-02", "--to", "2026-05-01"],
            "before it begins",
        ),
        (&["orders", "list", "--limit", "0"], "--limit"),
        (&["inventory", "list", "--from", "2026-05-02"], "--from"),
        (&["sim", "--faults", "gremlins"], "gremlins"),
        (&["connect", "shopify", "bad shop!"], "my-shop"),
        (&["connect", "shopify", "https://example.com/shop"], "my-shop"),
        (
            &["connect", "shopify", "my-shop", "--endpoint", "http://example.com"],
            "https",
        ),
        (
            &["connect", "shopify", "my-shop", "--endpoint", "nowhere"],
            "no address",
        ),
        (&["connect", "shopify", "my-shop"], "--client-id"),
        (&["connect", "amazon", "--client-id", "x", "--region", "moon"], "eu"),
        (&["connect", "amazon", "--client-id", "x", "--marketplaces", "QQ"], "US"),
        (
            &[
                "connect",
                "amazon",
                "--client-id",
                "x",
                "--endpoint",
                "http://example.com",
            ],
            "https",
        ),
        (&["import", "amazon", "bananas", "file.json"], "orders"),
        (
            &["import", "shopify", "orders", "file.json", "--currency", "XXY"],
            "ISO 4217",
        ),
        (&["profile", "set", "--time-zone", "Mars/Olympus"], "America/New_York"),
    ];
    for (arguments, named) in wrong {
        let said = home.run(arguments);
        assert_eq!(said.code, 2, "{arguments:?}: {}", said.all());
        assert!(said.err.contains(named), "{arguments:?} names {named}: {}", said.err);
        assert!(said.out.is_empty(), "{arguments:?} answers nothing: {}", said.out);
        let told = home.run(&[arguments, &["--json"]].concat());
        assert_eq!(told.code, 2, "{arguments:?} --json: {}", told.all());
        let answer = told.json();
        assert_eq!(answer["success"], json!(false), "{arguments:?}: {answer}");
        assert_eq!(answer["error"]["code"], json!("invalid"), "{arguments:?}: {answer}");
        let text = format!("{} {}", answer["error"]["message"], answer["error"]["hint"]);
        assert!(text.contains(named), "{arguments:?} as JSON names {named}: {answer}");
    }
}

#[test]
fn what_does_not_exist_is_told_with_what_does() {
    let home = Home::new();
    home.run(&["profile", "create", "Mill & Sons", "--json"]).data();
    let unknown: [(&[&str], &str); 6] = [
        (&["--profile", "Mell", "metrics", "kpis"], "Mill & Sons"),
        (&["connections", "test", "nobody"], "connect shopify"),
        (&["sync"], "connect shopify"),
        (&["raw", "show", "shopify", "orders", "99"], "trace"),
        (&["raw", "show", "shopify", "orders", "#99"], "trace"),
        (&["import", "shopify", "orders", "nowhere.csv"], "nowhere.csv"),
    ];
    for (arguments, named) in unknown {
        let said = home.run(arguments);
        assert_eq!(said.code, 1, "{arguments:?}: {}", said.all());
        assert!(said.err.contains(named), "{arguments:?} names {named}: {}", said.err);
        let answer = home.run(&[arguments, &["--json"]].concat()).json();
        assert_eq!(answer["error"]["code"], json!("not_found"), "{arguments:?}: {answer}");
    }
}

#[test]
fn answers_go_to_standard_output_and_remarks_do_not() {
    let home = Home::new();
    let quiet = home.run_with(&["demo", "--days", "6", "--orders-per-day", "2", "--quiet"], &[], None);
    assert_eq!(quiet.code, 0, "{}", quiet.all());
    assert!(
        quiet.err.is_empty(),
        "--quiet says nothing but the answer: {}",
        quiet.err
    );
    assert!(quiet.out.contains("Net sales"), "which is printed: {}", quiet.out);
    let loud = home.run_with(&["sync"], &[], None);
    assert!(!loud.err.is_empty(), "without it remarks are made");
    let remark = "How connections stand";
    assert_eq!(
        loud.out.matches(remark).count(),
        1,
        "one for all accounts: {}",
        loud.out
    );
    let quiet = home.run_with(&["sync", "-q"], &[], None);
    assert!(
        !quiet.out.contains(remark) && quiet.out.contains("unchanged"),
        "-q leaves what to do next out, and answers: {}",
        quiet.out
    );
    assert!(
        !loud.all().contains('\u{1b}'),
        "no colours and no bars where there is no terminal: {:?}",
        loud.all()
    );
    for command in ["orders", "products", "inventory", "customers"] {
        let said = home.run_with(&[command, "list", "--limit", "2", "--json"], &[], None);
        let rows = said.data();
        assert!(
            rows["rows"].as_array().is_some_and(|r| r.len() <= 2),
            "{command}: {rows}"
        );
    }
    let first = home
        .run_with(&["orders", "list", "--limit", "1", "--json"], &[], None)
        .data();
    let name = first["rows"][0]["name"].as_str().expect("a name").to_owned();
    let day = first["rows"][0]["day"].as_str().expect("a day").to_owned();
    let found = home
        .run_with(&["orders", "list", "--search", &name, "--json"], &[], None)
        .data();
    assert_eq!(found["rows"][0]["name"], json!(name), "the search finds it: {found}");
    let key = first["rows"][0]["key"].as_str().expect("an id").to_owned();
    let found = home
        .run_with(&["orders", "list", "--search", &key, "--json"], &[], None)
        .data();
    assert_eq!(
        (&found["count"], &found["rows"][0]["key"]),
        (&json!(1), &json!(key)),
        "by the id that the list shows too: {found}"
    );
    let of_day = home
        .run_with(&["orders", "list", "--from", &day, "--to", &day, "--json"], &[], None)
        .data();
    let days: Vec<&Value> = of_day["rows"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| &row["day"])
        .collect();
    assert!(
        !days.is_empty() && days.iter().all(|d| **d == json!(day)),
        "only that day: {of_day}"
    );
}

#[test]
fn a_reader_who_leaves_early_is_no_trouble() {
    let home = Home::new();
    home.run_with(&["demo", "--days", "20", "--orders-per-day", "3", "--quiet"], &[], None);
    for arguments in [
        &["inventory", "list", "--limit", "5000", "--json"][..],
        &["products", "list", "--limit", "5000", "--json"][..],
    ] {
        let mut child = home
            .command(arguments, &[])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        // Reads a few bytes, as `head` does, and leaves.
        let mut few = [0; 16];
        let mut reader = child.stdout.take().expect("its output");
        reader.read_exact(&mut few).expect("it begins to answer");
        drop(reader);
        let ended = child.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(!said.contains("panicked"), "{arguments:?}: {said}");
        assert_eq!(ended.status.code(), Some(0), "{arguments:?} ends by itself: {said}");
    }
}

#[test]
fn the_doctor_looks_at_the_machine_and_tells_of_damage() {
    let home = Home::new();
    home.run_with(&["demo", "--days", "6", "--orders-per-day", "2", "--quiet"], &[], None);
    let run = || home.run_with(&["doctor", "--json"], &[], None);
    let well = run().data();
    let labels: Vec<&str> = well["lines"]
        .as_array()
        .expect("lines")
        .iter()
        .filter_map(|line| line["label"].as_str())
        .collect();
    for label in [
        "Home folder",
        "Disk space",
        "Keyring",
        "Clock",
        "Ledger file",
        "Raw records",
    ] {
        assert!(labels.contains(&label), "{label} is looked at: {labels:?}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let key = home.0.join("profiles/demo/key.json");
        let mode = |mode| std::fs::set_permissions(&key, std::fs::Permissions::from_mode(mode)).expect("a mode");
        mode(0o644);
        let open = run();
        assert_eq!(open.code, 1, "others may read the key: {}", open.out);
        assert!(
            open.json()["error"]["message"].to_string().contains("Permissions"),
            "{}",
            open.out
        );
        mode(0o600);
    }
    let ledger = home.0.join("profiles/demo/ledger.db");
    let mut bytes = std::fs::read(&ledger).expect("the ledger");
    let at = bytes.len() * 2 / 3;
    bytes[at] ^= 1;
    std::fs::write(&ledger, bytes).expect("written");
    let damaged = home.run_with(&["doctor", "--look", "--json"], &[], None);
    assert_eq!(damaged.code, 1, "a flipped bit is found: {}", damaged.out);
    assert!(damaged.out.contains("damaged"), "and told: {}", damaged.out);
}
