use super::*;
use crate::net::entropy::SeededEntropy;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("countinghouse-spool-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Folder(path)
    }

    fn files(&self) -> Vec<PathBuf> {
        fs::read_dir(&self.0)
            .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
            .unwrap_or_default()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const LINES: Framing = Framing::JsonLines {
    id: "id",
    parent: "__parentId",
};

fn incoming(folder: &Folder) -> Incoming {
    let seed = folder.files().len() as u64;
    Incoming::create(&folder.0, "c1", LINES, None, &SeededEntropy::new(seed)).expect("a file")
}

/// A file of `parents`, each with three children, children in the order given by `spread`.
fn text(parents: usize, spread: bool) -> String {
    let parent = |n: usize| format!(r#"{{"id":"gid://x/Order/{n}","text":"{}"}}"#, "y".repeat(n % 700));
    let child = |n: usize, c: usize| {
        format!(r#"{{"id":"gid://x/Line/{n}{c}","__parentId":"gid://x/Order/{n}","text":"planted"}}"#)
    };
    let mut lines: Vec<String> = Vec::new();
    if spread {
        lines.extend((0..parents).map(parent));
        for c in 0..3 {
            lines.extend((0..parents).rev().map(|n| child(n, c)));
        }
    } else {
        for n in 0..parents {
            lines.push(parent(n));
            lines.extend((0..3).map(|c| child(n, c)));
        }
    }
    lines.join("\n")
}

fn all(spool: &mut Spool) -> Vec<Vec<u8>> {
    let mut groups = Vec::new();
    loop {
        let batch = spool.batch(groups.len() as u64).expect("a batch");
        groups.extend(batch.groups);
        if batch.last {
            return groups;
        }
    }
}

#[test]
fn fm15_a_spread_file_gives_the_same_groups_as_a_grouped_one() {
    let folder = Folder::new("spread");
    let read = |spread: bool, cut: usize| {
        let text = text(5_000, spread);
        let mut incoming = incoming(&folder);
        for part in text.as_bytes().chunks(cut) {
            incoming.take(part).expect("bytes");
        }
        let mut spool = incoming
            .finish("f".into(), Some(20_000), Some(text.len() as u64))
            .expect("a whole file");
        assert_eq!(spool.groups(), 5_000, "a group a parent");
        all(&mut spool)
    };
    let grouped = read(false, 1_000_003);
    assert_eq!(
        grouped[3],
        text(4, false)
            .lines()
            .skip(12)
            .collect::<Vec<_>>()
            .join("\n")
            .into_bytes(),
        "byte for byte"
    );
    assert_eq!(
        read(true, 77),
        grouped,
        "wherever the lines stood and however the bytes came"
    );
}

#[test]
fn batches_are_bounded_and_any_batch_can_be_read_again() {
    let folder = Folder::new("batches");
    let mut incoming = incoming(&folder);
    incoming.take(text(4_500, false).as_bytes()).expect("bytes");
    let mut spool = incoming.finish("f".into(), None, None).expect("a whole file");
    let sizes: Vec<usize> = [0, 2_000, 4_000]
        .map(|from| spool.batch(from).expect("a batch").groups.len())
        .into();
    assert_eq!(sizes, [2_000, 2_000, 500], "2,000 at most");
    assert!(
        spool.batch(4_000).expect("a batch").last && !spool.batch(0).expect("a batch").last,
        "the end is known"
    );
    let beyond = spool.batch(9_999).expect("a batch");
    assert!(beyond.groups.is_empty() && beyond.last, "nothing is beyond the end");
    let mut large = self::incoming(&folder);
    let line = format!("{{\"id\":\"a/1\",\"x\":\"{}\"}}\n", "z".repeat(3 << 20));
    for _ in 0..5 {
        large.take(line.as_bytes()).expect("bytes");
    }
    let mut spool = large.finish("f".into(), Some(5), None).expect("a whole file");
    assert_eq!(
        spool.batch(0).expect("a batch").groups.len(),
        3,
        "8 MiB are reached with the third"
    );
}

#[test]
fn fm17_nothing_readable_is_on_disk_and_nothing_stays_there() {
    let folder = Folder::new("sealed");
    let mut incoming = incoming(&folder);
    incoming.take(text(3_000, false).as_bytes()).expect("bytes");
    let spool = incoming.finish("f".into(), None, None).expect("a whole file");
    let bytes = fs::read(&folder.files()[0]).expect("the file");
    assert!(bytes.len() > 100_000, "it is on disk");
    assert!(!bytes.windows(7).any(|window| window == b"planted"), "and unreadable");
    fs::write(folder.0.join("c1-crashed.spool"), b"left").expect("a left file");
    fs::write(folder.0.join("c12.txt"), b"not ours").expect("another file");
    drop(spool);
    assert_eq!(folder.files().len(), 2, "it is removed when it was read");
    sweep(&folder.0, "c1-");
    assert_eq!(
        folder.files(),
        [folder.0.join("c12.txt")],
        "what a crash left is swept, nothing else"
    );
}

#[test]
fn a_file_that_is_not_as_announced_is_refused() {
    let folder = Folder::new("announced");
    let whole = text(10, false);
    let finish = |bytes: &str, lines: u64, size: u64| {
        let mut incoming = incoming(&folder);
        incoming.take(bytes.as_bytes())?;
        incoming.finish("f".into(), Some(lines), Some(size)).map(drop)
    };
    assert!(finish(&whole, 40, whole.len() as u64).is_ok(), "as announced");
    assert!(
        finish(&whole, 40, 10).is_ok(),
        "more bytes than announced: it came packed"
    );
    let unusable = |result: Result<(), SpoolError>, word: &str| match result {
        Err(SpoolError::Unusable(why)) => assert!(why.contains(word), "{why} should speak of “{word}”"),
        other => panic!("{word}: {other:?}"),
    };
    unusable(finish(&whole, 41, 10), "40 lines instead of 41");
    unusable(finish(&whole, 40, whole.len() as u64 + 1), "bytes instead of");
    let cut = &whole[..whole.len() - 30];
    unusable(finish(cut, 40, 10), "no JSON object");
    let lines: Vec<&str> = whole.lines().skip(1).collect();
    unusable(
        finish(&lines.join("\n"), 39, 10),
        "belong to something that is not in it",
    );
}

#[test]
fn a_changed_file_is_noticed() {
    let folder = Folder::new("changed");
    let mut incoming = incoming(&folder);
    incoming.take(text(3_000, false).as_bytes()).expect("bytes");
    let mut spool = incoming.finish("f".into(), None, None).expect("a whole file");
    let path = &folder.files()[0];
    let mut bytes = fs::read(path).expect("the file");
    bytes[70_000] ^= 1;
    fs::write(path, bytes).expect("written");
    assert!(matches!(spool.batch(0), Err(SpoolError::Disk(_))), "one flipped bit");
}

const TABLE: Framing = Framing::Table {
    by: &["order-id"],
    shared: Some(("total-amount", "transaction-type")),
    otherwise: "windows-1252",
};

/// The groups of a file as text, taken in pieces of `cut` bytes.
fn table(
    folder: &Folder,
    framing: Framing,
    content_type: &str,
    bytes: &[u8],
    cut: usize,
) -> Result<Vec<String>, SpoolError> {
    let seed = folder.files().len() as u64;
    let named = crate::sync::charset::declared(content_type);
    let mut incoming = Incoming::create(&folder.0, "c1", framing, named, &SeededEntropy::new(seed))?;
    for part in bytes.chunks(cut) {
        incoming.take(part)?;
    }
    let mut spool = incoming.finish("f".into(), None, None)?;
    let texts = all(&mut spool)
        .into_iter()
        .map(|group| String::from_utf8(group).expect("UTF-8"));
    Ok(texts.collect())
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(bytes).expect("memory");
    packer.finish().expect("memory")
}

const SETTLEMENT: &str = "settlement-id\ttotal-amount\torder-id\ttransaction-type\tamount\r\n\
    7\t30.00\r\n\
    7\t\tA\tOrder\t10.00\r\n\
    7\t\t\tStorage\t-2.00\r\n\
    7\t\tB\tOrder\t12\" wide\r\n\
    7\t\tA\tOrder\t10.00\r\n";

#[test]
fn amazon_failure_26_rows_are_grouped_by_their_column_and_a_quote_is_a_letter() {
    let folder = Folder::new("table");
    let head = "settlement-id\ttotal-amount\torder-id\ttransaction-type\tamount\n7\t30.00";
    for cut in [1, 7, 10_000] {
        let groups = table(&folder, TABLE, "text/plain", SETTLEMENT.as_bytes(), cut).expect("a table");
        assert_eq!(
            groups,
            [
                format!("{head}\n7\t\tA\tOrder\t10.00\n7\t\tA\tOrder\t10.00"),
                format!("{head}\n7\t\t\tStorage\t-2.00"),
                format!("{head}\n7\t\tB\tOrder\t12\" wide"),
            ],
            "like rows stay two, the summary stands before each group, in pieces of {cut}"
        );
    }
    let alone = "settlement-id\ttotal-amount\torder-id\ttransaction-type\tamount\n7\t0.00\n";
    let groups = table(&folder, TABLE, "text/plain", alone.as_bytes(), 9).expect("a table");
    assert_eq!(groups, [alone.trim_end()], "a summary without rows is not lost");
    let bare = "settlement-id\ttotal-amount\torder-id\ttransaction-type\tamount\n";
    let groups = table(&folder, TABLE, "text/plain", bare.as_bytes(), 9).expect("a table");
    assert_eq!(groups, Vec::<String>::new(), "a header is no row");
    let repeated = "total-amount\torder-id\ttransaction-type\n30\tA\tOrder\n30\tB\tOrder\n";
    let groups = table(&folder, TABLE, "text/plain", repeated.as_bytes(), 9).expect("a table");
    assert_eq!(
        groups.len(),
        2,
        "a summary that is repeated in every row makes no row shared"
    );
}

#[test]
fn amazon_failure_24_a_packed_file_is_unpacked_once_by_its_first_bytes() {
    let folder = Folder::new("packed");
    let plain = table(&folder, TABLE, "text/plain", SETTLEMENT.as_bytes(), 64).expect("a table");
    for cut in [1, 5, 10_000] {
        let unpacked = table(&folder, TABLE, "text/plain", &packed(SETTLEMENT.as_bytes()), cut);
        assert_eq!(unpacked.expect("a table"), plain, "the same, in pieces of {cut}");
    }
    let two = [
        packed(&SETTLEMENT.as_bytes()[..80]),
        packed(&SETTLEMENT.as_bytes()[80..]),
    ]
    .concat();
    assert_eq!(
        table(&folder, TABLE, "text/plain", &two, 13).expect("a table"),
        plain,
        "packed in two parts"
    );
    let mut cut_off = packed(SETTLEMENT.as_bytes());
    cut_off.truncate(cut_off.len() - 9);
    assert!(
        matches!(
            table(&folder, TABLE, "text/plain", &cut_off, 64),
            Err(SpoolError::Unusable(_))
        ),
        "a packed file that breaks off is no short table"
    );
    let whole = Framing::Whole { most: 40 };
    let document = table(&folder, whole, "text/plain", &packed(b"{\n \"a\": 1\n}\n"), 3).expect("a document");
    assert_eq!(
        document,
        ["{\n \"a\": 1\n}\n"],
        "a document is one group, line ends and all"
    );
    assert!(
        matches!(
            table(&folder, whole, "text/plain", &packed(&[b' '; 41]), 99),
            Err(SpoolError::Unusable(_))
        ),
        "and bounded by its unpacked size"
    );
}

#[test]
fn amazon_failure_25_every_charset_comes_out_as_utf8_and_a_missing_column_is_told() {
    let folder = Folder::new("charset");
    let listing = |otherwise| Framing::Table {
        by: &["seller-sku", "Händler-SKU", "出品者SKU"],
        shared: None,
        otherwise,
    };
    let german = "Händler-SKU\ttitel\nA\tKüche „schön“ €5\n";
    let japanese = "出品者SKU\t商品名\nA\tテレビ台\n";
    let ansi = encoding_rs::WINDOWS_1252.encode(german).0.into_owned();
    let sjis = encoding_rs::SHIFT_JIS.encode(japanese).0.into_owned();
    let marked = [MARK, german.as_bytes()].concat();
    let read = |kind: &str, otherwise, bytes: &[u8]| {
        table(&folder, listing(otherwise), kind, bytes, 11).map(|groups| groups.join("|"))
    };
    for (kind, otherwise, bytes, text) in [
        ("text/plain; charset=Cp1252", "shift_jis", ansi.as_slice(), german),
        ("text/plain", "windows-1252", &ansi, german),
        ("text/plain;charset=UTF-8", "windows-1252", &marked, german),
        ("text/plain", "shift_jis", japanese.as_bytes(), japanese),
        ("text/plain", "shift_jis", &sjis, japanese),
        ("text/plain; charset=Cp932", "windows-1252", &sjis, japanese),
        ("text/plain; charset=UTF-8", "windows-1252", &ansi, german),
        ("text/plain; charset=no-such", "windows-1252", &ansi, german),
    ] {
        let came = read(kind, otherwise, bytes).expect("a table");
        assert_eq!(came, text.trim_end(), "{kind}, otherwise {otherwise}");
    }
    for (bytes, word) in [(b"name\tprice\nA\t5\n".as_slice(), "seller-sku"), (b"", "header")] {
        match read("text/plain", "windows-1252", bytes) {
            Err(SpoolError::Unusable(why)) => assert!(why.contains(word), "{why} should speak of “{word}”"),
            other => panic!("{word}: {other:?}"),
        }
    }
    let headed = read("text/plain", "windows-1252", b"seller-sku\tprice\n").expect("a table");
    assert_eq!(headed, "", "a header alone is a table without rows");
}
