//! Syncing and its report, against the simulated marketplaces of a process of their own.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use serde_json::{Value, json};

use super::{Home, PASSPHRASE, Said};

/// `countinghouse sim`, ended with it.
struct Market {
    child: Child,
    told: Value,
}

impl Market {
    fn open(home: &Home, faults: &str) -> Market {
        let mut arguments = vec!["sim", "--port", "0", "--days", "6", "--orders-per-day", "3", "--json"];
        arguments.extend(["--amazon-speed", "100000"]);
        if !faults.is_empty() {
            arguments.extend(["--faults", faults]);
        }
        let mut child = home
            .command(&arguments, &[])
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the simulator starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let mut text = String::new();
        // Its answer ends with the brace in the first column; it listens by then.
        while let Some(Ok(line)) = lines.next() {
            text.push_str(&line);
            if line == "}" {
                break;
            }
        }
        let told: Value = serde_json::from_str(&text).expect("an answer as JSON");
        Market {
            child,
            told: told["data"].clone(),
        }
    }

    fn text(&self, name: &str) -> String {
        self.told["shopify"][name].as_str().expect("a text").to_owned()
    }

    /// Connects the home's first profile to it.
    fn connect(&self, home: &Home) -> Said {
        let (endpoint, id, secret) = (
            self.text("endpoint"),
            self.text("client_id"),
            self.text("client_secret"),
        );
        home.run_with(
            &[
                "connect",
                "shopify",
                "harbor-and-pine",
                "--endpoint",
                &endpoint,
                "--client-id",
                &id,
                "--json",
            ],
            &[
                ("COUNTINGHOUSE_PASSPHRASE", PASSPHRASE),
                ("COUNTINGHOUSE_SECRET", &secret),
            ],
            None,
        )
    }
}

impl Market {
    /// Connects the home's first profile to the seller account in a region, by what the simulator printed of it.
    fn connect_amazon(&self, home: &Home, region: &str) -> Said {
        let amazon = &self.told["amazon"];
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let (endpoint, id, secret) = (
            text(&amazon["endpoint"]),
            text(&amazon["client_id"]),
            text(&amazon["client_secret"]),
        );
        let refresh = text(&amazon["regions"][region]["refresh_token"]);
        home.run_with(
            &[
                "connect",
                "amazon",
                "--endpoint",
                &endpoint,
                "--region",
                region,
                "--client-id",
                &id,
                "--json",
            ],
            &[
                ("COUNTINGHOUSE_PASSPHRASE", PASSPHRASE),
                ("COUNTINGHOUSE_SECRET", &secret),
                ("COUNTINGHOUSE_REFRESH_TOKEN", &refresh),
            ],
            None,
        )
    }
}

impl Drop for Market {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn number(value: &Value, name: &str) -> u64 {
    value[name]
        .as_u64()
        .unwrap_or_else(|| panic!("{name} is a number: {value}"))
}

#[test]
fn a_sync_counts_what_it_read_per_stream_and_in_total() {
    let home = Home::new();
    let market = Market::open(&home, "");
    market.connect(&home).data();
    let first = home.run(&["sync", "--json"]).data()[0].clone();
    let report = &first["report"];
    let streams = report["streams"].as_array().expect("streams");
    for name in ["read", "new", "changed", "unchanged", "set_aside"] {
        let sum: u64 = streams.iter().map(|stream| number(stream, name)).sum();
        assert_eq!(
            number(&report["totals"], name),
            sum,
            "{name}: the total is the sum of the streams"
        );
    }
    let orders = streams.iter().find(|s| s["stream"] == "orders").expect("orders");
    assert!(number(orders, "new") > 10, "six days of three orders came: {orders}");
    assert_eq!(
        number(orders, "read"),
        number(orders, "new"),
        "all of them are new: {orders}"
    );
    let again = home.run(&["sync"]);
    assert_eq!(again.code, 0, "{}", again.all());
    let total = again
        .out
        .lines()
        .find(|line| line.starts_with("total"))
        .expect("a line for all");
    let cells: Vec<u64> = total
        .split_whitespace()
        .skip(1)
        .map(|n| n.parse().expect("a number"))
        .collect();
    assert_eq!(cells.len(), 5, "read, new, changed, unchanged, set aside: {total}");
    assert_eq!((cells[1], cells[2], cells[4]), (0, 0, 0), "nothing is new: {total}");
    assert_eq!(cells[0], cells[3], "what was read again is unchanged: {total}");
    for word in ["countinghouse health", "countinghouse trace"] {
        assert!(again.out.contains(word), "where to look is named: {}", again.out);
    }
    let ends: Vec<&str> = again.err.lines().filter(|line| line.ends_with(", done")).collect();
    assert_eq!(
        ends.len(),
        streams.len(),
        "without a terminal a line tells of the end of each stream: {}",
        again.err
    );
    for silent in [&["sync", "--json"][..], &["sync", "--quiet"]] {
        let told = home.run(silent);
        assert_eq!(told.err, "", "{silent:?}: only the answer is wanted");
    }
    let secret = market.text("client_secret");
    assert_eq!(
        super::holder(&home.0, secret.as_bytes()),
        None,
        "the client secret lies in the home folder"
    );
    let told = home.run(&["sync", "-v"]);
    assert!(
        told.err.contains("orders: reading"),
        "-v tells what goes on: {}",
        told.err
    );
    assert!(
        !told.out.contains("orders: reading"),
        "and not among the answers: {}",
        told.out
    );
}

#[test]
fn an_account_at_amazon_is_connected_by_what_the_simulator_printed_and_synced() {
    let home = Home::new();
    let market = Market::open(&home, "");
    for (region, countries) in [("na", &["US"][..]), ("eu", &["DE", "GB"]), ("fe", &["JP"])] {
        let connected = market.connect_amazon(&home, region).data();
        let read = connected["marketplaces"].as_array().expect("marketplaces").iter();
        let mut read: Vec<&str> = read
            .filter(|one| one["read"] == json!(true))
            .map(|one| one["country"].as_str().expect("a country"))
            .collect();
        read.sort_unstable();
        assert_eq!(read, countries, "where the account of {region} sells: {connected}");
        assert_eq!(connected["notes"], json!([]), "nothing is missing: {connected}");
    }
    let all = home.run(&["connections", "list", "--json"]).data();
    assert_eq!(all.as_array().map(Vec::len), Some(3), "three accounts: {all}");
    let name = all[0]["name"].as_str().expect("a name");
    let synced = home.run(&["sync", name, "--json"]).data();
    let streams = synced[0]["report"]["streams"].as_array().expect("streams");
    for stream in streams {
        assert_eq!(stream["phase"], json!("done"), "{name}: {stream}");
    }
    let orders = streams.iter().find(|s| s["stream"] == "orders").expect("orders");
    assert!(number(orders, "new") > 0, "{name}: orders came: {orders}");
}

#[test]
fn records_set_aside_are_counted_and_named_by_health() {
    let home = Home::new();
    let market = Market::open(&home, "broken-amount:orders@*");
    market.connect(&home).data();
    let synced = home.run(&["sync", "--json"]).data()[0].clone();
    let aside = number(&synced["report"]["totals"], "set_aside");
    assert!(aside > 0, "an amount that is no number sets its record aside: {synced}");
    let health = home.run(&["health", "--json"]).data();
    let issue = &health["issues"][0];
    assert_eq!(issue["stream"], json!("orders"), "health names the record: {health}");
    assert!(
        issue["text"].as_str().is_some_and(|t| !t.is_empty()),
        "and what is wrong: {issue}"
    );
    let text = home.run(&["health"]);
    assert!(
        text.out.contains("raw show shopify orders"),
        "and how its bytes are seen: {}",
        text.out
    );
}

#[test]
fn a_stream_that_is_not_permitted_is_left_out_and_health_names_the_permission() {
    let home = Home::new();
    let market = Market::open(&home, "lose-scope=read_customers@1");
    let connected = market.connect(&home);
    connected.data();
    let synced = home.run(&["sync"]);
    assert_eq!(synced.code, 0, "the others are read: {}", synced.all());
    assert!(
        synced.out.contains("customers left out:"),
        "it says what is left out: {}",
        synced.out
    );
    let name = home.run(&["connections", "list", "--json"]).data()[0]["name"]
        .as_str()
        .expect("a name")
        .to_owned();
    let tested = home.run(&["connections", "test", &name, "--json"]).data();
    assert!(
        tested["missing"].to_string().contains("read_customers"),
        "a test tells what is not granted: {tested}"
    );
    let health = home.run(&["health", "--json"]).data();
    let lines = health["lines"].as_array().expect("lines");
    let line = |end: &str| {
        lines
            .iter()
            .find(|l| l["label"].as_str().is_some_and(|label| label.ends_with(end)))
            .unwrap_or_else(|| panic!("a line of {end}: {health}"))
    };
    assert_eq!(line("permissions")["ok"], json!(false), "{health}");
    assert!(
        line("permissions")["value_text"].to_string().contains("read_customers"),
        "{health}"
    );
    assert!(
        line(": access")["value_text"].to_string().contains("token got"),
        "the token's age: {health}"
    );
    assert_eq!(line("orders")["ok"], json!(true), "{health}");
}

#[test]
fn permissions_and_what_was_left_out_agree() {
    let home = Home::new();
    // Every right is granted, and the platform wants more than the right.
    let market = Market::open(&home, "deny=orders@*;deny=ordersCount@*");
    market.connect(&home).data();
    let synced = home.run(&["sync"]);
    assert_eq!(synced.code, 3, "no orders can be read: {}", synced.all());
    let health = home.run(&["health", "--json"]).data();
    let lines = health["lines"].as_array().expect("lines");
    let line = |end: &str| {
        let found = lines
            .iter()
            .find(|l| l["label"].as_str().is_some_and(|label| label.ends_with(end)));
        found.unwrap_or_else(|| panic!("a line of {end}: {health}"))
    };
    let (permissions, orders) = (line("permissions"), line(": orders"));
    assert_eq!(permissions["ok"], json!(false), "not everything is permitted: {health}");
    assert_eq!(
        permissions["value_text"],
        json!("orders left out at the last sync"),
        "what is missing"
    );
    assert!(
        permissions["next_step"].to_string().contains("protected customer data"),
        "and why, as the platform says it: {permissions}"
    );
    assert_eq!(
        orders["value_text"],
        json!("left out, never read"),
        "the stream says the same: {health}"
    );
    let connection = &lines[lines.iter().position(|l| l == permissions).expect("there") - 2];
    assert!(
        connection["value_text"].to_string().contains("A right is missing"),
        "and so does the connection: {connection}"
    );
}

#[test]
fn a_market_that_is_gone_is_a_failure_with_its_cause_and_json_is_one_document() {
    let home = Home::new();
    let market = Market::open(&home, "wrong-shop@2+");
    market.connect(&home).data();
    let failed = home.run(&["sync", "--json"]);
    assert_ne!(failed.code, 0, "another shop answers: {}", failed.out);
    let answer = failed.json();
    assert_eq!(answer["success"], json!(false), "{answer}");
    assert_eq!(answer["data"][0]["report"], Value::Null, "{answer}");
    assert_eq!(
        answer["data"][0]["error"]["message"], answer["error"]["message"],
        "the connection's error is the command's: {answer}"
    );
}

#[test]
fn a_demo_syncs_and_answers_at_any_time_after_it_was_made() {
    let home = Home::new();
    let run = |arguments: &[&str]| home.run_with(arguments, &[], None);
    run(&["demo", "--days", "6", "--orders-per-day", "2", "--json"]).data();
    let name = run(&["connections", "list", "--json"]).data()[0]["name"]
        .as_str()
        .expect("a name")
        .to_owned();
    let tested = run(&["connections", "test", &name, "--json"]).data();
    assert_eq!(
        tested["missing"],
        json!([]),
        "the invented shop grants everything: {tested}"
    );
    let synced = run(&["sync", "--json"]).data();
    assert_eq!(
        synced[0]["report"]["streams"][0]["phase"],
        json!("done"),
        "its marketplaces listen again: {synced}"
    );
    let files = home.0.join("orders.json");
    std::fs::write(&files, "[]").expect("a file");
    assert_eq!(run(&["sync", "shopify", "--json"]).code, 0, "by its platform too");
}

#[test]
#[cfg(unix)]
fn ctrl_c_stops_the_whole_command_and_not_only_the_account_it_is_at() {
    let home = Home::new();
    // The shop's orders would wait for four minutes.
    let market = Market::open(&home, "429=240:orders@*");
    market.connect(&home).data();
    market.connect_amazon(&home, "na").data();
    let mut child = home
        .command(&["sync", "-v", "--json"], &[("COUNTINGHOUSE_PASSPHRASE", PASSPHRASE)])
        .spawn()
        .expect("the program starts");
    let mut told = BufReader::new(child.stderr.take().expect("what it tells")).lines();
    let waits = told.find(|line| line.as_ref().is_ok_and(|line| line.contains("orders: waiting until")));
    assert!(waits.is_some(), "the shop's orders are waited for");
    let pressed = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(pressed.expect("a signal").success(), "it is sent");
    // What it still has to tell must not fill the pipe.
    let rest: Vec<String> = told.map_while(Result::ok).collect();
    let ended = child.wait_with_output().expect("it ends");
    let answer: Value = serde_json::from_slice(&ended.stdout).expect("an answer as JSON");
    assert_eq!(
        ended.status.code(),
        Some(1),
        "it did not come to its end: {answer} {rest:?}"
    );
    let accounts = answer["data"].as_array().expect("accounts");
    assert_eq!(accounts.len(), 2, "both are told: {answer}");
    assert_eq!(
        answer["error"]["code"],
        json!("cancelled"),
        "because someone stopped it: {answer}"
    );
    assert_eq!(
        accounts[1]["report"],
        Value::Null,
        "the other is not begun any more: {answer}"
    );
    assert_eq!(
        accounts[1]["error"]["code"],
        json!("cancelled"),
        "and says so: {answer}"
    );
}

#[test]
fn the_doctor_tells_how_an_account_at_amazon_stands() {
    let home = Home::new();
    let market = Market::open(&home, "lose-scope=Finance and Accounting:listTransactions@1");
    market.connect_amazon(&home, "na").data();
    let doctor = |what: &str| {
        let answer = home.run(&["doctor", "--look", "--json"]).json();
        let lines = answer["data"]["lines"].as_array().expect("lines").clone();
        let line = lines
            .into_iter()
            .find(|l| l["label"].as_str().is_some_and(|label| label.ends_with(what)));
        line.unwrap_or_else(|| panic!("a line of {what}: {answer}"))
    };
    let before = doctor(": roles");
    assert_eq!(before["ok"], json!(true), "nothing is missing before a sync: {before}");
    assert!(
        before["value_text"].to_string().contains("not tried by a sync yet"),
        "and nothing is claimed: {before}"
    );
    home.run(&["sync", "--json"]);
    let roles = doctor(": roles");
    assert_eq!(roles["ok"], json!(false), "a role was taken away: {roles}");
    assert!(
        roles["value_text"]
            .to_string()
            .contains("missing: Finance and Accounting"),
        "by its name: {roles}"
    );
    assert!(roles["next_step"].is_string(), "with what to do: {roles}");
    let secret = doctor(": client secret");
    assert!(
        secret["value_text"].to_string().contains("good until"),
        "how long the secret is good: {secret}"
    );
    for what in [": speed limits", ": reports waiting"] {
        assert_eq!(doctor(what)["ok"], json!(true), "{what} is told");
    }
}

#[test]
fn the_doctor_tells_of_records_that_tell_too_little() {
    let home = Home::new();
    home.run(&["profile", "create", "Mill", "--json"]).data();
    // Of what it cost nobody knows the currency.
    let order = json!([{
        "id": 1, "name": "#1001", "created_at": "2026-03-02T10:00:00Z", "financial_status": "paid", "taxes_included": false,
        "test": false, "shipping_lines": [], "refunds": [], "fulfillments": [],
        "line_items": [{ "id": 1, "title": "Mug", "sku": "M", "quantity": 1, "price": "10.00", "requires_shipping": true, "tax_lines": [] }]
    }]);
    let file = home.0.join("few.json");
    std::fs::write(&file, order.to_string()).expect("a file");
    let file = file.to_str().expect("a path").to_owned();
    home.run(&["import", "shopify", "orders", &file, "--json"]).data();
    let answer = home.run(&["doctor", "--json"]).json();
    let lines = answer["data"]["lines"].as_array().expect("lines");
    let line = lines
        .iter()
        .find(|line| line["label"] == "Raw records")
        .expect("a line");
    let text = line["value_text"].as_str().expect("a text");
    assert!(
        text.contains("1 tell too little"),
        "it does not say that all could be used: {line}"
    );
    assert_eq!(line["ok"], json!(false), "it is worth a look: {line}");
}

#[test]
fn personal_data_of_a_sync_and_of_files_is_in_no_output_and_no_file() {
    use crate::amazon::personal::{SECRET, files};
    let home = Home::new();
    let market = Market::open(&home, "plant-personal:searchOrders@*");
    market.connect_amazon(&home, "na").data();
    let folder = std::env::temp_dir().join(format!("countinghouse-planted-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let mut said = vec![home.run(&["sync", "-v", "-v"])];
    for (name, text) in files() {
        let path = folder.join(name);
        std::fs::write(&path, text).expect("a file");
        let path = path.to_str().expect("a path");
        for form in [&["-v", "-v"][..], &["--json"]] {
            // They are of no account that is known here.
            let named = ["import", "amazon", "auto", path, "--connection", "Files"];
            let said_of = home.run(&[&named[..], form].concat());
            assert_eq!(said_of.code, 0, "{name} is taken: {}", said_of.all());
            said.push(said_of);
        }
    }
    let _ = std::fs::remove_dir_all(&folder);
    let listed = home.run(&["orders", "list", "--json"]);
    let rows = listed.data()["rows"].clone();
    let numbers: Vec<String> = rows
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|row| row["name"].as_str().map(str::to_owned))
        .collect();
    assert!(numbers.len() > 3, "orders came: {rows}");
    said.push(listed);
    for number in &numbers {
        let shown = home.run(&["raw", "show", "amazon", "orders", number]);
        assert!(shown.out.contains(number.as_str()), "the record opens: {}", shown.all());
        said.push(shown);
    }
    for command in [
        &["health"][..],
        &["doctor"],
        &["customers", "list"],
        &["products", "list"],
        &["inventory", "list"],
        &["metrics", "kpis", "--days", "30"],
        &["connections", "list"],
        &["rebuild", "-v", "-v"],
    ] {
        said.push(home.run(command));
        said.push(home.run(&[command, &["--json"]].concat()));
    }
    assert!(
        said.iter().any(|said| said.err.len() > 100),
        "what goes on is told on standard error"
    );
    for word in [SECRET, "Planted Person", "planted@marketplace.example", "Plantville"] {
        for said in &said {
            assert!(!said.all().contains(word), "“{word}” is told to nobody: {}", said.all());
        }
        assert_eq!(
            super::holder(&home.0, word.as_bytes()),
            None,
            "“{word}” is in no file of the program"
        );
    }
}

#[test]
fn the_list_of_connections_says_which_needs_the_user_and_what_was_granted() {
    let home = Home::new();
    let market = Market::open(&home, "revoke-token:orders@1+");
    market.connect(&home).data();
    let listed = || home.run(&["connections", "list", "--json"]).data()[0].clone();
    let before = listed();
    let granted = before["granted"].to_string();
    assert!(granted.contains("read_orders"), "what was granted: {before}");
    assert!(
        home.run(&["connections", "list"]).out.contains("granted: "),
        "in words too"
    );
    let ended = home.run(&["sync", "--json"]);
    assert_eq!(ended.code, 3, "the access is gone: {}", ended.out);
    let after = listed();
    assert_eq!(
        (&after["connected"], &after["state"]),
        (&json!(true), &json!("broken")),
        "it is connected, and does not work: {after}"
    );
    let text = home.run(&["connections", "list"]).out;
    assert!(
        text.contains("needs you") && text.contains("Connect the shop again"),
        "the list says it, with what to do: {text}"
    );
}
