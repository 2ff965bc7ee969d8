//! Two terminals: the simulator runs in one, the program in the other, started, killed and started again as a person would.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use countinghouse::halt::POINTS;
use countinghouse_core::auth::TOKEN_UNSAVED;
use countinghouse_core::auth::vault::{Hardness, Key, MemoryKeyring, ProfileKeys, Secret};
use countinghouse_core::store::{MID_COPY, MID_MIGRATION, MID_ROLLUP, MID_TRANSFORM, RAW_WRITTEN};
use serde_json::{Value, json};

use super::migration::make_old;
use super::{KILLS_IN_A_ROUND, Moments, Work, folder, kill};

const PASSPHRASE: &str = "a passphrase of tests";

/// The program as it is built beside these tests, in a folder of its own and without the environment of whoever runs them.
fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countinghouse"));
    command.env_clear().stdin(Stdio::null());
    command
}

/// What a program that answers in JSON has said.
fn data(answer: &Value) -> &Value {
    assert_eq!(answer["success"], true, "an answer, not an error: {answer}");
    &answer["data"]
}

/// The first terminal. The simulator ends with it.
pub(crate) struct Simulator {
    child: Child,
    told: Value,
}

impl Simulator {
    /// A seller of some days with three orders a day.
    pub(crate) fn new() -> Simulator {
        let mut child = program()
            .args([
                "sim",
                "--port",
                "0",
                "--seed",
                "77",
                "--days",
                "12",
                "--orders-per-day",
                "3",
            ])
            // A large plan, so that nobody waits for room to ask.
            .args(["--plan", "enterprise", "--json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the simulator starts");
        let said = child.stdout.take().expect("its words");
        let mut answers = serde_json::Deserializer::from_reader(said).into_iter::<Value>();
        let answer = answers.next().expect("it says where it listens").expect("JSON");
        Simulator {
            child,
            told: data(&answer).clone(),
        }
    }

    fn shop(&self, what: &str) -> &str {
        self.told["shopify"][what].as_str().expect("told")
    }

    /// Asks a control, and gives the body of its answer.
    fn control(&self, method: &str, path: &str, body: &str) -> String {
        let address = format!("{}/__sim/{path}", self.told["address"].as_str().expect("told"));
        let answer = http(method, &address, body);
        let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
        assert!(head.contains(" 200 "), "{path} is taken: {answer}");
        body.to_owned()
    }

    /// Sets what goes wrong from here on.
    fn faults(&self, plan: &str) {
        self.control("POST", "faults", plan);
    }

    /// The true figures of all days.
    fn truth(&self) -> Value {
        let told = self.control("GET", "truth?definition=order_totals", "");
        serde_json::from_str(&told).expect("JSON")
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a request over loopback, in the old form whose answers come in one piece, and gives the answer as it came.
fn http(method: &str, address: &str, body: &str) -> String {
    let rest = address.strip_prefix("http://").expect("loopback");
    let (host, path) = rest.split_once('/').expect("an address");
    let mut stream = TcpStream::connect(host).expect("someone listens");
    let length = body.len();
    write!(
        stream,
        "{method} /{path} HTTP/1.0\r\nhost: {host}\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("answered");
    String::from_utf8_lossy(&answer).into_owned()
}

/// The second terminal: a home folder of its own, removed with it.
pub(crate) struct Terminal {
    pub(crate) home: PathBuf,
}

impl Terminal {
    pub(crate) fn new() -> Terminal {
        Terminal {
            home: folder("terminal"),
        }
    }

    /// The program with a line of arguments.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program();
        command
            .arg("--home")
            .arg(&self.home)
            .args(arguments)
            .env("COUNTINGHOUSE_PASSPHRASE", PASSPHRASE);
        command
    }

    /// Connects by client credentials.
    pub(crate) fn connect(&self, sim: &Simulator) -> Command {
        let mut command = self.command(&["connect", "shopify", sim.shop("shop")]);
        command
            .args([
                "--endpoint",
                sim.shop("endpoint"),
                "--client-id",
                sim.shop("client_id"),
                "--json",
            ])
            .env("COUNTINGHOUSE_SECRET", sim.shop("client_secret"));
        command
    }

    /// Connects by client credentials, which must go well, and makes the passphrase cheap to try, since it is tried very often.
    pub(crate) fn connected(&self, sim: &Simulator) {
        data(&answer(&mut self.connect(sim)));
        let cheap = Hardness { memory: 64, passes: 1 };
        for profile in std::fs::read_dir(self.home.join("profiles")).expect("profiles") {
            let profile = profile.expect("a profile").path();
            if profile.join("profile.json").exists() {
                let same = Secret::from(PASSPHRASE);
                self.keys()
                    .with_hardness(cheap)
                    .set_passphrase(&profile, Some(&same), &same)
                    .expect("the key is wrapped again");
            }
        }
    }

    fn keys(&self) -> ProfileKeys {
        ProfileKeys::new(Arc::new(MemoryKeyring::default()), Some(Secret::from(PASSPHRASE)))
    }

    /// What a command answers; it must go well.
    pub(crate) fn ask(&self, arguments: &[&str]) -> Value {
        let answer = answer(self.command(arguments).arg("--json"));
        data(&answer).clone()
    }

    /// The error with which a command ends: its code, its message with the next step, and the exit code of the program.
    pub(crate) fn refusal(&self, arguments: &[&str]) -> (String, String, i32) {
        refusal(self.command(arguments).arg("--json"))
    }

    /// Digest of orders, postings and roll-ups, which must be right against orders and raw records.
    pub(crate) fn digest(&self) -> String {
        // The doctor looks at the machine too, which may be short of room here; what counts are the lines of the ledger.
        let said = answer(&mut self.command(&["doctor", "--json"]));
        let found = &said["data"];
        for (label, well) in [
            ("Ledger file", "every page passes"),
            ("Daily sums", "right;"),
            ("Orders", "right;"),
            ("Raw records", "every one is what was stored"),
        ] {
            let lines = found["lines"].as_array().expect("lines");
            let line = lines.iter().find(|line| line["label"] == label);
            let told = line.and_then(|line| line["value_text"].as_str()).unwrap_or_default();
            assert!(told.starts_with(well), "{label} is right: {said}");
        }
        found["digest"].as_str().expect("a digest").to_owned()
    }

    /// Everything the person sees of the ledger: KPIs, which must be true, a day's figure down to its postings, and the digest.
    pub(crate) fn seen(&self, sim: &Simulator) -> Value {
        let truth = sim.truth();
        let days = truth["days"].as_array().expect("days");
        let date = |day: &Value| day["date"].as_str().expect("a date").to_owned();
        let (from, to) = (date(&days[0]), date(&days[days.len() - 1]));
        // What the ledger holds before anything is counted again.
        let kpis = self.ask(&["metrics", "kpis", "--from", &from, "--to", &to]);
        for metric in ["orders", "units", "gross_sales", "net_sales", "refunds"] {
            assert_eq!(kpis["kpis"][metric], truth["totals"][metric], "{metric} is the truth");
        }
        let busy = days.iter().find(|day| day["orders"].as_i64().unwrap_or(0) > 0);
        let day = date(busy.expect("a day with orders"));
        let trace = self.ask(&["trace", "net_sales", "--day", &day]);
        let orders: Vec<Value> = trace["orders"]
            .as_array()
            .expect("orders")
            .iter()
            .map(|order| {
                let postings = order["postings"].as_array().expect("postings");
                let postings: Vec<Value> = postings
                    .iter()
                    // Records are numbered as they came, which is another order in each run.
                    .map(|p| json!([p["kind"], p["amount_text"], p["event_day"], p["path"]]))
                    .collect();
                json!([order["name"], order["amount_text"], postings])
            })
            .collect();
        assert!(!orders.is_empty(), "the figure of {day} has orders behind it");
        json!({
            "kpis": kpis["kpis"], "by_platform": kpis["by_platform"], "day": day,
            "figure": trace["figure_text"], "orders": orders, "digest": self.digest(),
        })
    }

    /// The key of the profile, as the passphrase opens it.
    pub(crate) fn key(&self, profile: &Path) -> Key {
        self.keys().get(profile).expect("the passphrase is right")
    }

    /// The folder of the one profile.
    pub(crate) fn profile(&self) -> PathBuf {
        self.home.join("profiles/my-business")
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.home);
    }
}

/// What a command says on standard output, as JSON.
pub(crate) fn answer(command: &mut Command) -> Value {
    let ended = command.output().expect("the program starts");
    serde_json::from_slice(&ended.stdout).unwrap_or_else(|e| {
        let told = String::from_utf8_lossy(&ended.stderr);
        panic!("an answer in JSON, not {e}: {told}")
    })
}

/// The error with which a command ends: its code, its message with the next step, and the exit code of the program.
pub(crate) fn refusal(command: &mut Command) -> (String, String, i32) {
    let ended = command.output().expect("the program starts");
    let said: Value = serde_json::from_slice(&ended.stdout).unwrap_or_else(|e| {
        let told = String::from_utf8_lossy(&ended.stderr);
        panic!("{command:?} ends with an error in JSON, not {e}: {told}")
    });
    assert_eq!(said["success"], false, "{command:?} fails: {said}");
    let text = |name: &str| said["error"][name].as_str().unwrap_or_default().to_owned();
    let exit = ended.status.code().expect("an exit, not a signal");
    (text("code"), format!("{} {}", text("message"), text("hint")), exit)
}

/// A terminal in which everything was done without a disturbance, and what is seen there.
pub(crate) fn undisturbed(sim: &Simulator) -> (Terminal, Value) {
    let terminal = Terminal::new();
    terminal.connected(sim);
    terminal.ask(&["sync"]);
    let seen = terminal.seen(sim);
    assert_eq!(
        terminal.ask(&["rebuild"])["orders_changed"],
        0,
        "a rebuild changes nothing"
    );
    assert_eq!(terminal.seen(sim), seen, "and everything is seen as before");
    (terminal, seen)
}

#[test]
fn the_program_killed_at_each_named_point_shows_the_same_ledger() {
    let sim = Simulator::new();
    let (old, whole) = undisturbed(&sim);
    for point in POINTS.into_iter().filter(|point| *point != MID_COPY) {
        let terminal = Terminal::new();
        let halt = |passes: u64| format!("{point}@{passes}");
        if point == TOKEN_UNSAVED || point == MID_MIGRATION {
            for passes in [0, 1] {
                let mut first = terminal.connect(&sim);
                assert!(
                    kill(first.args(["--halt-at", &halt(passes)])),
                    "connecting came to {point}"
                );
            }
        }
        terminal.connected(&sim);
        let passes = match point {
            TOKEN_UNSAVED => {
                sim.faults("expire-token@1");
                0
            }
            RAW_WRITTEN | MID_TRANSFORM => 20,
            _ => 2,
        };
        if point != MID_MIGRATION {
            let mut sync = terminal.command(&["sync", "--halt-at", &halt(passes)]);
            assert!(kill(&mut sync), "the sync came to {point}");
            sim.faults("");
        }
        terminal.ask(&["sync"]);
        assert_eq!(terminal.seen(&sim), whole, "killed at {point} and continued");
    }
    for (arguments, point) in [
        (&["rebuild"][..], MID_ROLLUP),
        (&["rebuild", "--from-raw"], MID_ROLLUP),
        (&["rebuild", "--measures"], MID_ROLLUP),
        (&["rebuild", "--measures"], MID_TRANSFORM),
    ] {
        let mut rebuild = old.command(arguments);
        assert!(
            kill(rebuild.args(["--halt-at", point])),
            "{arguments:?} came to {point}"
        );
        assert_eq!(old.digest(), whole["digest"], "{arguments:?} killed at {point}");
        old.ask(arguments);
        assert_eq!(
            old.digest(),
            whole["digest"],
            "{arguments:?} done again after a kill at {point}"
        );
    }
    let file = old.profile().join("ledger.db");
    for point in [MID_COPY, MID_MIGRATION] {
        make_old(&file, &old.key(&old.profile()));
        let mut start = old.command(&["connections", "list", "--halt-at", point]);
        assert!(kill(&mut start), "the start came to {point}");
        assert_eq!(old.seen(&sim), whole, "an old file, killed at {point}, opened again");
    }
}

#[test]
fn the_program_killed_at_fifty_moments_shows_the_same_ledger() {
    let sim = Simulator::new();
    let (_, whole) = undisturbed(&sim);
    let mut moments = Moments(32_452_843);
    let mut kills = 0;
    while kills < 50 {
        let terminal = Terminal::new();
        terminal.connected(&sim);
        let mut halts = Vec::new();
        for _ in 0..KILLS_IN_A_ROUND {
            let halt = moments.halt(Work::Pages);
            if kill(&mut terminal.command(&["sync", "--json", "--halt-at", &halt])) {
                kills += 1;
                halts.push(halt);
            }
        }
        terminal.ask(&["sync"]);
        assert_eq!(
            terminal.digest(),
            whole["digest"],
            "the ledger after kills at {halts:?}"
        );
    }
}

/// Gives the consent that the program asks for on standard error, as a browser would.
fn consent(child: &mut Child) {
    let said = BufReader::new(child.stderr.take().expect("its words"));
    let page = said
        .lines()
        .map(|line| line.expect("text").trim().to_owned())
        .find(|line| line.contains("/oauth/authorize"))
        .expect("the page of the consent");
    let answer = http("GET", &format!("{page}&auto=approve"), "");
    let back = answer
        .lines()
        .find_map(|line| line.strip_prefix("location: "))
        .unwrap_or_else(|| panic!("the consent leads back: {answer}"));
    let answer = http("GET", back.trim(), "");
    assert!(answer.contains(" 200 "), "the program takes it: {answer}");
}

#[test]
fn a_refresh_token_that_was_used_but_not_kept_does_not_end_the_connection() {
    let sim = Simulator::new();
    let (_, whole) = undisturbed(&sim);
    let terminal = Terminal::new();
    let mut child = terminal
        .command(&[
            "connect",
            "shopify",
            sim.shop("shop"),
            "--route",
            "browser",
            "--expiring",
        ])
        .args(["--endpoint", sim.shop("endpoint"), "--client-id", sim.shop("client_id")])
        .env("COUNTINGHOUSE_SECRET", sim.shop("client_secret"))
        // No browser is found on an empty path.
        .env("PATH", "")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    consent(&mut child);
    assert!(child.wait().expect("it ends").success(), "the shop is connected");
    for times in 1..=3 {
        sim.faults("expire-token@1");
        let mut sync = terminal.command(&["sync", "--halt-at", TOKEN_UNSAVED]);
        assert!(kill(&mut sync), "renewal {times} came and was not kept");
    }
    sim.faults("");
    terminal.ask(&["sync"]);
    assert_eq!(terminal.seen(&sim), whole, "the connection goes on");
}
