//! Public sample answers give the figures of `tests/samples.toml`.

use countinghouse_core::connectors::Channel;
use countinghouse_core::metrics::Definition;
use countinghouse_core::store::IssueFilter;
use serde::Deserialize;

use crate::rig::Rig;
use crate::shared::material;

#[derive(Deserialize)]
struct Samples {
    sample: Vec<Sample>,
}

#[derive(Deserialize)]
struct Sample {
    file: String,
    stream: Option<String>,
    records: Option<usize>,
    orders: Option<u64>,
    units: Option<toml::Value>,
    currency: Option<String>,
    gross: Option<String>,
    net: Option<String>,
    refused: Option<String>,
    /// Words of what is told of its records, one of each; a record that is whole gives no reason.
    #[serde(default)]
    told: Vec<String>,
}

fn samples() -> Vec<Sample> {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/samples.toml")).expect("the list");
    toml::from_str::<Samples>(&text)
        .expect("the list is well formed")
        .sample
}

fn check(sample: &Sample, bytes: &[u8]) {
    let rig = Rig::new();
    let file = &sample.file;
    let channel: Channel = file
        .split('/')
        .next()
        .unwrap_or_default()
        .parse()
        .expect("a folder per platform");
    let report = rig.import_of(channel, sample.stream.as_deref(), file, bytes);
    if let Some(reason) = &sample.refused {
        let error = report.refused.as_ref().unwrap_or_else(|| panic!("{file} is refused"));
        assert!(
            error.message.contains(reason.as_str()),
            "{file}: says “{}”, not “{reason}”",
            error.message
        );
        assert!(error.hint.is_some(), "{file}: says what to do next");
        let database = std::fs::metadata(rig.profile.store().path())
            .expect("the ledger file")
            .len();
        let empty = std::fs::metadata(Rig::new().profile.store().path())
            .expect("an empty ledger")
            .len();
        assert_eq!(database, empty, "{file}: no byte of it stays");
        return;
    }
    assert_eq!(report.refused, None, "{file} is taken");
    assert_eq!(
        report.set_aside.len(),
        0,
        "{file}: an issue on a well-formed record: {:?}",
        report.set_aside
    );
    let issues = rig
        .profile
        .store()
        .read_blocking(|r| r.issues(&IssueFilter::default(), 0, 100))
        .expect("the issues");
    let told: Vec<String> = issues.into_iter().map(|issue| issue.about.message).collect();
    assert_eq!(told.len(), sample.told.len(), "{file}: nothing else is told: {told:?}");
    for words in &sample.told {
        let found = told.iter().any(|message| message.contains(words.as_str()));
        assert!(found, "{file}: “{words}” is told: {told:?}");
    }
    assert_eq!(report.read, sample.records.unwrap_or(0) as u64, "{file}: records");
    let figure = |name: &str| rig.kpi(Definition::OrderTotals, name);
    assert_eq!(figure("orders").as_u64(), sample.orders, "{file}: orders");
    if let Some(units) = &sample.units {
        let stated = units.as_integer().map_or(serde_json::Value::Null, Into::into);
        assert!(
            stated.is_i64() || units.as_str() == Some("-"),
            "{file}: {units:?} is a number of units"
        );
        assert_eq!(figure("units"), stated, "{file}: units");
    }
    for (name, stated) in [("gross_sales", &sample.gross), ("net_sales", &sample.net)] {
        if let Some(stated) = stated {
            let shown = figure(name).as_str().map_or_else(|| "-".to_owned(), str::to_owned);
            assert_eq!(&shown, stated, "{file}: {name}");
        }
    }
    let kpis = rig.kpis(Definition::OrderTotals);
    assert_eq!(
        kpis["currency"].as_str().map(str::to_owned),
        sample.currency,
        "{file}: currency"
    );
    // Again: nothing is counted twice, under no definition.
    let before: Vec<_> = Definition::ALL.iter().map(|d| rig.kpis(*d)).collect();
    let again = rig.import_of(channel, sample.stream.as_deref(), file, bytes);
    assert_eq!(again.new, 0, "{file}: a second import finds nothing new");
    let after: Vec<_> = Definition::ALL.iter().map(|d| rig.kpis(*d)).collect();
    assert_eq!(before, after, "{file}: imported twice is imported once");
    rig.profile.rebuild().expect("a rebuild");
    let rebuilt: Vec<_> = Definition::ALL.iter().map(|d| rig.kpis(*d)).collect();
    assert_eq!(before, rebuilt, "{file}: a rebuild from the raw records gives the same");
}

#[test]
#[expect(clippy::print_stdout, reason = "the test command adds up what was validated")]
fn public_samples_give_the_figures_of_the_list() {
    let Some(folder) = material("fixtures") else { return };
    let samples = samples();
    for sample in &samples {
        let bytes = std::fs::read(folder.join(&sample.file)).unwrap_or_else(|e| panic!("{}: {e}", sample.file));
        check(sample, &bytes);
    }
    let listed: Vec<&str> = samples.iter().map(|s| s.file.as_str()).collect();
    for channel in Channel::ALL.iter().map(|c| c.name()) {
        for entry in std::fs::read_dir(folder.join(channel)).expect("the folder").flatten() {
            let name = format!("{channel}/{}", entry.file_name().to_string_lossy());
            let documentation = name.ends_with(".md");
            assert!(
                documentation || listed.contains(&name.as_str()),
                "{name} is not in the list"
            );
        }
    }
    println!("validated: {} sample files", samples.len());
}
