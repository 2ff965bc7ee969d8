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
    Incoming::create(&folder.0, "c1", LINES, &SeededEntropy::new(seed)).expect("a file")
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
